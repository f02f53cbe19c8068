// Failures of well-known systems that concern payments (rows of FAILURES.md), each as it happened there.
import { afterAll, beforeAll, expect, it } from "vitest";
import { submitCapture } from "../../../src/modules/payments/change-payment.ts";
import {
  ATTEMPTS,
  applyDueWebhooks,
  cancelPayment,
  getPayment,
  loadStripe,
  PAYMENTS,
  type PaymentKeeper,
  recordOutcome,
  scopeOf,
  verifyPayments,
} from "../../../src/modules/payments/index.ts";
import type { ProviderReport } from "../../../src/modules/payments/providers/card-provider.ts";
import { receiveWebhook } from "../../../src/modules/payments/webhooks/receive-webhook.ts";
import { createLog } from "../../../src/runtime/log.ts";
import { AppError } from "../../../src/values/app-error.ts";
import { startTestApp, type TestAnswer, type TestApp } from "../../app.ts";
import { openTestDesk, STAFF, type TestDesk } from "../../desk.ts";
import { openTestOrders, type TestOrders } from "../../orders.ts";
import { openTestPayment } from "../../payments.ts";
import { type StripeServer, startStripe } from "../../servers/stripe.ts";
import { signEvent } from "../../servers/stripe-hooks.ts";

type Body = TestAnswer["body"];
const patiently = { timeout: 15_000, interval: 25 };
let stripe: StripeServer;
/** No jobs run on it: what happens, and when, is the test's. */
let shop: TestOrders;
/** The program with Stripe. */
let app: TestApp;
let bank: TestDesk;
let staff: string;

function settings() {
  return {
    STRIPE_SECRET_KEY: stripe.secretKey,
    STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
    STRIPE_API_URL: stripe.url,
    PAYMENT_TIMEOUT_MS: "300",
    PAYMENT_POLL_MS: "25",
  };
}
beforeAll(async () => {
  stripe = await startStripe();
  shop = await openTestOrders();
  app = await startTestApp(settings());
  stripe.deliverTo(`${app.url}/api/v1/webhooks/stripe`);
  bank = await openTestDesk({ databaseUrl: app.databaseUrl });
  staff = await app.token("operator");
});
afterAll(async () => {
  await bank.close();
  await stripe.stop();
  await app.stop();
  await shop.close();
});

const call = (method: string, path: string, request: object = {}) =>
  app.call(method, `/api/v1${path}`, { token: staff, ...request });
const read = async (id: number | string): Promise<Body> => (await call("GET", `/payments/${id}`)).body;
const until = async (id: number, wanted: object): Promise<Body> => {
  await expect.poll(() => read(id), patiently).toMatchObject(wanted);
  return read(id);
};
const openByStripe = () =>
  openTestPayment(bank, { provider: "stripe", token: "pm_card_visa", captureMode: "automatic" });
const intentOf = (paymentId: number) =>
  [...stripe.intents.values()].filter(
    ({ metadata }) => metadata["countinghouse_payment"] === String(paymentId),
  );

/** The inbox of `shop`, read at a time of the test's choosing. */
async function openInbox(keeper: PaymentKeeper) {
  const { webhookSecret, secretKey, url } = stripe;
  const options = { webhookSecret, secretKey, apiUrl: url, returnUrl: "http://shop", timeoutMs: 300 };
  const provider = await loadStripe({ ...options, scaleOf: (code) => shop.assets.byCode(code)?.scale });
  const providers = new Map([["stripe" as const, { provider }]]);
  let aheadMs = 1; // what the database stamps to the microsecond may lie within this clock's millisecond
  return {
    receive: (event: object) => {
      const body = JSON.stringify(event);
      const headers = { "stripe-signature": signEvent(body, webhookSecret) };
      return receiveWebhook({ db: shop.db, providers }, { provider: "stripe", body, headers });
    },
    apply: () =>
      applyDueWebhooks({
        ...keeper,
        providers,
        log: createLog("silent"),
        clock: () => new Date(Date.now() + aheadMs),
      }),
    wait: (seconds: number) => {
      aheadMs += seconds * 1_000;
    },
    rows: () => shop.db<{ state: string; tries: number; last_error: string | null }[]>`
      SELECT state, tries, last_error FROM payments.inbox ORDER BY id DESC`,
  };
}
const disputeEvent = (id: string, intent: string) => ({
  id,
  type: "charge.dispute.created",
  data: {
    object: {
      id: `du_${id}`,
      object: "dispute",
      amount: 500,
      currency: "eur",
      status: "needs_response",
      payment_intent: intent,
      reason: "fraudulent",
      balance_transactions: [],
    },
  },
});
const paid = (totalMinor: bigint): ProviderReport[] => [{ type: "captured", totalMinor, isFinal: true }];

