import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "./app.ts";

type Json = Record<string, unknown>;
interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters?: readonly ({ name?: string; in?: string; schema?: unknown } & Json)[];
  readonly requestBody?: { content: Record<string, { schema: Json }> };
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

beforeAll(async () => {
  app = await startTestApp();
  document = (await app.call("GET", "/openapi.json")).body;
  routes = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
});
afterAll(async () => {
  await app?.stop();
});

/** Whoever has no token yet. */
const PUBLIC =
  /^\/api\/v1\/(auth\/(register|login|refresh|passkey\/(options|login)|password\/(forgot|reset)|email\/verify)|audit\/(checkpoint|key|consistency)|webhooks\/\{provider\}|sandbox\/charges\/\{reference\}\/confirm)$/;
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

test("bodies have examples, which the API page offers to send", () => {
  const bodies = routes.flatMap(({ operation }) => Object.values(operation.requestBody?.content ?? {}));
  expect(bodies.length).toBeGreaterThan(3);
  for (const body of bodies) {
    const schema = resolve(body.schema);
    if (Object.keys(schema["properties"] ?? {}).length === 0) continue;
    expect(JSON.stringify({ ...body, schema })).toMatch(/"examples?":/);
  }
});

function resolve(node: Json): Json {
  const reference = node["$ref"];
  if (typeof reference !== "string") return node;
  const target = reference
    .slice(2)
    .split("/")
    .reduce<unknown>((parent, key) => (parent as Json | undefined)?.[key], document);
  return target as Json;
}
