// Tokens of the programs before this one: HS256 with little more than a name. Taken while developing, by nobody else.
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";

const SECRET = "your-secret-key";
const BARE = { sub: "17", preferred_username: "carol", aud: "shop" };

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ APP_ENV: "development", JWT_SECRET_KEY: SECRET, JWT_AUDIENCE: "shop" });
});
afterAll(() => app?.stop());

function sign(claims: object, secret = SECRET): string {
  const parts = [{ alg: "HS256", typ: "JWT" }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  const signed = parts.join(".");
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

const statusOf = async (claims: object, request = "GET /orders", secret = SECRET) =>
  (await app.send(sign(claims, secret), request)).status;

it("F6-33: a token with sub, preferred_username and aud alone is a customer's, signed with a short example secret", async () => {
  const staff = await app.token("admin");
  for (const [owner_id, name] of [
    ["17", "own"],
    ["18", "another's"],
  ])
    await app.send(staff, "POST /accounts", { owner_id, external_owner: true, currency: "EUR", name });
  const { status, body } = await app.send(sign(BARE), "GET /accounts");
  expect({ status, names: body.items.map((item: { name: string }) => item.name) }).toEqual({
    status: 200,
    names: ["own"],
  });
  expect(await statusOf(BARE, "GET /stock")).toBe(403);
  expect(await statusOf({ ...BARE, iat: 1, jti: "x", azp: "web" })).toBe(200);
  const hour = Math.floor(Date.now() / 1_000) + 3_600;
  expect(await statusOf({ ...BARE, exp: hour })).toBe(200);
});

it("F6-33: it must be signed, for us, in time; and roles without an end open nothing", async () => {
  const past = Math.floor(Date.now() / 1_000) - 60;
  const refused: object[] = [
    { ...BARE, aud: "another" },
    { ...BARE, aud: undefined },
    { ...BARE, sub: undefined },
    { ...BARE, sub: "" },
    { ...BARE, preferred_username: undefined },
    { ...BARE, exp: past },
    { ...BARE, nbf: past + 3_600 },
    { ...BARE, roles: ["admin"] },
    { ...BARE, roles: ["customer"] },
    { ...BARE, roles: null },
    { ...BARE, roles: [] },
  ];
  expect(await Promise.all(refused.map((claims) => statusOf(claims)))).toEqual(refused.map(() => 401));
  expect(await statusOf(BARE, "GET /orders", "your-secret-kez")).toBe(401);
});

it("F6-33: no other environment takes it", async () => {
  const strict = await startTestApp({ JWT_SECRET_KEY: SECRET, JWT_AUDIENCE: "shop" });
  const answer = await strict.send(sign(BARE), "GET /orders");
  await strict.stop();
  expect(answer).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
});
