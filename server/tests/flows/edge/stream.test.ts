// The stream: commands on it are judged and answered as over HTTP; how it is opened, bounded and ended.
import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
import { poll } from "../../../src/runtime/embedded-postgres/poll.ts";
import { startTestApp, type TestApp } from "../../app.ts";
import { type Ground, openGround } from "../../hostile/ground.ts";
import { listMutations } from "../../hostile/mutate-body.ts";
import { type Operation, withoutAliases } from "../../hostile/operations.ts";
import { makeBody, makePath } from "../../hostile/valid-request.ts";
import {
  closeStream,
  openStreamClient,
  type StreamAnswer,
  type StreamClient,
} from "../../servers/stream-client.ts";

const COMMANDS = [
  "POST /api/v1/transactions",
  "POST /api/v1/holds",
  "POST /api/v1/holds/{id}/capture",
  "POST /api/v1/holds/{id}/release",
  "POST /api/v1/orders",
  "POST /api/v1/trade-orders",
];
const ALL = { CORS_ORIGINS: "https://pages.example", RISK_RULES: "[]", BODY_LIMIT_BYTES: "1048576" };

let ground: Ground;
let app: TestApp;
let commands: Operation[];
let stream: StreamClient;
const opened: StreamClient[] = [];

beforeAll(async () => {
  ground = await openGround({ ...ALL, STREAM_CREDIT: "32", STREAM_PER_CALLER: "3" });
  app = ground.app;
  commands = withoutAliases(ground.operations).filter(({ title }) => COMMANDS.includes(title));
  stream = await open(ground.admin);
});
afterAll(async () => {
  for (const each of opened) await closeStream(each);
  await ground?.stop();
});

async function open(...given: [token: string | undefined, options?: Parameters<typeof openStreamClient>[2]]) {
  const client = await openStreamClient(app.url, ...given);
  opened.push(client);
  return client;
}

/** What HTTP and the stream have in common, without what is of the moment. */
function mask({ status, body }: Pick<StreamAnswer, "status" | "body">): string {
  return JSON.stringify({ status, body: { ...body, request_id: undefined, as_of: undefined } });
}

it("bodies tampered with in one point are answered as over HTTP under the same key", {
  timeout: 300_000,
}, async () => {
  const seed = Math.floor(Math.random() * 1_000);
  const cases = commands.flatMap((operation) => {
    const mutations = listMutations(makeBody(operation, ground.known));
    const step = Math.max(1, Math.floor(mutations.length / 80));
    return mutations
      .filter((_, index) => index % step === seed % step)
      .map((mutation) => ({ ...mutation, operation }));
  });
  const differences: string[] = [];
  for (const [index, { operation, what, text }] of cases.entries()) {
    const path = makePath(operation, ground.known);
    const key = `tampered-${index}`;
    const message = `{"id":${JSON.stringify(key)},"op":"POST ${path}","key":"${key}","body":${text}}`;
    const answered = await stream.askText(key, message);
    const over = await ground.send({
      method: "POST",
      path,
      token: ground.admin,
      headers: { "idempotency-key": key },
      body: text,
    });
    const [given, other] = [mask(answered), mask({ status: over.status, body: JSON.parse(over.text) })];
    if (given !== other) differences.push(`seed ${seed}: ${operation.title}: ${what}\n${given}\n${other}`);
  }
  expect(cases.length).toBeGreaterThan(300);
  expect(differences).toEqual([]);
});

it("reads are answered as over HTTP", async () => {
  const { known } = ground;
  for (const path of [
    `/accounts/${known["accounts.id"]}/balance`,
    `/products/${known["products.id"]}`,
    "/orders/17",
    "/accounts/1/balance",
  ]) {
    const answered = await stream.ask(`GET ${path}`);
    const { status, body, headers } = await app.send(ground.admin, `GET ${path}`);
    expect(mask(answered), path).toBe(mask({ status, body }));
    expect(answered.headers?.["etag"] ?? null, path).toBe(headers.get("etag"));
  }
});

