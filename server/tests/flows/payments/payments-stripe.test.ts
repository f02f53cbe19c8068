import { afterAll, beforeAll, expect, it } from "vitest";
import { verifyOrders } from "../../../src/modules/orders/index.ts";
import { verifyPayments } from "../../../src/modules/payments/index.ts";
import type { TestAnswer } from "../../app.ts";
import { openTestDesk, type TestDesk } from "../../desk.ts";
import { openTestPayment } from "../../payments.ts";
import { type StripeServer, startStripe } from "../../servers/stripe.ts";
import { signEvent } from "../../servers/stripe-hooks.ts";
import { openTestShop, type TestShop } from "../../shop.ts";

const patiently = { timeout: 15_000, interval: 25 };
const TIMEOUT_MS = 300;
let stripe: StripeServer;
let shop: TestShop;
let bank: TestDesk;
beforeAll(async () => {
  stripe = await startStripe();
  shop = await openTestShop({
    STRIPE_SECRET_KEY: stripe.secretKey,
    STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
    STRIPE_API_URL: stripe.url,
    PAYMENT_RETURN_URL: "https://shop.example.com/paid",
    PAYMENT_TIMEOUT_MS: String(TIMEOUT_MS),
    PAYMENT_POLL_MS: "25",
    TAX_CLASSES: '{"none":0}',
  });
  stripe.deliverTo(`${shop.app.url}/api/v1/webhooks/stripe`);
  bank = await openTestDesk({ databaseUrl: shop.app.databaseUrl });
});
afterAll(async () => {
  await bank.close();
  await stripe.stop();
  await shop.app.stop();
});

type Body = TestAnswer["body"];

/** Orders one thing for 12.00 USD, a sixth of it tax, by card. */
async function order(method: string): Promise<Body> {
  const product = await shop.addProduct({ price: "10.00" });
  const items = [{ product_id: product.id, quantity: 1 }];
  const body = { items, payment_method: "credit_card", payment_token: method };
  const placed = await shop.alice("POST", "/orders", { body });
  expect(placed, JSON.stringify(placed.body)).toMatchObject({ status: 201, body: { status: "PENDING" } });
  return placed.body;
}
const readOrder = async (id: string): Promise<Body> => (await shop.alice("GET", `/orders/${id}`)).body;
async function untilOrder(id: string, wanted: object): Promise<Body> {
  await expect.poll(() => readOrder(id), patiently).toMatchObject(wanted);
  return readOrder(id);
}
/** The payment of an order, with its attempts and events. */
async function paymentOf(orderId: string): Promise<Body> {
  const { items } = (await shop.staff("GET", `/payments?order_id=${orderId}`)).body;
  return (await shop.staff("GET", `/payments/${items[0].id}`)).body;
}
const readPayment = async (id: number | string): Promise<Body> =>
  (await shop.staff("GET", `/payments/${id}`)).body;
const untilPayment = async (id: number | string, wanted: object): Promise<Body> => {
  await expect.poll(() => readPayment(id), patiently).toMatchObject(wanted);
  return readPayment(id);
};
const intentsOf = (paymentId: number | string) =>
  [...stripe.intents.values()].filter(
    ({ metadata }) => metadata["countinghouse_payment"] === String(paymentId),
  );
const open = (token: string, captureMode: "manual" | "automatic" = "manual") =>
  openTestPayment(bank, { provider: "stripe", token, captureMode });

it("sells by card: ordered, captured, refunded in parts, with one key for each act", async () => {
  const placed = await order("pm_card_visa");
  await untilOrder(placed.id, { status: "CONFIRMED", payment_status: "captured" });
  const payment = await paymentOf(placed.id);
  expect(payment).toMatchObject({ provider: "stripe", captured: "12.00", paid: true });
  const [intent] = intentsOf(payment.id);
  expect(intent).toMatchObject({
    id: payment.provider_reference,
    status: "succeeded",
    amount_received: 1_200,
    currency: "usd",
    metadata: { order_id: placed.id },
  });
  const [create] = stripe.calls.filter(({ form }) => form["payment_method"] === "pm_card_visa");
  expect(create).toMatchObject({
    key: `countinghouse-attempt-${payment.attempts[0].id}`,
    form: { amount: "1200", confirm: "true", return_url: "https://shop.example.com/paid" },
  });
  for (const amount of ["4.00", "8.00"])
    expect(
      (await shop.staff("POST", `/orders/${placed.id}/refunds`, { body: { amount, reason: "late" } })).status,
    ).toBe(201);
  const refunded = await untilPayment(payment.id, {
    status: "refunded",
    refunded: "12.00",
    in_flight: false,
  });
  const refunds = refunded.attempts.filter(({ act }: Body) => act === "refund");
  expect(refunds.map(({ provider_reference: id }: Body) => stripe.refunds.get(id)?.amount)).toEqual([
    400, 800,
  ]);
  expect(refunds.every(({ state }: Body) => state === "succeeded")).toBe(true);
});

