// Failures of well-known systems that concern payments (rows of FAILURES.md), each as it happened there, over HTTP. What needs
// no HTTP stands beside the commands: row 7 and 9 in apply-webhooks.test.ts, 14 in return-payment.test.ts, 16 in
// record-outcome.test.ts and apply-report.test.ts; row 12 is the orders'.
import { afterAll, beforeAll, expect, it } from "vitest";
import { verifyPayments } from "../../../src/modules/payments/index.ts";
import { startTestApp, type TestAnswer, type TestApp } from "../../app.ts";
import { openTestDesk, type TestDesk } from "../../desk.ts";
import { openTestPayment } from "../../payments.ts";
import { type StripeServer, startStripe } from "../../servers/stripe.ts";

type Body = TestAnswer["body"];
const patiently = { timeout: 15_000, interval: 25 };
let stripe: StripeServer;
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
  app = await startTestApp(settings());
  stripe.deliverTo(`${app.url}/api/v1/webhooks/stripe`);
  bank = await openTestDesk({ databaseUrl: app.databaseUrl });
  staff = await app.token("operator");
});
afterAll(async () => {
  await bank.close();
  await stripe.stop();
  await app.stop();
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

it("failure 7: a webhook may come before the answer of the call that it is about", async () => {
  stripe.goWrong("/payment_intents", "unanswered");
  const { id } = await openByStripe();
  // Nothing but the webhook has told: the call has no answer before its time is up.
  const payment = await until(id, { status: "captured", provider_reference: expect.stringMatching(/^pi_/) });
  expect(payment.events.map(({ type }: Body) => type)).toEqual(["opened", "authorized", "captured"]);
  expect(intentOf(id)).toHaveLength(1);
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
});