it("messages that are no command are refused by what is wrong with them, and the stream goes on", async () => {
  const expectRefused = async (
    id: string | number | null,
    text: string,
    [status, code, field]: readonly [number, string, string?],
  ) => {
    const { status: given, body } = await stream.askText(id, text);
    expect([given, body.code, body.errors?.[0]?.field], text).toEqual([status, code, field]);
  };
  await expectRefused(null, "", [400, "invalid_request", "message"]);
  await expectRefused(null, "nonsense", [400, "invalid_json"]);
  await expectRefused(null, "[1]", [400, "invalid_request", "message"]);
  await expectRefused(null, '{"op":"GET /orders/1"}', [400, "invalid_request", "id"]);
  await expectRefused(null, '{"id":1.5,"op":"GET /orders/1"}', [400, "invalid_request", "id"]);
  await expectRefused(null, `{"id":"${"x".repeat(65)}","op":"GET /orders/1"}`, [
    400,
    "invalid_request",
    "id",
  ]);
  await expectRefused(3, '{"id":3}', [400, "invalid_request", "op"]);
  await expectRefused(4, '{"id":4,"op":"POST /transactions","body":{}}', [400, "invalid_request", "key"]);
  await expectRefused(5, '{"id":5,"op":"POST /transactions","key":7,"body":{}}', [
    400,
    "invalid_request",
    "key",
  ]);
  await expectRefused(
    6,
    '{"id":6,"op":"POST /transactions","key":"a b","body":{"type":"deposit","account_id":"1","amount":"1","currency":"EUR"}}',
    [400, "invalid_idempotency_key", "Idempotency-Key"],
  );
  await expectRefused(7, '{"id":7,"op":"GET /orders/1","colour":1}', [400, "invalid_request", "colour"]);
  await expectRefused(8, '{"id":8,"op":"POST /transactions/batch","key":"1","body":{}}', [404, "not_found"]);
  await expectRefused(9, '{"id":9,"op":"GET /orders/../users/me"}', [404, "not_found"]);
  await expectRefused(10, '{"id":10,"op":"GET /orders/1?x=1"}', [404, "not_found"]);
  await expectRefused(11, '{"id":11,"id":11,"op":"GET /orders/1"}', [400, "invalid_request", "id"]);
  await expectRefused(12, '{"id":12,"op":"GET /stream"}', [426, "upgrade_required"]);
  await expectRefused(13, '{"id":13,"op":"GET /orders/1","token":"x"}', [400, "invalid_request", "token"]);
  await expectRefused(14, '{"id":14,"op":"POST /transactions","key":"1","body":{"reference":"\\ud800"}}', [
    400,
    "invalid_request",
    "reference",
  ]);
  await expectRefused(
    15,
    '{"id":15,"op":"POST /transactions","key":"1","body":{"amount":12345678901234567890}}',
    [400, "invalid_request", "amount"],
  );
});

it("commands of many are answered each by itself, once, and the same keys give the same answers on another stream", async () => {
  const { to_account_id: account_id } = ground.known;
  const body = { type: "deposit", account_id, amount: "1.00", currency: "EUR" };
  const send = (client: StreamClient) =>
    Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        client.ask("POST /transactions", { key: `many-${index}`, body }),
      ),
    );
  const first = await send(stream);
  expect(new Set(first.map(({ status }) => status))).toEqual(new Set([201]));
  expect(new Set(first.map((answer) => answer.body.id)).size).toBe(200);
  const again = await send(await open(ground.admin));
  expect(again.map((answer) => answer.body)).toEqual(first.map((answer) => answer.body));
  expect(again.every(({ headers }) => headers?.["idempotency-replayed"] === "true")).toBe(true);
  const other = await stream.ask("POST /transactions", { key: "many-1", body: { ...body, amount: "2.00" } });
  expect([other.status, other.body.code]).toEqual([422, "idempotency_key_reused"]);
});