it("sends the customer to confirm, and goes on when Stripe tells the outcome", async () => {
  const placed = await order("pm_card_authenticationRequired");
  await expect.poll(async () => (await paymentOf(placed.id)).status, patiently).toBe("action_required");
  const payment = await paymentOf(placed.id);
  expect(payment.action_url).toBe(`${stripe.url}/3ds/${payment.provider_reference}`);
  stripe.confirm(payment.provider_reference, "succeed");
  await untilOrder(placed.id, { status: "CONFIRMED", payment_status: "captured" });

  const other = await order("pm_card_authenticationRequired");
  await expect.poll(async () => (await paymentOf(other.id)).status, patiently).toBe("action_required");
  stripe.confirm((await paymentOf(other.id)).provider_reference, "fail");
  await expect
    .poll(async () => (await paymentOf(other.id)).failure_code, patiently)
    .toBe("payment_intent_authentication_failure");
});

it("tells why a card was refused, and that a payment method is needed", async () => {
  const declined = await open("pm_card_chargeDeclined");
  expect(await untilPayment(declined.id, { status: "failed" })).toMatchObject({
    failure_code: "card_declined",
  });
  const poor = await open("pm_card_visa_chargeDeclinedInsufficientFunds");
  expect(await untilPayment(poor.id, { status: "failed" })).toMatchObject({
    failure_code: "insufficient_funds",
  });
  const unknown = await open("tok_ok");
  expect(await untilPayment(unknown.id, { status: "failed" })).toMatchObject({
    failure_code: "resource_missing",
  });
  const product = await shop.addProduct({});
  const body = { items: [{ product_id: product.id, quantity: 1 }], payment_method: "credit_card" };
  expect(await shop.alice("POST", "/orders", { body })).toMatchObject({
    status: 400,
    body: { code: "payment_method_missing" },
  });
});

it("authorizes, captures in parts, gives the rest back, and voids", async () => {
  const { id } = await open("pm_card_visa");
  await untilPayment(id, { status: "authorized", capturable: "12.00" });
  await shop.staff("POST", `/payments/${id}/capture`, { body: { amount: "5.00", keep_rest: true } });
  await untilPayment(id, { status: "partly_captured", captured: "5.00", capturable: "7.00" });
  await shop.staff("POST", `/payments/${id}/capture`, { body: { amount: "3.00" } });
  await untilPayment(id, { captured: "8.00", voided: "4.00", in_flight: false });
  expect(intentsOf(id)).toMatchObject([{ status: "succeeded", amount_received: 800 }]);

  const other = await open("pm_card_visa");
  await untilPayment(other.id, { status: "authorized" });
  await shop.staff("POST", `/payments/${other.id}/void`);
  await untilPayment(other.id, { status: "voided", in_flight: false });
  expect(intentsOf(other.id)).toMatchObject([{ status: "canceled" }]);
});

it("failure 10: whatever becomes of a call, the same key is asked again, and one charge is made", async () => {
  stripe.holdEvents(true); // so that nothing but asking again can tell
  for (const fault of ["lost", "unanswered", "cut off", "401", "409", "429", "500 done"] as const) {
    stripe.goWrong("/payment_intents", fault);
    const { id } = await open("pm_card_visa", "automatic");
    const paid = await untilPayment(id, { status: "captured", captured: "12.00", in_flight: false });
    expect(intentsOf(id), fault).toHaveLength(1);
    const keys = stripe.calls.filter(
      ({ form }) => (form["metadata"] as Body)?.countinghouse_payment === String(id),
    );
    if (fault !== "500 done") expect(keys.length, fault).toBeGreaterThan(1); // that one is found at once
    expect(new Set(keys.map(({ key }) => key)), fault).toEqual(
      new Set([`countinghouse-attempt-${paid.attempts[0].id}`]),
    );
  }
  stripe.holdEvents(false);
});

it("failure 10: a refund whose answer is lost or a failure is found again, and made once", async () => {
  stripe.holdEvents(true);
  const { id } = await open("pm_card_visa", "automatic");
  await untilPayment(id, { status: "captured" });
  for (const fault of ["unanswered", "500 done"] as const) {
    stripe.goWrong("/refunds", fault);
    await shop.staff("POST", `/payments/${id}/refunds`, { body: { amount: "1.00" } });
    await expect.poll(async () => (await readPayment(id)).in_flight, patiently).toBe(false);
  }
  expect(await readPayment(id)).toMatchObject({ refunded: "2.00" });
  const made = [...stripe.refunds.values()].filter(({ payment_intent: of }) => of === intentsOf(id)[0]?.id);
  expect(made.map(({ amount }) => amount)).toEqual([100, 100]);
  stripe.holdEvents(false);
});

it("a call that Stripe answered with a failure of its own and did not do waits for a person", async () => {
  stripe.goWrong("/payment_intents", "500");
  const { id } = await open("pm_card_visa", "automatic");
  const waiting = await untilPayment(id, { attempts: [{ state: "unknown" }] });
  expect(intentsOf(id)).toHaveLength(0);
  const attempt_id = waiting.attempts[0].id;
  const body = { attempt_id, outcome: "failed", note: "Stripe's support: never made" };
  expect(await shop.staff("POST", `/payments/${id}/resolve`, { body })).toMatchObject({
    body: { status: "failed" },
  });
});

