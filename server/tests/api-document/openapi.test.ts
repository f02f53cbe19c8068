import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../app.ts";
import { type AnswerJudge, judgeAnswers } from "./documented-answers.ts";

type Json = Record<string, unknown>;
interface BodyContent {
  readonly schema: Json;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}
interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters?: readonly ({ name?: string; in?: string; schema?: unknown } & Json)[];
  readonly requestBody?: { required?: boolean; content: Record<string, BodyContent> };
  readonly responses: Record<string, Json & { content?: Record<string, { schema?: Json }> }>;
}
interface Route {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

let app: TestApp;
let document: Json & { paths: Record<string, Record<string, Operation>>; components: Record<string, Json> };
let routes: Route[];
let judge: AnswerJudge;

beforeAll(async () => {
  app = await startTestApp();
  document = (await app.call("GET", "/openapi.json")).body;
  judge = judgeAnswers(document);
  routes = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
});
afterAll(async () => {
  await app?.stop();
});

/** Whoever has no token yet. */
const PUBLIC =
  /^\/api\/v1\/(auth\/(register|login|refresh|passkey\/(options|login)|password\/(forgot|reset)|email\/(verify|undo))|audit\/(checkpoint|key|consistency)|webhooks\/\{provider\}|sandbox\/charges\/\{reference\}\/confirm)$/;
/** The shop window. */
const FOR_VISITORS = /^\/api\/v1\/((products|categories)(\/\{id\})?|products\/facets|images\/\{id\})$/;
/** Carts are open to guests, who show the cart's token. */
const FOR_GUESTS = /^\/api\/v1\/carts(?!\/merge)/;
/** Signed notes, which verifiers read as they are. */
const PLAIN_TEXT = /^\/api\/v1\/audit\/(checkpoint|key)$/;
/** Answers that must not be remembered, for they hold secrets; and acts that are the same when repeated. */
const KEYLESS = /^\/api\/v1\/(auth|users|admin)\//;

const nameOf = ({ path, method }: Route) => `${method} ${path}`;

test("the document is OpenAPI 3.1 with a title, a version and the bearer token", () => {
  expect(document).toMatchObject({
    openapi: "3.1.0",
    info: { title: "Countinghouse", version: expect.any(String) },
    security: [{ bearer: [] }],
    components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
  });
});

test("every operation has a name of its own, a summary, tags and an answer that it documents", () => {
  const ids = routes.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(routes.length);
  for (const route of routes) {
    const { operation } = route;
    expect(operation.operationId, nameOf(route)).toMatch(/^[a-z][A-Za-z0-9]+$/);
    expect(operation.summary, nameOf(route)).toBeTypeOf("string");
    expect(operation.tags?.length, nameOf(route)).toBe(1);
    expect(
      Object.keys(operation.responses).some((status) => status.startsWith("2")),
      nameOf(route),
    ).toBe(true);
  }
});

test("every answer of the API has a schema, and every refusal is a problem document", () => {
  for (const route of routes.filter(({ path }) => path.startsWith("/api/") && !PLAIN_TEXT.test(path))) {
    for (const [status, response] of Object.entries(route.operation.responses)) {
      const [[type, content] = []] = Object.entries(resolve(response)["content"] ?? {});
      expect(content?.schema, `${nameOf(route)} ${status}`).toBeDefined();
      const answers = typeOfAnswer(route.path);
      expect(type).toBe(status.startsWith("2") ? answers : "application/problem+json");
    }
    if (PUBLIC.test(route.path)) continue;
    expect(Object.keys(route.operation.responses), nameOf(route)).toEqual(
      expect.arrayContaining(["400", "401", "503"]),
    );
  }
});

function typeOfAnswer(path: string): string {
  if (/audit\/(checkpoint|key)$/.test(path)) return "text/plain";
  return path.includes("/images/{id}") && !path.includes("/products/") ? "image/*" : "application/json";
}

test("each route stands there once, under /api/v1; its alias without the prefix is not shown", () => {
  const outside = routes.map(({ path }) => path).filter((path) => !path.startsWith("/api/v1/"));
  expect(outside.sort()).toEqual([
    "/.well-known/jwks.json",
    "/dev/mailbox",
    "/health",
    "/health/ready",
    "/metrics",
  ]);
  expect(routes.map(nameOf)).toEqual(
    expect.arrayContaining([
      "get /api/v1/accounts",
      "patch /api/v1/accounts/{id}",
      "get /api/v1/accounts/{id}/statement",
      "get /api/v1/transactions/{id}",
      "post /api/v1/holds",
      "get /api/v1/risk/flags",
    ]),
  );
});

test("what is public says so, what visitors may read too; all else needs the token", () => {
  for (const { path, method, operation } of routes) {
    const isForVisitors = (method === "get" && FOR_VISITORS.test(path)) || FOR_GUESTS.test(path);
    const needed = path.startsWith("/api/") && !PUBLIC.test(path) ? "inherited" : [];
    expect(operation.security ?? "inherited", path).toEqual(isForVisitors ? [{}, { bearer: [] }] : needed);
  }
});

test("every path parameter is documented, every command takes an Idempotency-Key", () => {
  for (const route of routes.filter(({ path }) => path.startsWith("/api/"))) {
    const parameters = (route.operation.parameters ?? []).map(resolve);
    const named = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const inPath = parameters.filter((parameter) => parameter["in"] === "path");
    expect(
      inPath.map((parameter) => parameter["name"]),
      nameOf(route),
    ).toEqual(named);
    for (const parameter of inPath)
      expect(parameter).toMatchObject({ required: true, schema: expect.anything() });
    const hasKey = parameters.some((parameter) => parameter["name"] === "Idempotency-Key");
    expect(hasKey, nameOf(route)).toBe(route.method !== "get" && !KEYLESS.test(route.path));
  }
});

test("every reference leads somewhere, and every named schema is valid JSON Schema", () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );
  expect(references.length).toBeGreaterThan(10);
  for (const reference of references) expect(resolve({ $ref: reference }), reference).toBeDefined();
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, "openapi");
  for (const name of Object.keys(document["components"]?.["schemas"] ?? {}))
    expect(() => ajv.compile({ $ref: `openapi#/components/schemas/${name}` }), name).not.toThrow();
});

