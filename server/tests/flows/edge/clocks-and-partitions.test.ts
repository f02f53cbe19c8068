// What the whole program does when clocks jump, a month has no partition, or nothing can be written.
import { afterEach, beforeEach, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";

let app: TestApp;
let token: string;
let accountId: string;
beforeEach(async () => {
  app = await startTestApp();
  token = await app.token("admin");
  accountId = (await app.call("POST", "/api/v1/accounts", { token, body: { currency: "EUR" } })).body.id;
});
afterEach(async () => {
  await app?.stop();
});

function deposit() {
  const body = { type: "deposit", account_id: accountId, amount: "1.00", currency: "EUR" };
  return app.call("POST", "/api/v1/transactions", { token, body });
}

const ready = () => app.call("GET", "/health/ready");
const month = () => new Date().toISOString().slice(0, 7).replace("-", "_");

async function dropMonth(): Promise<void> {
  for (const parent of ["transfers", "holds", "refusals"])
    await app.db.unsafe(`DROP TABLE ledger.${parent}_${month()}`);
}

it("F6-36 a write that finds no partition for the time at hand makes it and goes on", async () => {
  await dropMonth();
  const answers = await Promise.all(Array.from({ length: 20 }, deposit));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  await dropMonth();
  expect((await ready()).status).toBe(200); // it made them
  expect((await deposit()).status).toBe(201);
});

it("F6-36 stamps of the future are told by the metric and under degraded, and everything goes on", async () => {
  await app.db`
    SELECT setval('ledger.stamps', (extract(epoch FROM now() + interval '13 months') * 1000000)::bigint)`;
  expect((await deposit()).status).toBe(201);
  const metrics = await app.call("GET", "/metrics");
  const [, lead = "0"] = /^ledger_clock_lead_seconds (\S+)$/m.exec(metrics.body) ?? [];
  expect(Number(lead)).toBeGreaterThan(300 * 86_400);
  expect((await ready()).body).toEqual({
    status: "ready",
    degraded: [expect.stringContaining("in the future: the database's clock was set back")],
  });
  const hold = { account_id: accountId, amount: "1.00", currency: "EUR", expires_in: 600 };
  const held = await app.call("POST", "/api/v1/holds", { token, body: hold });
  expect(held.status).toBe(201);
  expect(Date.parse(held.body.expires_at) - Date.now()).toBeLessThan(601_000);
  const read = await app.call("GET", `/api/v1/holds/${held.body.id}`, { token });
  expect(read.body.state).toBe("active");
});

it("F6-36 is not ready while nothing can be written, and ready again when it can", async () => {
  const role = new URL(app.databaseUrl).username;
  await app.db.unsafe(`REVOKE UPDATE ON runtime.heartbeat FROM ${role}`);
  expect([(await ready()).status, (await app.call("GET", "/health")).status]).toEqual([503, 200]);
  await app.db.unsafe(`GRANT UPDATE ON runtime.heartbeat TO ${role}`);
  expect((await ready()).status).toBe(200);
});