it("shows a dispute as money at risk, and as lost", async () => {
  const { id } = await open("pm_card_visa", "automatic");
  const { provider_reference: intent } = await untilPayment(id, { status: "captured" });
  stripe.dispute(intent, "needs_response");
  await untilPayment(id, { at_risk: "12.00", refundable: "0.00" });
  stripe.dispute(intent, "lost");
  await untilPayment(id, { at_risk: "0.00", charged_back: "12.00", status: "refunded" });
});

it("F6-5: what is refunded on Stripe's pages is credited of its order, and taken back where it comes back", async () => {
  const { id } = await order("pm_card_visa");
  await untilOrder(id, { status: "CONFIRMED" });
  const { provider_reference: intent, id: paymentId } = await paymentOf(id);
  const refund = stripe.refund(intent, 500);
  await untilOrder(id, { credited: "5.00", credit_notes: [{ kind: "refund", refunded: "5.00" }] });
  await untilPayment(paymentId, { refunded: "5.00", status: "partly_refunded" });
  stripe.failRefund(refund);
  await untilOrder(id, {
    credited: "0.00",
    credit_notes: [{ kind: "refund" }, { kind: "reversal", refunded: "-5.00" }],
  });
  stripe.refund(intent, 200);
  await untilOrder(id, { credited: "2.00" });
  stripe.dispute(intent, "lost");
  await untilOrder(id, { credited: "12.00", shipping_stop: "charged_back" });
  expect(await readPayment(paymentId)).toMatchObject({ refunded: "2.00", charged_back: "10.00" });
});

it("F6-7: what Stripe does not take of a currency is refused before anything is held or asked", async () => {
  const product = (price: string, currency: string) =>
    shop.addProduct({ price, currency, tax_class: "none" });
  const place = async (price: string, currency: string) => {
    const { id: product_id } = await product(price, currency);
    const items = [{ product_id, quantity: 1 }];
    const card = { payment_method: "credit_card", payment_token: "pm_card_visa" };
    return shop.alice("POST", "/orders", { body: { items, currency, ...card } });
  };
  const calls = stripe.calls.length;
  for (const [price, currency, reason] of [
    ["5.124", "KWD", "Stripe takes KWD in steps of 0.010"],
    ["49", "JPY", "Stripe charges at least 50 JPY"],
    ["0.49", "USD", "Stripe charges at least 0.50 USD"],
  ] as const)
    expect(await place(price, currency)).toMatchObject({
      status: 422,
      body: { code: "amount_not_payable", detail: reason, errors: [{ field: "payment_method", reason }] },
    });
  expect(stripe.calls).toHaveLength(calls);
  for (const [price, currency, amount] of [
    ["5.120", "KWD", 5_120],
    ["50", "JPY", 50],
  ] as const) {
    const placed = await place(price, currency);
    expect(placed.status, JSON.stringify(placed.body)).toBe(201);
    await untilOrder(placed.body.id, { status: "CONFIRMED" });
    expect(intentsOf((await paymentOf(placed.body.id)).id)).toMatchObject([{ amount }]);
    const refund = { amount: currency === "KWD" ? "0.001" : "0.1", reason: "late" };
    const refused = await shop.staff("POST", `/orders/${placed.body.id}/refunds`, { body: refund });
    expect(refused.status, JSON.stringify(refused.body)).toBe(currency === "KWD" ? 422 : 400);
    if (currency === "KWD") expect(refused.body.code).toBe("amount_not_payable");
  }
});

it("believes a webhook by its signature alone", async () => {
  const body = JSON.stringify({
    id: "evt_1",
    type: "payment_intent.succeeded",
    data: { object: { object: "payment_intent" } },
  });
  const post = (signature: string | undefined) =>
    fetch(`${shop.app.url}/api/v1/webhooks/stripe`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(signature === undefined ? {} : { "stripe-signature": signature }),
      },
      body,
    });
  const old = Math.floor(Date.now() / 1_000) - 600;
  for (const signature of [
    undefined,
    "",
    "t=1,v1=00",
    signEvent(body, "whsec_other"),
    signEvent(body, stripe.webhookSecret, old),
  ])
    expect((await post(signature)).status, signature).toBe(401);
  const foreign = JSON.stringify({
    id: "evt_2",
    type: "customer.created",
    data: { object: { object: "customer" } },
  });
  expect(await stripe.deliver(foreign)).toBe(200);
  expect(await stripe.deliver("[]")).toBe(400);
  expect(await stripe.deliver("no json")).toBe(400);
});

it("leaves orders, payments, their events and the ledger in agreement after all of it", async () => {
  expect((await verifyPayments(shop.app.db)).differences).toEqual([]);
  expect((await verifyOrders(shop.app.db)).differences).toEqual([]);
});
