// Requests that can be read in two ways are refused, by name; the API page runs no script of its own text.
import { afterAll, beforeAll, expect, it } from "vitest";
import { expectProblem } from "../../hostile/check-problem.ts";
import { type Ground, openGround } from "../../hostile/ground.ts";
import { sendBytes, splitAnswers } from "../../hostile/raw-connection.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(async () => {
  await ground?.stop();
});

async function answerTo(bytes: string | Buffer) {
  const [answer] = splitAnswers(await sendBytes(ground.app.url, bytes, { answers: 1 }));
  if (answer === undefined) throw new Error("there was no answer");
  return { status: answer.status, ...expectProblem(answer) };
}

const get = (headers: string) => `GET /api/v1/accounts HTTP/1.1\r\n${headers}\r\n`;

it("F6-40 two Host or Authorization headers are refused, though they say the same", async () => {
  const bearer = `Authorization: Bearer ${ground.admin}\r\n`;
  const host = "Host: localhost\r\n";
  for (const [headers, field] of [
    [`${host}${host}${bearer}`, "Host"],
    [`${host}Host: evil.example\r\n${bearer}`, "Host"],
    [`${host}${bearer}${bearer}`, "Authorization"],
    [`${host}authorization: Basic x\r\n${bearer}`, "Authorization"],
  ] as const) {
    const problem = await answerTo(get(headers));
    expect([problem.status, problem.errors]).toEqual([
      400,
      [expect.objectContaining({ field, reason: "must be sent once" })],
    ]);
  }
});

it("F6-40 a body that is no UTF-8, or comes with a Content-Encoding, is refused and leaves nothing", async () => {
  const before = await ground.countRows();
  const head = `POST /api/v1/accounts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ground.admin}\r\nContent-Type: application/json\r\n`;
  const valid = Buffer.from('{"currency":"EUR"}');
  const owner = Buffer.from([
    ...Buffer.from('{"currency":"EUR","owner_id":"a'),
    0xff,
    0xc0,
    ...Buffer.from('"}'),
  ]);
  const send = (body: Buffer, more = "") =>
    answerTo(Buffer.concat([Buffer.from(`${head}${more}Content-Length: ${body.length}\r\n\r\n`), body]));
  expect(await send(owner)).toMatchObject({
    status: 400,
    code: "invalid_json",
    detail: "the body is not valid UTF-8",
  });
  for (const coding of ["gzip", "br", "utf-7", "x-unknown", "gzip, identity"])
    expect(await send(valid, `Content-Encoding: ${coding}\r\n`)).toMatchObject({
      status: 400,
      code: "unsupported_content_encoding",
    });
  expect(await ground.countRows()).toEqual(before);
});

it("F6-40 the API page has no inline script, and its policy allows none", async () => {
  const page = await ground.app.call("GET", "/docs/");
  expect(page.headers.get("content-security-policy")).toMatch(/script-src 'self';/);
  const scripts = [...String(page.body).matchAll(/<script([^>]*)>([^<]*)<\/script>/g)];
  expect(scripts.length).toBeGreaterThan(0);
  for (const [, attributes, text] of scripts) {
    expect([attributes, text]).toEqual([expect.stringMatching(/^ src="js\/[a-z.]+"$/), ""]);
    const path = `/docs/${/src="([^"]+)"/.exec(attributes ?? "")?.[1]}`;
    expect((await ground.app.call("GET", path)).status).toBe(200);
  }
});
