// A client of the public HTTP interface, as plain as can be: it keeps connections, sends, and tells what came back, or
// that nothing did. It never tries again by itself.
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { tokenOf } from "./server-process.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The parsed JSON, of any shape: the test asserts what came. */
  readonly body: ReturnType<typeof JSON.parse>;
}

export interface ApiClient {
  /** @throws Error where the connection ends without a whole answer */
  readonly post: (path: string, body: object, key?: string) => Promise<Answer>;
  readonly get: (path: string) => Promise<Answer>;
  readonly close: () => void;
}

export async function openClient(url: string): Promise<ApiClient> {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  const authorization = `Bearer ${await tokenOf("admin")}`;
  const send = (method: string, path: string, { body, key }: { body?: object; key?: string | undefined }) =>
    sendOne(new URL(`/api/v1${path}`, url), {
      agent,
      method,
      text: body === undefined ? undefined : JSON.stringify(body),
      headers: { authorization, ...(key === undefined ? {} : { "idempotency-key": key }) },
    });
  return {
    post: (path, body, key) => send("POST", path, { body, key }),
    get: (path) => send("GET", path, {}),
    close: () => agent.destroy(),
  };
}

interface Sending {
  readonly agent: Agent;
  readonly method: string;
  readonly text: string | undefined;
  readonly headers: Record<string, string>;
}

function sendOne(url: URL, { agent, method, text, headers }: Sending): Promise<Answer> {
  const content =
    text === undefined
      ? {}
      : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const sending = request(url, { agent, method, headers: { ...headers, ...content } }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        if (!response.complete) return reject(new Error("the answer broke off"));
        const received = Buffer.concat(parts).toString();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: received === "" ? undefined : JSON.parse(received),
        });
      });
    });
    sending.on("error", reject);
    sending.end(text);
  });
}

/** Opens accounts in yen, which have no decimals, with a deposit on each; answers their ids. */
export async function openFundedAccounts(
  client: ApiClient,
  { count, amount }: { count: number; amount: number },
): Promise<string[]> {
  const accounts = Array.from({ length: count }, () => ({ currency: "JPY" }));
  const opened = await client.post("/accounts/batch", { accounts });
  const ids: string[] = opened.body.accounts.map(({ id }: { id: string }) => id);
  if (amount > 0) {
    const transactions = ids.map((id) => ({ type: "deposit", account_id: id, amount, currency: "JPY" }));
    await client.post("/transactions/batch", { mode: "atomic", transactions });
  }
  return ids;
}

export async function balanceOf(client: ApiClient, accountId: string): Promise<number> {
  return Number((await client.get(`/accounts/${accountId}/balance`)).body.balance);
}
