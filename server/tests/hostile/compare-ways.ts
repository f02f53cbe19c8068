// The same bytes to two servers on one database, one of which serves direct routes past the framework: what they answer must be
// the same, but for what is never the same twice. The key is the same too: whoever is second answers what the first remembered.
import { expect } from "vitest";
import { sendBytes } from "./raw-connection.ts";

export interface RawRequest {
  /** What is unusual about it. */
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly host?: string | undefined;
  /** Lines of the head, without Host. */
  readonly head: readonly string[];
  readonly body?: string | Buffer | undefined;
}

interface Compared {
  readonly what: string;
  readonly status: number;
  /** Both answers; undefined where they are the same. */
  readonly difference: string | undefined;
}

/** Sends to the first, then to the second. */
async function compareWays(
  [first, second]: readonly [string, string],
  { what, method, path, host = "127.0.0.1", head, body = "" }: RawRequest,
): Promise<Compared> {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, ...head, "", ""].join("\r\n");
  const bytes = Buffer.concat([Buffer.from(lines, "latin1"), Buffer.from(body)]);
  const options = method === "HEAD" ? { hasNoBody: true } : { answers: 1 };
  const [before, after] = [await sendBytes(first, bytes, options), await sendBytes(second, bytes, options)];
  const hasKey = head.some((line) => /^idempotency-key: \S/i.test(line));
  const [given, other] = [before, after].map((answer) => (hasKey ? mask(answer) : maskDone(mask(answer))));
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(before)?.[1] ?? 0);
  return { what, status, difference: given === other ? undefined : `${given}\n--- second:\n${other}` };
}

const AT_ONCE = 6;

/** Sends each to both, now one first and now the other, and expects no difference; returns how many had each status. */
export async function expectSameAnswers(
  urls: readonly [string, string],
  requests: readonly RawRequest[],
  atOnce = AT_ONCE,
): Promise<Map<number, number>> {
  const results: Compared[] = [];
  const left = [...requests];
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift())
      results.push(await compareWays(left.length % 2 === 0 ? urls : [urls[1], urls[0]], next));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  expect(
    results.flatMap(({ what, difference }) => (difference === undefined ? [] : [`${what}\n${difference}`])),
  ).toEqual([]);
  return new Map(
    [...Map.groupBy(results, ({ status }) => status)].map(([status, all]) => [status, all.length]),
  );
}

/** Without what is of its moment: the date, the request's own id, and that an answer was remembered. */
function mask(answer: string): string {
  return answer
    .replace(/^date: .*\r\n/im, "")
    .replace(/^idempotency-replayed: true\r\n/im, "")
    .replace(/^(retry-after: )\d+/im, "$1<n>")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "<uuid>")
    .replaceAll(/"as_of":"[^"]*"/g, '"as_of":"<now>"')
    .replaceAll(/;t=\d+/g, ";t=<n>");
}

/** Done twice without a key: other ids, times, balances and versions. */
function maskDone(answer: string): string {
  return /^HTTP\/1.1 20/.test(answer) ? answer.replaceAll(/\d+/g, "<n>") : answer;
}

export function withBody(
  token: string,
  key: string,
  body: string | Buffer,
): Pick<RawRequest, "head" | "body"> {
  return {
    head: [
      `Authorization: Bearer ${token}`,
      "Content-Type: application/json",
      `Idempotency-Key: ${key}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
    ],
    body,
  };
}
