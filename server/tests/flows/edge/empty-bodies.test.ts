// A request that says nothing, and what is said of bodies that lack something, in plain English.
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";

let app: TestApp;
let staff: string;
/** [method, path with ids that nobody has], of every operation that takes JSON or nothing. */
let routes: (readonly [method: string, path: string])[];
beforeAll(async () => {
  app = await startTestApp();
  staff = await app.token("admin");
  const { paths } = (await app.call("GET", "/openapi.json")).body as {
    paths: Record<string, Record<string, { requestBody?: { content: object } }>>;
  };
  routes = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { requestBody }]) => {
      const takesJson = requestBody === undefined || "application/json" in requestBody.content;
      const ownBody = /\/(images|webhooks\/\{provider\})$/.test(path); // bytes; a text that is signed
      const filled = path.replaceAll(/\{\w+\}/g, "900000001");
      return method === "get" || !takesJson || ownBody ? [] : [[method.toUpperCase(), filled] as const];
    }),
  );
});
afterAll(() => app.stop());

/** @param request "POST /api/v1/orders" */
async function send(request: string, headers: Record<string, string>, body?: string) {
  const [method = "", path = ""] = request.split(" ");
  const answer = await fetch(`${app.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${staff}`, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  const { request_id: _, ...said } = text === "" ? {} : JSON.parse(text);
  return { status: answer.status, said };
}

const JSON_TYPE = { "content-type": "application/json" };

it("F6-29 a request without a body, or with an empty one, says what {} says, on every route", async () => {
  expect(routes.length).toBeGreaterThan(80);
  for (const [method, path] of routes) {
    // Nothing is found there, so that the same may be tried three times; what makes something new needs a body.
    const said = await send(`${method} ${path}`, JSON_TYPE, "{}");
    if (said.status < 300) continue;
    expect(await send(`${method} ${path}`, JSON_TYPE), `${method} ${path} empty`).toEqual(said);
    expect(await send(`${method} ${path}`, {}), `${method} ${path} none`).toEqual(said);
  }
});

it("F6-29 undoing, releasing, cancelling and the like need no body, and one key means one act with and without", async () => {
  const open = (owner: string) =>
    app.send(staff, "POST /accounts", { owner_username: owner, currency: "EUR", holder_name: owner });
  await app.send(staff, "POST /admin/users", {
    username: "alice",
    email: "alice@example.com",
    roles: ["customer"],
  });
  const account = (await open("alice")).body;
  const deposit = { type: "deposit", account_id: account.id, amount: "10.00", currency: "EUR" };
  const { id } = (await app.send(staff, "POST /transactions", deposit)).body;
  const path = `/api/v1/transactions/${id}/reverse`;
  const undone = await send(`POST ${path}`, { ...JSON_TYPE, "idempotency-key": "undo" });
  expect(undone).toMatchObject({ status: 201, said: { reverses: id } });
  for (const [headers, body] of [
    [JSON_TYPE, "{}"],
    [JSON_TYPE, undefined],
    [{}, undefined],
  ] as const)
    expect(await send(`POST ${path}`, { ...headers, "idempotency-key": "undo" }, body)).toEqual(undone);
});

it("F6-29 null is not nothing, and what is required is named", async () => {
  expect(await send("POST /api/v1/orders/1/cancel", JSON_TYPE, "null")).toMatchObject({
    status: 400,
    said: { errors: [{ field: "body", reason: "must be an object" }] },
  });
  const { said } = await send("POST /api/v1/transactions", JSON_TYPE);
  expect(said.errors).toContainEqual({ field: "amount", pointer: "#/amount", reason: "is required" });
});

it("F6-29 a body that changes nothing is told what it may change; limits are told in plain English", async () => {
  const reasonOf = async (request: string, body: unknown) =>
    (await app.send(staff, request, body)).body.errors?.[0]?.reason;
  expect(await reasonOf("PATCH /locations/1", {})).toBe("must have at least one of name, priority, sells");
  expect(await reasonOf("PATCH /locations/1", { naem: "x" })).toBe(
    "is not known here, only name, priority, sells",
  );
  expect(await reasonOf("GET /products?search=x", undefined)).toMatch(/^is not known here, only .*\bq\b/);
  expect(await reasonOf("POST /categories", { name: "" })).toBe("must not be empty");
  expect(await reasonOf("POST /categories", { name: "x".repeat(500) })).toMatch(
    /^must have at most \d+ characters$/,
  );
  expect(await reasonOf("POST /categories", { name: 1 })).toBe("must be text");
  expect(await reasonOf("POST /orders", { items: [], payment_method: "invoice" })).toBe(
    "must list at least 1",
  );
  for (const [method, path] of routes) {
    const { said } = await send(
      `${method} ${path}`,
      JSON_TYPE,
      '{"":{},"name":"","amount":[],"items":[],"quantity":1e99}',
    );
    expect(JSON.stringify(said), `${method} ${path}`).not.toMatch(
      /NOT|propert|should|>=|<=|must match format/,
    );
  }
});