it("failure 7: a webhook that comes before we know its payment waits until we do, and is applied", async () => {
  const inbox = await openInbox(shop.keeper);
  expect(await inbox.receive(disputeEvent("evt_early", "pi_early"))).toBe(true);
  expect(await inbox.apply()).toBe(1);
  expect((await inbox.rows())[0]).toMatchObject({
    state: "received",
    tries: 1,
    last_error: expect.stringContaining("not known yet"),
  });
  expect(await inbox.apply()).toBe(0); // not yet again
  const { id } = await openTestPayment(shop, { provider: "stripe", token: "pm_card_visa" });
  await recordOutcome(shop.keeper, {
    paymentId: id,
    answer: { reference: "pi_early", reports: paid(1_200n) },
  });
  inbox.wait(2);
  expect(await inbox.apply()).toBe(1);
  expect((await inbox.rows())[0]).toMatchObject({ state: "done", tries: 2 });
  expect(await getPayment(shop.db, id)).toMatchObject({ capturedMinor: 1_200n, disputedMinor: 500n });
});

it("failure 7: a webhook may come before the answer of the call that it is about", async () => {
  stripe.goWrong("/payment_intents", "unanswered");
  const { id } = await openByStripe();
  // Nothing but the webhook has told: the call has no answer before its time is up.
  const payment = await until(id, { status: "captured", provider_reference: expect.stringMatching(/^pi_/) });
  expect(payment.events.map(({ type }: Body) => type)).toEqual(["opened", "authorized", "captured"]);
  expect(intentOf(id)).toHaveLength(1);
});

it("failure 9: a webhook whose work fails stays in the inbox with its error and is done later, once", async () => {
  const { id } = await openTestPayment(shop, { provider: "stripe", token: "pm_card_visa" });
  await recordOutcome(shop.keeper, {
    paymentId: id,
    answer: { reference: "pi_nine", reports: paid(1_200n) },
  });
  let isBroken = true;
  const listener = {
    prepare: async () => {
      if (isBroken) throw new Error("the handler has a bug");
      return { needs: [], scope: { accountIds: [], stampCount: 0 } };
    },
    onChange: () => undefined,
  };
  const inbox = await openInbox({ ...shop.keeper, listener: () => listener });
  await inbox.receive(disputeEvent("evt_nine", "pi_nine"));
  await inbox.apply();
  expect((await inbox.rows())[0]).toMatchObject({
    state: "received",
    tries: 1,
    last_error: "Error: the handler has a bug",
  });
  isBroken = false;
  inbox.wait(2);
  await inbox.apply();
  expect(await inbox.receive(disputeEvent("evt_nine", "pi_nine"))).toBe(false);
  await inbox.apply();
  expect((await inbox.rows())[0]).toMatchObject({ state: "done", tries: 2 });
  expect((await getPayment(shop.db, id)).disputedMinor).toBe(500n);
});

it("failure 9: what could not be stored is not acknowledged, so that the provider sends it again", async () => {
  const body = JSON.stringify({
    id: "evt_unstored",
    type: "refund.created",
    data: { object: { object: "refund" } },
  });
  await app.db`ALTER TABLE payments.inbox RENAME TO inbox_away`;
  const refused = await stripe.deliver(body);
  await app.db`ALTER TABLE payments.inbox_away RENAME TO inbox`;
  expect(refused).toBeGreaterThanOrEqual(500);
  expect(await stripe.deliver(body)).toBe(200);
});