it("the token is judged with every command: an ended session does no more, until the stream is given another token of its user", async () => {
  const account = {
    username: "streamer",
    email: "streamer@example.org",
    password: "not the one of the examples",
  };
  await app.call("POST", "/auth/register", { body: account });
  const logIn = async () => {
    const { username, password } = account;
    const { body } = await app.call("POST", "/api/v1/auth/login", { body: { username, password } });
    return body.access_token as string;
  };
  const token = await logIn();
  const own = await open(token);
  expect((await own.ask("GET /orders/17")).status).toBe(404);
  await app.send(token, "POST /auth/logout", {});
  expect((await own.ask("GET /orders/17")).body.code).toBe("unauthenticated");
  const foreign = await own.ask("authenticate", { token: ground.admin });
  expect([foreign.status, foreign.body.code]).toEqual([403, "forbidden"]);
  expect((await own.ask("authenticate", { token: "none" })).status).toBe(401);
  expect((await own.ask("GET /orders/17")).status).toBe(401);
  expect((await own.ask("authenticate", { token: await logIn() })).status).toBe(200);
  expect((await own.ask("GET /orders/17")).status).toBe(404);
});

it("a key opens a stream whatever its scopes, and each command asks for its own", async () => {
  const account = { username: "keyed", email: "keyed@example.org", password: "not the one of the examples" };
  await app.call("POST", "/auth/register", { body: account });
  const { username, password } = account;
  const token = (await app.call("POST", "/auth/login", { body: { username, password } })).body.access_token;
  const wanted = { name: "till", scopes: ["accounts:read"] };
  const made = await app.call("POST", "/users/me/api-keys", { token, body: wanted });
  const keyed = await open(made.body.key);
  expect((await keyed.ask("GET /accounts/1/balance")).body.code).toBe("account_not_found");
  const body = { type: "withdrawal", account_id: "1", amount: "1.00", currency: "EUR" };
  const refused = await keyed.ask("POST /transactions", { key: "scoped-1", body });
  expect([refused.status, refused.body.detail]).toEqual([
    403,
    "this API key lacks the scope transactions:write",
  ]);
});

it("limits are judged with every command", async () => {
  const limited = await startTestApp({ ...ALL, DB_URL: app.databaseUrl, RATE_LIMIT_MONEY: "4" });
  const client = await openStreamClient(limited.url, await app.token("customer", "somebody"));
  try {
    const body = {
      type: "withdrawal",
      account_id: ground.known["account_id"],
      amount: "1.00",
      currency: "EUR",
    };
    const answers = [];
    for (const key of ["l-1", "l-2", "l-3"])
      answers.push(await client.ask("POST /transactions", { key, body }));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 429]);
    expect(answers[2]?.headers).toMatchObject({
      "retry-after": expect.any(String),
      "ratelimit-policy": '"money";q=2;w=30',
    });
  } finally {
    await closeStream(client);
    await limited.stop();
  }
});

const refusalOf = (client: Promise<StreamClient>) =>
  client.then(
    () => "open",
    (error: Error) => error.message.slice(0, 3),
  );

it("opens for a good token alone, for pages of known origins, and so often for one caller", async () => {
  expect(await refusalOf(open(undefined))).toBe("401");
  expect(await refusalOf(open("bad"))).toBe("401");
  const customer = await app.token("customer", "pages");
  const withOrigin = (origin: string) => open(customer, { headers: { origin } });
  expect(await refusalOf(withOrigin("https://elsewhere.example"))).toBe("403");
  expect(await refusalOf(withOrigin("null"))).toBe("403");
  expect(await refusalOf(withOrigin("https://pages.example"))).toBe("open");
  expect(await refusalOf(withOrigin(app.url))).toBe("open");
  const page = await open(undefined, { protocols: ["countinghouse", `bearer.${customer}`] });
  expect(page.socket.protocol).toBe("countinghouse");
  expect(page.socket.extensions).toBe("");
  expect(await refusalOf(open(customer))).toBe("429");
  await closeStream(page);
  expect(
    await poll({ timeoutMs: 10_000, until: async () => (await refusalOf(open(customer))) === "open" }),
  ).toBe(true);
});

