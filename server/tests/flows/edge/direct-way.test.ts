// Routes that are served past the framework answer every request as the framework does: valid ones, and each way to tamper
// with head, body, token, method and path.
import { tracingChannel } from "node:diagnostics_channel";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";
import { expectSameAnswers, type RawRequest, withBody } from "../../hostile/compare-ways.ts";
import { type Ground, openGround } from "../../hostile/ground.ts";
import { listMutations } from "../../hostile/mutate-body.ts";
import { type Operation, withoutAliases } from "../../hostile/operations.ts";
import { type KnownValues, makeBody, makePath } from "../../hostile/valid-request.ts";

const SETTINGS = {
  BODY_LIMIT_BYTES: "65536",
  RATE_LIMIT_USER: "10000000",
  RATE_LIMIT_MONEY: "10000000",
  RATE_LIMIT_ANONYMOUS: "10000000",
};
const DIRECT = new Set([
  "POST /api/v1/transactions",
  "POST /api/v1/holds",
  "POST /api/v1/holds/{id}/capture",
  "POST /api/v1/holds/{id}/release",
  "POST /api/v1/orders",
  "POST /api/v1/trade-orders",
  "GET /api/v1/orders/{id}",
  "GET /api/v1/accounts/{id}/balance",
  "GET /api/v1/products/{id}",
]);

let ground: Ground;
let framework: TestApp;
let operations: Operation[];
let customer: string;
let known: KnownValues;
let keyCount = 0;

beforeAll(async () => {
  ground = await openGround({ ...SETTINGS, RISK_RULES: "[]" });
  framework = await startTestApp({
    ...SETTINGS,
    RISK_RULES: "[]",
    DB_URL: ground.app.databaseUrl,
    HTTP_DIRECT: "false",
  });
  operations = withoutAliases(ground.operations).filter(({ title }) => DIRECT.has(title));
  customer = await ground.app.token("customer", "owner");
  known = { ...ground.known, ...(await placeKnownOrder()) };
});
afterAll(async () => {
  await framework?.stop();
  await ground?.stop();
});

async function placeKnownOrder(): Promise<KnownValues> {
  const { admin: token, app } = ground;
  const product = { sku: "SOLD", name: "Sold", price: 1, initial_quantity: 10_000 };
  const { id: product_id } = (await app.call("POST", "/api/v1/products", { token, body: product })).body;
  const order = { items: [{ product_id, quantity: 1 }], payment_method: "invoice" };
  const { id } = (await app.call("POST", "/api/v1/orders", { token, body: order })).body;
  return { product_id, "orders.id": id };
}

/** Sends each to both; returns how many had each status. */
function expectSame(requests: readonly RawRequest[]): Promise<Map<number, number>> {
  return expectSameAnswers([ground.app.url, framework.url], requests);
}

function freshKey(): string {
  keyCount += 1;
  return `ways-${keyCount}`;
}

function pathOf(operation: Operation): string {
  return makePath(operation, known);
}

/** Every so many of the mutations, others for each operation: all of them, over the years that the tests are run. */
const MUTATIONS_OF_EACH = 120;

it("bodies tampered with in one point are answered the same", { timeout: 300_000 }, async () => {
  const seed = Math.floor(Math.random() * 1_000);
  const withBodies = operations.filter(({ body }) => body !== undefined);
  expect(withBodies).toHaveLength(6);
  const requests = withBodies.flatMap((operation) => {
    const mutations = listMutations(makeBody(operation, known));
    const step = Math.max(1, Math.floor(mutations.length / MUTATIONS_OF_EACH));
    return mutations
      .filter((_, index) => index % step === seed % step)
      .map(({ what, text }) => ({
        what: `seed ${seed}: ${operation.title}: ${what}`,
        method: "POST",
        path: pathOf(operation),
        ...withBody(ground.admin, freshKey(), text),
      }));
  });
  const statuses = await expectSame(requests);
  expect(statuses.get(400) ?? 0).toBeGreaterThan(200);
  expect([...statuses.keys()].filter((status) => status >= 500 || status === 0)).toEqual([]);
});