it("failure 11: of several refunds each has its own outcome, and together they are the provider's total", async () => {
  const { id } = await openByStripe();
  await until(id, { status: "captured" });
  const refund = (amount: string) => call("POST", `/payments/${id}/refunds`, { body: { amount } });
  const [first, second, third] = await Promise.all([refund("3.00"), refund("4.00"), refund("2.00")]);
  expect((await refund("4.00")).body).toMatchObject({ code: "refund_exceeds_captured" });
  await until(id, { in_flight: false, refunded: "9.00" });
  const stateOf = (payment: Body, answer: TestAnswer) =>
    payment.attempts.find((attempt: Body) => attempt.id === answer.body.refund.id);
  stripe.failRefund(stateOf(await read(id), second).provider_reference);
  const payment = await until(id, { refunded: "5.00", status: "partly_refunded" });
  expect([first, second, third].map((answer) => stateOf(payment, answer).state)).toEqual([
    "succeeded",
    "failed",
    "succeeded",
  ]);
  const [intent] = intentOf(id);
  const there = [...stripe.refunds.values()].filter(
    (refund) => refund.payment_intent === intent?.id && refund.status === "succeeded",
  );
  expect(there.reduce((sum, { amount }) => sum + amount, 0)).toBe(500);
});

it("failure 12: an order that fails takes back nothing of another's, for nothing is ever compensated", async () => {
  const productId = await shop.addProduct(10);
  const accountId = await shop.openAccount({ owner: "alice", currency: "USD", balance: 1_500n });
  const byBalance = { paymentMethod: "balance", accountId } as const;
  const orders = await Promise.allSettled([1, 2, 3].map(() => shop.place([[productId, 1]], byBalance)));
  const [placed, ...others] = orders.filter(({ status }) => status === "fulfilled");
  expect(others).toEqual([]);
  for (const order of orders)
    if (order.status === "rejected") expect(order.reason).toMatchObject({ code: "insufficient_funds" });
  expect(await shop.balanceOf(accountId)).toEqual({ balance: 1_500n, held: 1_200n });
  expect(await shop.levels(productId)).toMatchObject({ held: 1n });
  const events =
    await shop.db`SELECT type FROM payments.events JOIN payments.payments ON id = payment_id WHERE account_id = ${accountId}`;
  expect(events.map(({ type }) => type)).toEqual(["authorized"]);
  expect(placed).toMatchObject({ value: { status: "CONFIRMED" } });
});

it("failure 14: cancelled while a capture is under way, the payment is cancelling until nothing is captured", async () => {
  const { id } = await openTestPayment(shop);
  const tell = (...reports: ProviderReport[]) => shop.tell(id, ...reports);
  await tell({ type: "authorized", totalMinor: 1_200n });
  await submitCapture(shop.keeper, { paymentId: id, actor: STAFF }, { amount: "10.00" });
  await cancel(id);
  const acts = async () =>
    (await shop.openAttempts()).filter(({ paymentId }) => paymentId === id).map(({ act }) => act);
  expect(await getPayment(shop.db, id)).toMatchObject({
    cancelRequested: true,
    capturingMinor: 1_000n,
    refundingMinor: 0n,
  });
  expect(await acts()).toEqual(["capture"]); // nobody knows yet what there is to give back
  await tell({ type: "captured", totalMinor: 1_000n, isFinal: true });
  expect(await acts()).toEqual(["refund"]);
  const [refund] = (await shop.openAttempts()).filter(({ paymentId }) => paymentId === id);
  if (refund === undefined) throw new Error("no refund");
  await shop.settle(refund, "succeeded");
  expect(await getPayment(shop.db, id)).toMatchObject({
    capturedMinor: 1_000n,
    refundedMinor: 1_000n,
    voidedMinor: 200n,
  });
  expect(await acts()).toEqual([]);
});

async function cancel(paymentId: number): Promise<void> {
  const payment = await getPayment(shop.db, paymentId);
  await shop.carryOut({
    event: "order.cancel",
    actor: STAFF,
    scope: scopeOf(shop.assets, [payment]),
    needs: [PAYMENTS, ATTEMPTS].map((reader) => ({ reader, ids: [paymentId] })),
    decide: (desk) => {
      const known = desk.rows.of(PAYMENTS).get(paymentId);
      if (known === undefined) throw new Error("no payment");
      const cancelled = cancelPayment(desk, known, { actorId: STAFF.id });
      return cancelled instanceof AppError ? cancelled : { answer: "{}", counted: [] };
    },
  });
}

