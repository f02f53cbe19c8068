import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => {
  await app?.stop();
});

test("opens", async () => {
  const token = await app.token("admin");
  const a = await app.call("POST", "/api/v1/accounts", { token, body: { currency: "EUR" } });
  expect(a).toMatchObject({ status: 201 });
  const b = await startTestApp({ DB_URL: app.databaseUrl });
  const c = await b.call("POST", "/transactions", { token, body: { type: "deposit", account_id: a.body.id, amount: "5", currency: "EUR" } });
  expect(c.status).toBe(201);
  await b.stop();
});