it("heads tampered with are answered the same", { timeout: 300_000 }, async () => {
  const requests = operations.flatMap((operation) => tamperWithHead(operation));
  const statuses = await expectSame(requests);
  for (const status of [200, 201, 400, 401, 403, 404, 405, 413, 414, 415])
    expect(statuses.get(status) ?? 0, `${status}`).toBeGreaterThan(0);
});

function tamperWithHead(operation: Operation): RawRequest[] {
  const { method } = operation;
  const path = pathOf(operation);
  const body = operation.body === undefined ? undefined : JSON.stringify(makeBody(operation, known));
  const ordinary = (): string[] => [
    `Authorization: Bearer ${ground.admin}`,
    ...(body === undefined
      ? []
      : [
          "Content-Type: application/json",
          `Idempotency-Key: ${freshKey()}`,
          `Content-Length: ${Buffer.byteLength(body)}`,
        ]),
  ];
  const without = (name: string) => ordinary().filter((line) => !line.startsWith(`${name}:`));
  const heads: Record<string, string[]> = {
    "as it should be": ordinary(),
    "of a customer": [...without("Authorization"), `Authorization: Bearer ${customer}`],
    ...Object.fromEntries(FIELDS.map((line) => [line.slice(0, 60), [...ordinary(), line]])),
    ...Object.fromEntries(TOKENS.map((line) => [line.slice(0, 60), [...without("Authorization"), line]])),
    "without a token": without("Authorization"),
    "without a key": without("Idempotency-Key"),
    ...(body === undefined ? {} : headsOfBodies(body, without)),
  };
  const tampered = Object.entries(heads).map(([what, head]) => ({
    what: `${operation.title}: ${what}`,
    method,
    path,
    head,
    body: what.includes("chunked") ? chunk(body ?? "") : body,
  }));
  const elsewhere = PATHS.map((change) => change(path)).map((other) => ({
    what: `${method} ${other.slice(0, 80)}`,
    method,
    path: other,
    head: ordinary(),
    body,
  }));
  const others = METHODS.filter((other) => method === "GET" || other !== "HEAD");
  const methods = others.map((other) => ({
    what: `${other} ${path}`,
    method: other,
    path,
    head: ordinary(),
    body,
  }));
  return [...tampered, ...elsewhere, ...methods];
}

const LONG = "x".repeat(2_000);
const FIELDS = [
  "X-Request-Id: my-own-id:1",
  "X-Request-Id: not an id",
  "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  "Host: elsewhere.example",
  "Authorization: Bearer second",
  "Content-Type: text/plain",
  "Idempotency-Key: second",
  "Content-Encoding: gzip",
  "Content-Encoding: identity",
  "Expect: 100-continue",
  "Expect: miracles",
  "Upgrade: h2c",
  "Connection: close",
  "Connection: keep-alive",
  "Connection: Upgrade, HTTP2-Settings",
  "Origin: https://elsewhere.example",
  "Accept: text/html",
  "Accept-Encoding: br, gzip",
  "Accept-Version: 2.0.0",
  "X-Forwarded-For: 203.0.113.9",
  "X-Forwarded-Host: evil.example",
  "X-HTTP-Method-Override: DELETE",
  'If-Match: "99"',
  'If-None-Match: "1"',
  "Range: bytes=0-1",
  "Cookie: a=b",
  "__proto__: x",
  "constructor: x",
  "Trailer: x",
  "TE: trailers",
  `X-Long: ${LONG}`,
  "X-Bytes: \u00e9\u00ff",
];
const TOKENS = [
  "Authorization: Bearer",
  "Authorization: Basic YTpi",
  "Authorization: Bearer a.b.c",
  "Authorization: bearer \u00e9",
  `Authorization: Bearer ${LONG}${LONG}${LONG}${LONG}${LONG}`,
];
const PATHS: readonly ((path: string) => string)[] = [
  (path) => `${path}?`,
  (path) => `${path}?a=1`,
  (path) => `${path}?at=yesterday`,
  (path) => `${path}?at=2026-01-01T00:00:00Z`,
  (path) => `${path}/`,
  (path) => path.replace("/api/v1", ""),
  (path) => path.replace("/api", "//api"),
  (path) => path.replace("api", "API"),
  (path) => path.replace("v1", "%76%31"),
  (path) => path.replace(/\d{2,}/, "01"),
  (path) => path.replace(/\d{2,}/, "%31"),
  (path) => path.replace(/\d{2,}/, ":id"),
  (path) => path.replace(/\d{2,}/, "99999999999999999999"),
  (path) => path.replace(/\d{2,}/, "x".repeat(300)),
  (path) => path.replace(/\d{2,}/, "1"),
  (path) => `http://127.0.0.1${path}`,
  (path) => `${path}#x`,
  (path) => `${path}/%00`,
];
/** Neither what changes something without a key, nor lists of what the others change meanwhile. */
const METHODS = ["HEAD", "PUT", "OPTIONS", "get", "QUERY", "TRACE", "POST"];