it("what is not asked for as a WebSocket is answered over HTTP", async () => {
  const { status, headers, body } = await app.send(ground.admin, "GET /stream");
  expect([status, headers.get("upgrade"), body.code]).toEqual([426, "websocket", "upgrade_required"]);
  const asked = {
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-version": "12",
    "sec-websocket-key": "x",
  };
  expect(
    (await ground.send({ method: "GET", path: "/api/v1/stream", token: ground.admin, headers: asked }))
      .status,
  ).toBe(426);
  expect((await ground.send({ method: "GET", path: "/health", headers: asked })).status).toBe(200);
});

it("is closed with the code that says why: binary, no UTF-8, too long", async () => {
  const token = await app.token("operator", "closer");
  const binary = await open(token);
  binary.socket.send(Buffer.from("{}"), { binary: true });
  expect((await binary.closed).code).toBe(1003);
  const broken = await open(token);
  broken.socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false });
  expect((await broken.closed).code).toBe(1007);
  const long = await open(token);
  long.socket.send("x".repeat(long.hello.message_max_bytes + 1));
  expect((await long.closed).code).toBe(1009);
});

it("whoever does not read is not read from: no more than its credit is begun, and nothing of it is lost", async () => {
  const slow = await open(await app.token("admin", "slow"));
  const path = `GET /accounts/${ground.known["accounts.id"]}/balance`;
  slow.socket.pause();
  const asked = Array.from({ length: 5_000 }, () => slow.ask(path));
  const underWay = async () => {
    const { body } = await app.call("GET", "/metrics");
    return Number(/^stream_commands_under_way (\d+)/m.exec(body)?.[1]);
  };
  for (let look = 0; look < 10; look += 1) expect(await underWay()).toBeLessThanOrEqual(slow.hello.credit);
  slow.socket.resume();
  const answers = await Promise.all(asked);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});

it("a stream without commands is closed, and a shutdown answers all that is under way first", async () => {
  const other = await startTestApp({ ...ALL, DB_URL: app.databaseUrl, STREAM_IDLE_MS: "100" });
  const idle = await openStreamClient(other.url, ground.admin);
  expect((await idle.closed).code).toBe(4408);
  const busy = await openStreamClient(other.url, ground.admin);
  const body = {
    type: "deposit",
    account_id: ground.known["to_account_id"],
    amount: "1.00",
    currency: "EUR",
  };
  const asked = Array.from({ length: 50 }, (_, index) =>
    busy.ask("POST /transactions", { key: `last-${index}`, body }),
  );
  await Promise.race(asked);
  const stopping = other.stop();
  const answers = await Promise.all(asked);
  expect(answers.every(({ status }) => status === 201 || status === 503)).toBe(true);
  expect(await busy.closed).toEqual({ code: 1001, reason: "going away" });
  await stopping;
});

it("a client that does not answer a ping is cut off", async () => {
  const other = await startTestApp({ ...ALL, DB_URL: app.databaseUrl, STREAM_IDLE_MS: "200" });
  const deaf = await openStreamClient(other.url, ground.admin);
  deaf.socket.pause();
  const isGone = async () =>
    / 0$/m.test(/^streams_open .*$/m.exec((await other.call("GET", "/metrics")).body)?.[0] ?? "");
  expect(await poll({ timeoutMs: 20_000, until: isGone })).toBe(true);
  deaf.socket.resume();
  await once(deaf.socket, "close").catch(() => undefined);
  await other.stop();
});
