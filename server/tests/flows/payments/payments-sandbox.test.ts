import { afterAll, beforeAll, expect, it } from "vitest";
import { measureWaits, verifyPayments } from "../../../src/modules/payments/index.ts";
import { startTestApp, type TestAnswer, type TestApp } from "../../app.ts";
import { openTestDesk, type TestDesk } from "../../desk.ts";
import { openTestPayment, readSystemBalance } from "../../payments.ts";

const patiently = { timeout: 20_000, interval: 50 };
let app: TestApp;
let bank: TestDesk;
let staff: string;
beforeAll(async () => {
  app = await startTestApp({
    PAYMENT_TIMEOUT_MS: "400",
    PAYMENT_POLL_MS: "50",
    PAYMENT_SANDBOX_DELAY_MS: "300",
    PAYMENT_ATTENTION_SECONDS: "0",
  });
  bank = await openTestDesk({ databaseUrl: app.databaseUrl });
  staff = await app.token("operator");
});
afterAll(async () => {
  await bank.close();
  await app.stop();
});

type Body = TestAnswer["body"];
const read = async (id: number | string): Promise<Body> =>
  (await app.call("GET", `/api/v1/payments/${id}`, { token: staff })).body;
const post = (path: string, body: object = {}) => app.call("POST", `/api/v1${path}`, { token: staff, body });
const untilStatus = async (id: number, status: string): Promise<Body> => {
  await expect.poll(async () => (await read(id)).status, patiently).toBe(status);
  await expect.poll(async () => (await read(id)).in_flight, patiently).toBe(false);
  return read(id);
};
const opened = async (token: string | undefined, captureMode: "manual" | "automatic" = "manual") =>
  (await openTestPayment(bank, { ...(token === undefined ? {} : { token }), captureMode })).id;
const typesOf = (payment: Body): string[] => payment.events.map((event: Body) => event.type);

it("authorizes, captures a part, gives the rest back, and refunds in parts", async () => {
  const id = await opened(undefined);
  expect(await untilStatus(id, "authorized")).toMatchObject({ authorized: "12.00", capturable: "12.00" });
  expect((await post(`/payments/${id}/capture`, { amount: "10.00" })).body).toMatchObject({
    in_flight: true,
  });
  expect(await untilStatus(id, "partly_captured")).toMatchObject({
    captured: "10.00",
    voided: "2.00",
    refundable: "10.00",
  });
  const first = await post(`/payments/${id}/refunds`, { amount: "4.00", reason: "a scratch" });
  expect(first).toMatchObject({ status: 201, body: { refund: { state: "created", amount: "4.00" } } });
  await untilStatus(id, "partly_refunded");
  await post(`/payments/${id}/refunds`);
  const refunded = await untilStatus(id, "refunded");
  expect(refunded).toMatchObject({ refunded: "10.00", refundable: "0.00" });
  expect(typesOf(refunded)).toEqual(["opened", "authorized", "captured", "voided", "refunded", "refunded"]);
  expect(refunded.attempts.map((attempt: Body) => `${attempt.act} ${attempt.state}`)).toEqual([
    "authorize succeeded",
    "capture succeeded",
    "refund succeeded",
    "refund succeeded",
  ]);
  expect(await readSystemBalance(bank, "clearing")).toBe(0n);
});

it("tells why a card was refused", async () => {
  const declined = await untilStatus(await opened("tok_declined"), "failed");
  expect(declined).toMatchObject({ failure_code: "card_declined", authorized: "0.00" });
  const poor = await untilStatus(await opened("tok_insufficient_funds"), "failed");
  expect(poor).toMatchObject({ failure_code: "insufficient_funds" });
  const unknown = await untilStatus(await opened("tok_of_nobody"), "failed");
  expect(unknown).toMatchObject({ failure_code: "unknown_token" });
});