function headsOfBodies(body: string, without: (name: string) => string[]): Record<string, string[]> {
  const typed = (type: string) => [
    ...without("Content-Type"),
    ...(type === "" ? [] : [`Content-Type: ${type}`]),
  ];
  const types = [
    "",
    "application/json; charset=utf-8",
    "application/json;charset=latin1",
    "APPLICATION/JSON",
    "text/json",
    "application/problem+json",
    "json",
    "application/json, text/plain",
    "application/x-www-form-urlencoded",
  ];
  const keys = ["", "a b", "x".repeat(255), "x".repeat(256), "\u00e9", "ok!~"];
  return {
    ...Object.fromEntries(types.map((type) => [`Content-Type: ${type}`, typed(type)])),
    ...Object.fromEntries(
      keys.map((key) => [
        `key ${key.slice(0, 40)} ${key.length}`,
        [...without("Idempotency-Key"), `Idempotency-Key: ${key}${key === "ok!~" ? freshKey() : ""}`],
      ]),
    ),
    "Content-Length: 0": [...without("Content-Length"), "Content-Length: 0"],
    "no length": without("Content-Length"),
    "length twice": [
      ...without("Content-Length"),
      `Content-Length: ${body.length}`,
      `Content-Length: ${body.length + 1}`,
    ],
    "length that is none": [...without("Content-Length"), "Content-Length: 1e2"],
    "length below zero": [...without("Content-Length"), "Content-Length: -5"],
    "length beyond the limit": [...without("Content-Length"), "Content-Length: 10000000"],
    chunked: [...without("Content-Length"), "Transfer-Encoding: chunked"],
    "chunked and a length": [...without("Content-Length"), "Content-Length: 3", "Transfer-Encoding: chunked"],
    "a coding that is none": [...without("Content-Length"), "Transfer-Encoding: gzip"],
  };
}

function chunk(body: string): string {
  return `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}

it("bodies that are no JSON are answered the same", async () => {
  const texts: (string | Buffer)[] = [
    "{",
    "null",
    "[]",
    "1",
    '"a"',
    "\uFEFF{}",
    "\uFEFF",
    " ",
    "{}{}",
    "{'a':1}",
    Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
    Buffer.from([0xc3, 0x28]),
    Buffer.alloc(65_536, "["),
    Buffer.alloc(65_537, "["),
    `{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
    '{"amount":"1","amount":"2"}',
    '{"amount":12345678901234567890}',
    '{"reference":"\\ud800"}',
    '{"__proto__":{}}',
  ];
  const requests = operations
    .filter(({ body }) => body !== undefined)
    .flatMap((operation) =>
      texts.map((text) => ({
        what: `${operation.title}: ${String(text).slice(0, 40)}`,
        method: "POST",
        path: pathOf(operation),
        ...withBody(ground.admin, freshKey(), text),
      })),
    );
  const statuses = await expectSame(requests);
  expect([...statuses.keys()].toSorted()).toEqual(expect.arrayContaining([400, 413]));
});