it("failure 16: late and repeated events of an old attempt add to that attempt, and to nothing twice", async () => {
  const { id } = await openTestPayment(shop);
  const tell = (...reports: ProviderReport[]) => shop.tell(id, ...reports);
  const authorized = { type: "authorized", totalMinor: 1_200n } as const;
  await tell(authorized);
  const first = { type: "captured", totalMinor: 500n, isFinal: false } as const;
  const second = { type: "captured", totalMinor: 900n, isFinal: false } as const;
  const capture = (amount: string) =>
    submitCapture(shop.keeper, { paymentId: id, actor: STAFF }, { amount, keepsRest: true });
  await capture("5.00");
  await tell(first);
  await capture("4.00");
  await tell(second);
  for (const late of [first, authorized, second, first]) await tell(late);
  await tell({ type: "capture_failed", code: "late", message: "of an attempt that is long done" });
  expect(await getPayment(shop.db, id)).toMatchObject({
    authorizedMinor: 1_200n,
    capturedMinor: 900n,
    capturingMinor: 0n,
  });
  const events = await shop.db`
    SELECT type, amount, attempt_id FROM payments.events WHERE payment_id = ${id} AND type = 'captured' ORDER BY seq`;
  expect(events.map(({ amount }) => amount)).toEqual([500n, 400n]);
  expect(new Set(events.map(({ attempt_id }) => attempt_id)).size).toBe(2);
});

it("failure 16: an authorization told after the capture that ended it leaves nothing to capture or to void", async () => {
  const { id } = await openTestPayment(shop, { captureMode: "automatic" });
  await shop.tell(id, { type: "captured", totalMinor: 900n, isFinal: true });
  await shop.tell(id, { type: "authorized", totalMinor: 1_200n });
  expect(await getPayment(shop.db, id)).toMatchObject({
    authorizedMinor: 1_200n,
    voidedMinor: 300n,
    capturedMinor: 900n,
  });
  await cancel(id);
  const [refund, ...others] = (await shop.openAttempts()).filter(({ paymentId }) => paymentId === id);
  expect([refund?.act, others.length]).toEqual(["refund", 0]);
  if (refund !== undefined) await shop.settle(refund, "succeeded");
  expect((await shop.openAttempts()).filter(({ paymentId }) => paymentId === id)).toEqual([]);
});

it("failure 21: one act keeps its key over retries, another process and a second request, and is charged once", async () => {
  stripe.holdEvents(true);
  stripe.goWrong("/payment_intents", "unanswered");
  const { id } = await openByStripe();
  await expect.poll(() => intentOf(id).length, patiently).toBe(1);
  const other = await startTestApp({ ...settings(), DB_URL: app.databaseUrl }); // a second process asks as well
  await until(id, { status: "captured" });
  await other.stop();
  stripe.holdEvents(false);
  const keysOf = (field: string) =>
    new Set(
      stripe.calls
        .filter(({ form }) => (form["metadata"] as Body)?.[field] === String(id))
        .map(({ key }) => key),
    );
  expect(keysOf("countinghouse_payment").size).toBe(1);
  expect(intentOf(id)).toHaveLength(1);

  stripe.goWrong("/refunds", "cut off");
  const headers = { "idempotency-key": "refund-of-the-scratch" };
  const ask = () => call("POST", `/payments/${id}/refunds`, { body: { amount: "2.00" }, headers });
  const [one, two] = [await ask(), await ask()];
  expect(two.body).toEqual(one.body);
  await until(id, { in_flight: false, refunded: "2.00" });
  const [intent] = intentOf(id);
  expect([...stripe.refunds.values()].filter((refund) => refund.payment_intent === intent?.id)).toHaveLength(
    1,
  );
});

it("payments, their events and the ledger agree after all of it", async () => {
  expect((await verifyPayments(app.db)).differences).toEqual([]);
  expect((await verifyPayments(shop.db)).differences).toEqual([]);
});
