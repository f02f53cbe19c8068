// The public HTTP API of Countinghouse, as any client would call it: JSON, a bearer token, an Idempotency-Key on every
// POST. What may pass (no connection, 503) is tried again with the same key, so that nothing is done twice.
import { setTimeout as sleep } from "node:timers/promises";
import { InputError } from "./input-error.ts";

export interface Api {
  readonly get: <Answer>(path: string) => Promise<Answer>;
  /** All items of a list, page after page. */
  readonly list: <Item>(path: string, query: Readonly<Record<string, string>>) => Promise<Item[]>;
  /** Carried out once per `key`, however often it is sent. */
  readonly post: <Answer>(path: string, key: string, body: object) => Promise<Answer>;
}

export interface ApiSettings {
  readonly url: string;
  readonly token: string;
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

const TRIES_MAX = 10;
const PAUSE_MAX_MS = 5_000;

/** @throws InputError where nothing answers at the URL */
export async function openApi({ url, token }: ApiSettings): Promise<Api> {
  const base = url.replace(/\/+$/, "");
  const alive = await fetch(`${base}/health`).catch(() => undefined);
  await alive?.body?.cancel();
  if (alive?.status !== 200)
    throw new InputError(`nothing answers at ${base}: start it with "npm start", or set COUNTINGHOUSE_URL`);
  const headers = { authorization: `Bearer ${token}` };
  return {
    get: (path) => callUntilAnswered(`${base}/api/v1${path}`, { headers }),
    list: (path, query) => readPages(`${base}/api/v1${path}`, { headers, query }),
    post: (path, key, body) =>
      callUntilAnswered(`${base}/api/v1${path}`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json", "idempotency-key": key },
        body: JSON.stringify(body),
      }),
  };
}

async function readPages<Item>(
  url: string,
  { headers, query }: { headers: Record<string, string>; query: Readonly<Record<string, string>> },
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const parameters = new URLSearchParams({ ...query, ...(cursor === null ? {} : { cursor }) });
    const page: Page<Item> = await callUntilAnswered<Page<Item>>(`${url}?${parameters}`, { headers });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return items;
}

async function callUntilAnswered<Answer>(url: string, request: RequestInit): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(url, request).catch((error: unknown) => error as Error);
    if (!(answer instanceof Error) && answer.status !== 503) return readAnswer<Answer>(answer);
    if (tries === TRIES_MAX) throw new InputError(`${url} does not answer: ${await describeFailure(answer)}`);
    if (!(answer instanceof Error)) await answer.body?.cancel();
    await sleep(Math.min(100 * 2 ** tries, PAUSE_MAX_MS));
  }
}

async function readAnswer<Answer>(answer: Response): Promise<Answer> {
  if (answer.ok) return (await answer.json()) as Answer;
  throw new InputError(`${answer.url} was refused: ${await describeFailure(answer)}`);
}

async function describeFailure(answer: Response | Error): Promise<string> {
  if (answer instanceof Error) return answer.cause instanceof Error ? answer.cause.message : answer.message;
  const text = await answer.text();
  const isProblem = answer.headers.get("content-type")?.startsWith("application/problem+json");
  const { detail, request_id: requestId } = isProblem === true ? JSON.parse(text) : { detail: text };
  return `${answer.status} ${detail}${requestId === undefined ? "" : ` (request ${requestId})`}`;
}