test("F6-39 a body is required where something of it is, and nowhere else: none is read as {}", () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, "openapi");
  const rooted = (schema: unknown) =>
    JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"openapi#/'));
  const optional: string[] = [];
  for (const route of routes) {
    const { requestBody } = route.operation;
    const schema = requestBody?.content["application/json"]?.schema;
    if (schema === undefined) continue;
    const mayBeNothing = ajv.validate(rooted(schema), {});
    expect([nameOf(route), requestBody?.required === true]).toEqual([nameOf(route), !mayBeNothing]);
    if (mayBeNothing) optional.push(route.path);
  }
  expect(optional).toContain("/api/v1/transactions/{id}/reverse");
  expect(optional.length).toBeGreaterThan(10);
});

test("bodies have examples, which the API page offers to send", () => {
  const bodies = routes.flatMap(({ operation }) => Object.values(operation.requestBody?.content ?? {}));
  expect(bodies.length).toBeGreaterThan(3);
  for (const body of bodies) {
    const schema = resolve(body.schema);
    if (Object.keys(schema["properties"] ?? {}).length === 0) continue;
    expect(JSON.stringify({ ...body, schema })).toMatch(/"examples?":/);
  }
});

/** What only the moment knows: a mailed secret, a device's signature, a call under way, a strange event; and what a setting has to open first. */
const OF_THE_MOMENT =
  /auth\/(refresh|password\/reset|email\/(verify|undo)|passkey\/)|factors\/|users\/me\/passkeys|payments\/(attention\/)?\{id\}|sandbox\/|orders\/\{id\}\/review|purchase-orders|carts\/merge/;

test("F6-39 every example works as it is on a new database, and all answers are what is documented, with nothing beside it", async () => {
  const tour: Tour = { admin: await app.token("admin"), sent: new Set() };
  await tryBanking(tour);
  await tryStock(tour);
  await trySelling(tour);
  await tryTrading(tour);
  await tryPeople(tour);
  const left = routes
    .filter((route) => examplesOf(route).length > 0 && !tour.sent.has(nameOf(route)))
    .map(nameOf);
  expect(left.filter((title) => !OF_THE_MOMENT.test(title))).toEqual([]);
  await readEverything(tour.admin);
}, 60_000);