it("hosts, proxies, other sites' pages and limits are judged the same", async () => {
  // Limits so low that none is free again while the test runs: both servers have to refuse the same requests.
  const settings = {
    ...SETTINGS,
    DB_URL: ground.app.databaseUrl,
    TRUSTED_HOSTS: "127.0.0.1,shop.example",
    TRUSTED_PROXIES: "127.0.0.0/8",
    CORS_ORIGINS: "https://pages.example",
    RATE_LIMIT_MONEY: "2",
    RATE_LIMIT_ANONYMOUS: "2",
    RATE_LIMIT_USER: "2",
  };
  const [direct, other] = [
    await startTestApp(settings),
    await startTestApp({ ...settings, HTTP_DIRECT: "false" }),
  ];
  try {
    const requests = operations.flatMap((operation) => {
      const body = operation.body === undefined ? undefined : JSON.stringify(makeBody(operation, known));
      const asked = { method: operation.method, path: pathOf(operation), body };
      const head = body === undefined ? [] : [...withBody("", freshKey(), body).head.slice(1)];
      return EDGES.flatMap(({ fields = [], host }) =>
        [ground.admin, customer, "forged"].map((token) => ({
          ...asked,
          host,
          what: `${operation.title}: ${host} ${fields.join(", ")}: ${token.slice(0, 8)}`,
          head: [`Authorization: Bearer ${token}`, ...head, ...fields],
        })),
      );
    });
    const statuses = await expectSameAnswers([direct.url, other.url], requests, 1);
    for (const status of [200, 201, 400, 401, 429])
      expect(statuses.get(status) ?? 0, `${status}`).toBeGreaterThan(0);
  } finally {
    await direct.stop();
    await other.stop();
  }
});

const EDGES: readonly { readonly host?: string; readonly fields?: readonly string[] }[] = [
  {},
  { host: "shop.example:8000" },
  { host: "evil.example" },
  { host: "[::1]:8000" },
  { fields: ["X-Forwarded-For: 203.0.113.9"] },
  { fields: ["X-Forwarded-For: 203.0.113.9, 10.0.0.1"] },
  { fields: ["X-Forwarded-Host: shop.example"] },
  { fields: ["X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https"] },
  { fields: ["Origin: https://pages.example"] },
  { fields: ["Origin: https://elsewhere.example"] },
];

it("ordinary requests pass by the framework, and all others do not", async () => {
  const seen: string[] = [];
  const note = (message: unknown) => {
    const { request } = message as { request: { method: string; url: string } };
    seen.push(`${request.method} ${request.url}`);
  };
  const handlers = { start: note, end: () => {}, asyncStart: () => {}, asyncEnd: () => {}, error: () => {} };
  const channel = tracingChannel("fastify.request.handler");
  channel.subscribe(handlers);
  try {
    for (const operation of operations) {
      const path = pathOf(operation);
      const request = { method: operation.method, path, token: ground.admin };
      const body = operation.body === undefined ? undefined : JSON.stringify(makeBody(operation, known));
      await ground.send({ ...request, body });
      await ground.send({ ...request, body, path: path.replace("/api/v1", "") });
    }
    for (const path of ["/products?limit=2", "/api/v1/transactions?limit=2", "/products?q=sold+out"])
      await ground.send({ method: "GET", path, token: ground.admin });
    expect(seen).toEqual([]);
    await ground.send({ method: "GET", path: "/api/v1/accounts", token: ground.admin });
    expect(seen).toEqual(["GET /api/v1/accounts"]);
  } finally {
    channel.unsubscribe(handlers);
  }
});
