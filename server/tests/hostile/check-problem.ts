// What every refusal owes to its reader, whatever was wrong with the request.
import { expect } from "vitest";
import { renderErrors } from "../documents/errors.ts";

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly requestId: string | null;
  readonly text: string;
}

/** Traces of the inside: stack frames, paths, SQL, names of drivers. */
const LEAK =
  /\bat [\w.<>]+ \(|\.(ts|js|mjs):\d+|node_modules|node:internal|\/work\/|\b(SELECT|INSERT INTO|UPDATE \w+ SET)\b|\bpostgres|\bPG[A-Z]|violates|relation "|syntax error at|ECONN|FST_ERR|ERR_|undefined|\[object /;

const KNOWN_CODES: ReadonlySet<string> = new Set(
  [...(await renderErrors()).matchAll(/^\| `(\w+)` \|/gm)].map(([, code = ""]) => code),
);

export interface ProblemDocument {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly { field: string; reason: string }[];
}

/** Asserts an RFC 9457 problem document with our fields, that leaks nothing, and returns it. */
export function expectProblem(answer: Answer): ProblemDocument {
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(answer.contentType).toBe("application/problem+json; charset=utf-8");
  const { type, title, status, code, detail, request_id, errors } = JSON.parse(answer.text);
  expect(KNOWN_CODES).toContain(code);
  expect(type).toBe(`urn:countinghouse:problem:${code}`);
  expect(title).toBe(code.replaceAll("_", " "));
  expect(status).toBe(answer.status);
  expect(detail).toMatch(/\S{2,}/);
  expect(request_id).toBe(answer.requestId);
  for (const error of errors ?? []) {
    expect(error).toEqual({
      field: expect.stringMatching(/\S/),
      pointer: expect.stringMatching(/^#\//),
      reason: expect.stringMatching(/\S/),
    });
  }
  expect(answer.text).not.toMatch(LEAK);
  return { code, title, detail, errors };
}