/** All lists, and the first of what each of them has: answered as documented, without anything that the document does not name. */
async function readEverything(token: string): Promise<void> {
  const lists = routes.filter(({ method, path }) => method === "get" && /^\/api\/v1\/[^{]*$/.test(path));
  for (const { path } of lists) {
    const list = await app.call("GET", path, { token });
    if (list.status >= 300 || typeof list.body !== "object") continue;
    expect.soft(judge("get", path, list)).toEqual([]);
    const [first] = list.body.items ?? [];
    const one = routes.find(
      (route) => route.method === "get" && /^\{\w+\}$/.test(route.path.replace(`${path}/`, "")),
    );
    if (first === undefined || one === undefined) continue;
    const id = first.id ?? first.code ?? first.product_id;
    expect.soft(judge("get", one.path, await app.call("GET", `${path}/${id}`, { token }))).toEqual([]);
  }
}

interface Tour {
  readonly admin: string;
  /** Operations whose examples were sent. */
  readonly sent: Set<string>;
}
interface Target {
  /** Instead of the ids of the example: of what the tour has made. */
  readonly ids?: Json;
  /** In place of the path's parameter. */
  readonly id?: string | number;
  readonly token?: string;
}

/** Sends the examples of an operation; the answer to the last of them. */
function takeTour({ admin, sent }: Tour) {
  const send = async (title: string, to: Target = {}) => {
    const route = routes.find((known) => nameOf(known) === title);
    if (route === undefined) throw new Error(`there is no ${title}`);
    sent.add(title);
    const path = route.path.replace(/\{\w+\}/, String(to.id));
    let last: Json = {};
    for (const example of examplesOf(route)) {
      const body = to.ids === undefined ? example : { ...(example as Json), ...to.ids };
      const answer = await app.call(route.method.toUpperCase(), path, { token: to.token ?? admin, body });
      expect
        .soft(answer.status, `${title} ${JSON.stringify(body)}: ${JSON.stringify(answer.body)}`)
        .toBeLessThan(300);
      if (answer.status !== 204) expect.soft(judge(route.method, route.path, answer)).toEqual([]);
      last = answer.body;
    }
    return last as { id: string; access_token: string };
  };
  return {
    post: (path: string, to?: Target) => send(`post /api/v1${path}`, to),
    patch: (path: string, to?: Target) => send(`patch /api/v1${path}`, to),
    put: (path: string, to?: Target) => send(`put /api/v1${path}`, to),
  };
}

async function tryBanking(tour: Tour): Promise<void> {
  const { post, patch } = takeTour(tour);
  const account = await post("/accounts");
  await post("/accounts/batch");
  await post("/transactions");
  const posted = await post("/transactions");
  await post("/transactions/{id}/reverse", { id: posted.id });
  await post("/transactions/batch");
  await post("/holds/{id}/capture", { id: (await post("/holds")).id });
  await post("/secure-transactions");
  await post("/exchange-rates");
  await post("/exchanges");
  await patch("/accounts/{id}", { id: account.id });
  await post("/assets");
  await patch("/assets/{code}", { id: "ACME" });
}

async function tryStock(tour: Tour): Promise<void> {
  const { post, patch } = takeTour(tour);
  await post("/categories");
  await patch("/categories/{id}", { id: 1 });
  await post("/products");
  await post("/products/batch");
  await post("/locations");
  await patch("/locations/{id}", { id: 2 });
  await post("/stock/receipts");
  await post("/stock/adjustments");
  await post("/stock/transfers");
  await post("/stocktakes");
  await patch("/stock/{product_id}", { id: 1 });
  await patch("/products/{id}", { id: 2 });
  await post("/coupons");
  await patch("/coupons/{code}", { id: "SUMMER-10" });
}

async function trySelling(tour: Tour): Promise<void> {
  const { post, patch, put } = takeTour(tour);
  await post("/orders/preview");
  const order = await post("/orders");
  const { id: ordered } = order;
  const statusOf = async () =>
    (await app.call("GET", `/api/v1/orders/${ordered}`, { token: tour.admin })).body.status;
  const becomes = (status: string) => expect.poll(statusOf, { timeout: 30_000, interval: 50 }).toBe(status);
  await patch("/orders/{id}", { id: ordered }); // three of them
  await post("/orders/{id}/pay", { id: ordered });
  await becomes("CONFIRMED");
  for (const step of ["steps", "ship", "ship", "ship", "deliver"])
    await post(`/orders/{id}/${step}`, { id: ordered });
  await becomes("COMPLETED");
  for (const step of ["returns", "refunds"]) await post(`/orders/{id}/${step}`, { id: ordered });
  const { id: reserved } = await post("/orders");
  for (const step of ["write-off", "move", "cancel"]) await post(`/orders/{id}/${step}`, { id: reserved });
  await post("/credit-notes");
  const carl = { token: await app.token("customer", "carl") };
  const { id } = (await app.call("POST", "/api/v1/carts", carl)).body;
  await put("/carts/{id}/lines", { id, ...carl });
  await put("/carts/{id}/coupon", { id, ...carl });
  await post("/carts/{id}/checkout", { id, ...carl });
  const blocked = await post("/risk/blocked");
  await patch("/risk/blocked/{id}", { id: blocked.id });
}

async function tryTrading(tour: Tour): Promise<void> {
  const { post, patch } = takeTour(tour);
  const tina = { token: await app.token("customer", "tina") };
  const accountIds: string[] = [];
  for (const [currency, amount] of [
    ["USD", "1000.00"],
    ["BTC", "5"],
  ] as const) {
    const account = { owner_id: "tina", external_owner: true, currency };
    const { id } = (await app.call("POST", "/api/v1/accounts", { token: tour.admin, body: account })).body;
    accountIds.push(id);
    const deposit = { type: "deposit", account_id: id, amount, currency };
    await app.call("POST", "/api/v1/transactions", { token: tour.admin, body: deposit });
  }
  const { id } = await post("/instruments");
  await patch("/instruments/{id}", { id });
  for (const step of ["halt", "close"]) await post(`/instruments/{id}/${step}`, { id });
  await post("/position-transfers", { ids: { to_account_id: accountIds[1] } });
  await post("/corporate-actions");
  await post("/instruments/{id}/open", { id });
  await post("/quotes");
  await patch("/trade-orders/{id}", { id: (await post("/trade-orders", tina)).id, ...tina });
  await post("/trade-orders/pairs", tina);
  await post("/trade-orders/cancel", tina);
  await post("/trading-stops");
  await post("/trading-stops/end");
}

async function tryPeople(tour: Tour): Promise<void> {
  const { post, patch } = takeTour(tour);
  await post("/auth/register");
  const ada = { token: (await post("/auth/login")).access_token };
  await patch("/users/me", ada);
  await post("/auth/step-up", ada);
  await post("/users/me/api-keys", ada);
  const grace = { username: "grace", email: "grace@example.com", password: "a password of Grace's own" };
  const { id: graceId } = (await app.call("POST", "/api/v1/auth/register", { body: grace })).body;
  const till = await post("/admin/users", ada);
  await post("/admin/users/{id}/api-keys", { id: till.id, ...ada });
  await patch("/admin/users/{id}", { id: till.id, ...ada });
  await post("/admin/users/{id}/impersonate", { id: graceId, ...ada });
  await post("/admin/signing-keys/rotate", ada);
  await post("/auth/password/forgot");
  await post("/auth/password/change", ada);
  await post("/auth/logout", ada);
}

function examplesOf({ operation }: Route): unknown[] {
  return Object.values(operation.requestBody?.content ?? {}).flatMap(({ schema, example, examples }) => {
    const named = Object.values(examples ?? {}).map(({ value }) => value);
    const { examples: own = [] } = resolve(schema) as { examples?: unknown[] };
    return example === undefined ? [...named, ...own] : [example];
  });
}

function resolve(node: Json): Json {
  const reference = node["$ref"];
  if (typeof reference !== "string") return node;
  const target = reference
    .slice(2)
    .split("/")
    .reduce<unknown>((parent, key) => (parent as Json | undefined)?.[key], document);
  return target as Json;
}