it("waits for the customer to confirm, and goes on by webhook", async () => {
  const id = await opened("tok_3ds", "automatic");
  await expect.poll(async () => (await read(id)).status, patiently).toBe("action_required");
  const { action_url: url } = await read(id);
  const confirmed = await app.call("POST", new URL(url).pathname, { body: {} });
  expect(confirmed).toMatchObject({ status: 200, body: { status: "captured" } });
  expect(await untilStatus(id, "captured")).toMatchObject({ captured: "12.00", action_url: null });

  const refused = await opened("tok_3ds");
  await expect.poll(async () => (await read(refused)).status, patiently).toBe("action_required");
  await app.call("POST", new URL((await read(refused)).action_url).pathname, { body: { outcome: "fail" } });
  expect(await untilStatus(refused, "failed")).toMatchObject({ failure_code: "authentication_failed" });
});

it("failure 10: a call that timed out after it was done is asked about with the same key, and charged once", async () => {
  const id = await opened("tok_timeout_after_success", "automatic");
  const paid = await untilStatus(id, "captured");
  expect(paid).toMatchObject({ captured: "12.00" });
  const charges = await app.db`SELECT FROM payments.sandbox_charges WHERE metadata LIKE ${`%${id}%`}`;
  expect(charges).toHaveLength(1);
  const lost = await opened("tok_timeout_before_success", "automatic");
  expect(await untilStatus(lost, "captured")).toMatchObject({ captured: "12.00" });
});

it("failure 10: what nobody tells ends in the queue for people, who say what became of it", async () => {
  const id = await opened("tok_unreachable");
  const find = async () =>
    (await app.call("GET", "/api/v1/payments/attention", { token: staff })).body.items.find(
      (item: Body) => item.payment.id === String(id),
    );
  await expect.poll(find, patiently).toMatchObject({ attempt: { state: "unknown", act: "authorize" } });
  const { attempt } = await find();
  const inAnHour = new Date(Date.now() + 3_600_000);
  expect((await measureWaits(app.db, inAnHour)).attentionSeconds).toBeGreaterThanOrEqual(3_600);
  expect((await app.call("GET", "/metrics")).body).toMatch(/^payments_attention_oldest_seconds \d/m);
  const told = { attempt_id: attempt.id, outcome: "failed", note: "their support knows nothing of it" };
  expect(await post(`/payments/${id}/resolve`, told)).toMatchObject({
    status: 200,
    body: { status: "failed" },
  });
  expect(await find()).toBeUndefined();
  expect(await post(`/payments/${id}/resolve`, told)).toMatchObject({
    status: 409,
    body: { code: "attempt_not_open" },
  });
});

it("failure 6: the same webhook three times at once settles once", async () => {
  const id = await opened("tok_duplicate_webhooks", "automatic");
  const paid = await untilStatus(id, "captured");
  expect(typesOf(paid)).toEqual(["opened", "authorized", "captured"]);
  const rows = await app.db`SELECT event_id FROM payments.inbox WHERE body LIKE ${`%${id}%`}`;
  expect(new Set(rows.map((row) => row["event_id"])).size).toBe(rows.length);
});

it("takes late webhooks, and reordered ones, for what they say", async () => {
  const late = await untilStatus(await opened("tok_late_webhooks", "automatic"), "captured");
  expect(typesOf(late)).toEqual(["opened", "authorized", "captured"]);
  const reordered = await untilStatus(await opened("tok_reordered_webhooks", "automatic"), "captured");
  expect(reordered).toMatchObject({ authorized: "12.00", captured: "12.00" });
});

it("tells of captures and refunds that fail after they were accepted", async () => {
  const id = await opened("tok_capture_fails");
  await untilStatus(id, "authorized");
  await post(`/payments/${id}/capture`);
  await expect.poll(async () => typesOf(await read(id)), patiently).toContain("capture_failed");
  expect(await untilStatus(id, "authorized")).toMatchObject({ captured: "0.00", capturable: "12.00" });
  const other = await opened("tok_refund_fails", "automatic");
  await untilStatus(other, "captured");
  await post(`/payments/${other}/refunds`, { amount: "5.00" });
  await expect.poll(async () => typesOf(await read(other)), patiently).toContain("refund_failed");
  expect(await untilStatus(other, "captured")).toMatchObject({ refunded: "0.00", refundable: "12.00" });
});

