import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => {
  await app?.stop();
});

/** Bodies of the chain, once all that was written by now is chained. */
async function readTrail(): Promise<ReturnType<typeof JSON.parse>[]> {
  for (;;) {
    const [waiting] = await app.db<[{ count: number }]>`SELECT count(*)::int AS count FROM audit.pending`;
    if (waiting.count === 0) break;
  }
  const rows = await app.db<{ body: string }[]>`SELECT body FROM audit.entries ORDER BY seq`;
  return rows.map((row) => JSON.parse(row.body));
}

test("ASVS 16.2.1: every command leaves who did what, on what, from where, with which outcome; a repeat leaves nothing", async () => {
  const token = await app.token("operator", "olga");
  const headers = { "x-request-id": "req-1", "idempotency-key": "key-1" };
  const opened = await app.call("POST", "/api/v1/accounts", { token, body: { currency: "EUR" }, headers });
  const deposit = {
    token,
    headers: { "x-request-id": "req-2", "idempotency-key": "key-2" },
    body: { type: "deposit", account_id: opened.body.id, amount: "5.00", currency: "EUR" },
  };
  const posted = await app.call("POST", "/api/v1/transactions", deposit);
  await app.call("POST", "/api/v1/transactions", deposit);
  const refused = await app.call("POST", "/api/v1/transactions", {
    token,
    headers: { "x-request-id": "req-3" },
    body: { ...deposit.body, type: "withdrawal", amount: "9.00" },
  });
  expect([opened.status, posted.status, refused.status]).toEqual([201, 201, 422]);
  const rate = { base: "EUR", quote: "EUR", rate: "1" };
  await app.call("POST", "/api/v1/accounts", { token, body: { currency: "EUR" }, headers });
  await app.call("POST", "/api/v1/exchange-rates", { token: await app.token("admin"), body: rate });

  const who = { actor_id: "olga", actor_kind: "user" };
  expect(await readTrail()).toMatchObject([
    { ...who, event: "account.open", outcome: "success", resource: { type: "account", id: opened.body.id } },
    {
      ...who,
      event: "transaction.post",
      outcome: "success",
      resource: { type: "transaction", id: posted.body.id },
      origin: { request_id: "req-2", ip: expect.stringMatching(/^[0-9a-f]{64}$/) },
    },
    {
      ...who,
      event: "transaction.post",
      outcome: "refused",
      code: "insufficient_funds",
      resource: { type: "transaction", id: refused.body.transaction_id },
      origin: { request_id: "req-3" },
    },
  ]);
});

test("a refusal of a command that is not on the hot path is on the trail too, once per key", async () => {
  const token = await app.token("operator", "otto");
  const opened = await app.call("POST", "/api/v1/accounts", { token, body: { currency: "EUR" } });
  const call = () =>
    app.call("PATCH", `/api/v1/accounts/${opened.body.id}`, {
      token,
      headers: { "idempotency-key": "change", "if-match": '"77"' },
      body: { name: "x" },
    });
  expect((await call()).status).toBe(409);
  expect((await call()).status).toBe(409);
  const entries = (await readTrail()).filter((entry) => entry.actor_id === "otto");
  expect(entries.slice(1)).toMatchObject([
    {
      event: "account.change",
      outcome: "refused",
      code: "version_mismatch",
      resource: { type: "account", id: opened.body.id },
    },
  ]);
});

test("a batch is one entry that names the stamps of all it booked", async () => {
  const token = await app.token("operator", "nina");
  const opened = await app.call("POST", "/api/v1/accounts", { token, body: { currency: "EUR" } });
  const deposit = { type: "deposit", account_id: opened.body.id, amount: "1.00", currency: "EUR" };
  const body = { mode: "independent", transactions: [deposit, deposit, deposit] };
  const posted = await app.call("POST", "/api/v1/transactions/batch", { token, body });
  const ids = posted.body.results.map((result: { transaction: { id: string } }) => result.transaction.id);
  expect((await readTrail()).at(-1)).toMatchObject({
    event: "transaction.post_batch",
    resource: { type: "transaction", id: ids[0] },
    details: { last_stamp: ids[2] },
  });
});

test("a secure transaction answers with its signature; without API_KEY_V1 the answer says what to set", async () => {
  const token = await app.token("operator");
  const body = { user_id: "ada", amount: "10.50" };
  const without = await startTestApp({ DB_URL: app.databaseUrl, API_KEY_V1: "" });
  const unset = await without.call("POST", "/api/v1/secure-transactions", { token, body });
  await without.stop();
  expect(unset).toMatchObject({ status: 503, body: { code: "secure_records_not_configured" } });
  expect(unset.body.detail).toContain("API_KEY_V1");
  const configured = await startTestApp({ DB_URL: app.databaseUrl, API_KEY_V1: "k".repeat(32) });
  await app.call("POST", "/api/v1/accounts", { token, body: { currency: "EUR", owner_id: "ada" } });
  const call = (by: string, sent: object) =>
    configured.call("POST", "/api/v1/secure-transactions", { token: by, body: sent });
  const posted = await call(token, body);
  expect(posted).toMatchObject({
    status: 201,
    body: { status: "success", tx_id: expect.stringMatching(/^\w{64}$/) },
  });
  expect((await call(token, { ...body, amount: "-1" })).status).toBe(400);
  expect((await call(token, { ...body, amount: "1.001" })).status).toBe(400);
  expect((await call(token, { ...body, user_id: "nobody" })).status).toBe(404);
  expect((await call(await app.token("customer", "ada"), body)).status).toBe(403);
  await configured.stop();
});