it("F6-5 a refund that failed is in the queue for people until one of them has dealt with it", async () => {
  const id = await opened("tok_refund_fails", "automatic");
  await untilStatus(id, "captured");
  await post(`/payments/${id}/refunds`, { amount: "5.00" });
  const waiting = async () =>
    (await app.call("GET", "/api/v1/payments/attention", { token: staff })).body.items.filter(
      ({ payment }: { payment: { id: string } }) => payment.id === String(id),
    );
  await expect.poll(async () => (await waiting()).length, patiently).toBe(1);
  const [{ attempt, event }] = await waiting();
  expect([attempt, event]).toMatchObject([
    {
      act: "refund",
      state: "failed",
      amount: "5.00",
      failure_code: "refund_failed",
      attention_since: expect.any(String),
    },
    null,
  ]);
  const resolve = (outcome: string) =>
    post(`/payments/${id}/resolve`, { attempt_id: attempt.id, outcome, note: "paid back in cash" });
  expect(await resolve("succeeded")).toMatchObject({ status: 409, body: { code: "attempt_not_open" } });
  expect(await resolve("failed")).toMatchObject({ status: 200, body: { refunded: "0.00" } });
  expect(await waiting()).toEqual([]);
  expect(await resolve("failed")).toMatchObject({ status: 409, body: { code: "attempt_not_open" } });
});

it("failure 23: a chargeback after paid shows, first as money at risk, then as lost", async () => {
  const id = await opened("tok_dispute", "automatic");
  await expect.poll(async () => (await read(id)).at_risk, patiently).toBe("12.00");
  expect(await read(id)).toMatchObject({
    status: "captured",
    refundable: "0.00",
    disputes: [{ state: "open" }],
  });
  const lost = await opened("tok_dispute_lost", "automatic");
  await expect.poll(async () => (await read(lost)).charged_back, patiently).toBe("12.00");
  expect(await read(lost)).toMatchObject({ at_risk: "0.00", status: "refunded", paid: true });
  const won = await opened("tok_dispute_won", "automatic");
  await expect.poll(async () => typesOf(await read(won)), patiently).toContain("dispute_won");
  expect(await read(won)).toMatchObject({ at_risk: "0.00", status: "captured", refundable: "12.00" });
  const { body } = await app.call("GET", "/api/v1/payments/disputes?limit=2", { token: staff });
  expect(body.items).toHaveLength(2);
});

it("shows a customer their own payments alone, and lets them take nothing", async () => {
  const { id } = await openTestPayment(bank, { provider: "manual", customerId: "carol" });
  const [carol, dave] = [await app.token("customer", "carol"), await app.token("customer", "dave")];
  const list = async (token: string) =>
    (await app.call("GET", "/api/v1/payments?customer_id=carol", { token })).body.items;
  expect(await list(carol)).toMatchObject([{ id: String(id) }]);
  expect(await list(dave)).toEqual([]);
  expect((await app.call("GET", `/api/v1/payments/${id}`, { token: dave })).status).toBe(404);
  expect((await app.call("POST", `/api/v1/payments/${id}/refunds`, { token: carol, body: {} })).status).toBe(
    403,
  );
});

it("refuses a webhook that is not signed, and one of a provider that is not there", async () => {
  const body = { id: "sbe_1", type: "charge.captured" };
  const headers = { "sandbox-signature": `t=${Math.floor(Date.now() / 1_000)},v1=${"0".repeat(64)}` };
  expect(await app.call("POST", "/webhooks/sandbox", { body, headers })).toMatchObject({
    status: 401,
    body: { code: "invalid_signature" },
  });
  expect((await app.call("POST", "/webhooks/stripe", { body })).status).toBe(404);
});

it("leaves payments, their events and the ledger in agreement after all of it", async () => {
  expect((await verifyPayments(app.db)).differences).toEqual([]);
});
