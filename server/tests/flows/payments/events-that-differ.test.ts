import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestAnswer } from "../../app.ts";
import { type StripeServer, startStripe } from "../../servers/stripe.ts";
import { openTestShop, sendSandboxEvent, type TestShop } from "../../shop.ts";
import { findDifferences } from "../../verified.ts";

const patiently = { timeout: 20_000, interval: 25 };
const SETTINGS = { PAYMENT_POLL_MS: "25", PAYMENT_TIMEOUT_MS: "400", ENABLE_FRAUD_CHECK: "false" };
type Body = TestAnswer["body"];

interface Shop extends TestShop {
  /** A signed event; the object as the provider has it, with other fields. */
  readonly tell: Tell;
  readonly token: string;
}
type Tell = (payment: Body, about: EventKind, fields: Fields) => Promise<string>;
type EventKind = "authorized" | "captured" | "voided" | "failed" | "refund" | "dispute";
interface Fields {
  readonly currency?: string;
  /** Of the whole payment. */
  readonly amount?: number;
  /** What the event is about. */
  readonly told?: number;
  readonly reference?: string;
}

let stripe: StripeServer;
let shops: Readonly<Record<"stripe" | "sandbox", Shop>>;
beforeAll(async () => {
  stripe = await startStripe();
  const byStripe = await openTestShop({
    ...SETTINGS,
    STRIPE_SECRET_KEY: stripe.secretKey,
    STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
    STRIPE_API_URL: stripe.url,
  });
  stripe.deliverTo(`${byStripe.app.url}/api/v1/webhooks/stripe`);
  const bySandbox = await openTestShop(SETTINGS);
  shops = {
    stripe: { ...byStripe, tell: tellAsStripe, token: "pm_card_authenticationRequired" },
    sandbox: { ...bySandbox, tell: tellAsSandbox(bySandbox), token: "tok_3ds" },
  };
});
afterAll(async () => {
  await shops?.stripe.app.stop();
  await shops?.sandbox.app.stop();
  await stripe?.stop();
});

let eventCount = 0;

/** As Stripe tells of a payment of 1200 cents unless told otherwise. */
async function tellAsStripe(payment: Body, about: EventKind, fields: Fields): Promise<string> {
  const id = `evt_differs_${++eventCount}`;
  const { currency = "usd", amount = 1_200, told = 1_200, reference = `told_${eventCount}` } = fields;
  const metadata = { countinghouse_payment: payment.id };
  const intent = { object: "payment_intent", id: payment.provider_reference, amount, currency, metadata };
  const moved = { amount_received: 0, amount_capturable: 0, last_payment_error: null, next_action: null };
  const part = { id: reference, amount: told, currency, payment_intent: payment.provider_reference };
  const objects = {
    authorized: { ...intent, ...moved, status: "requires_capture", amount_capturable: told },
    captured: { ...intent, ...moved, status: "succeeded", amount_received: told },
    voided: { ...intent, ...moved, status: "canceled" },
    failed: {
      ...intent,
      ...moved,
      status: "requires_payment_method",
      last_payment_error: { code: "card_declined", message: "no" },
    },
    refund: { ...part, object: "refund", status: "succeeded", metadata: {} },
    dispute: { ...part, object: "dispute", status: "lost", reason: "fraudulent", balance_transactions: [] },
  };
  const body = { id, object: "event", type: `told.${about}`, data: { object: objects[about] } };
  expect(await stripe.deliver(JSON.stringify(body))).toBe(200);
  return id;
}

const tellAsSandbox =
  ({ app }: TestShop): Tell =>
  async (payment, about, fields) => {
    const id = `sbe_differs_${++eventCount}`;
    const { amount = 1_200, told = 1_200, reference = `told_${eventCount}` } = fields;
    const currency = (fields.currency ?? "usd").toUpperCase();
    const base = { reference: payment.provider_reference, currency, amount: String(amount) };
    const part = { reference, amount: String(told) };
    const whole = { authorized: String(told), captured: "0" };
    const documents = {
      authorized: { ...base, ...whole, status: "authorized" },
      captured: { ...base, status: "captured", authorized: String(told), captured: String(told) },
      voided: { ...base, status: "voided", authorized: "0", captured: "0" },
      failed: { ...base, status: "failed", authorized: "0", captured: "0", failure_code: "card_declined" },
      refund: { ...base, ...whole, status: "processing", refund: { ...part, status: "succeeded" } },
      dispute: { ...base, ...whole, status: "processing", dispute: { ...part, status: "lost" } },
    };
    const metadata = { payment_id: Number(payment.id) };
    await sendSandboxEvent(app, { id, type: `told.${about}`, metadata, data: documents[about] });
    return id;
  };

/** An order of 12.00 whose customer has still to confirm the card, and its payment. */
async function order(shop: Shop): Promise<{ id: string; payment: Body }> {
  const product = await shop.addProduct({ price: "10.00" });
  const items = [{ product_id: product.id, quantity: 1 }];
  const body = { items, payment_method: "credit_card", payment_token: shop.token };
  const { id, payment } = (await shop.alice("POST", "/orders", { body })).body;
  const read = async () => (await shop.staff("GET", `/payments/${payment.id}`)).body;
  await expect.poll(read, patiently).toMatchObject({ status: "action_required" });
  return { id, payment: await read() };
}

/** The same, told as captured. */
async function sell(shop: Shop): Promise<{ id: string; payment: Body }> {
  const placed = await order(shop);
  await shop.tell(placed.payment, "captured", {});
  const read = async () => (await shop.staff("GET", `/orders/${placed.id}`)).body;
  await expect.poll(read, patiently).toMatchObject({ status: "CONFIRMED" });
  return placed;
}

/** What it says, but for how often it was asked about meanwhile and what is held. */
async function everything(shop: Shop, { id, payment }: { id: string; payment: Body }): Promise<Body> {
  const { held_events, attempts, ...rest } = (await shop.staff("GET", `/payments/${payment.id}`)).body;
  const acts = attempts.map(({ asked_count, ...attempt }: Body) => attempt);
  return { order: (await shop.staff("GET", `/orders/${id}`)).body, payment: { ...rest, acts } };
}

async function untilHeld(shop: Shop, eventId: string): Promise<Body> {
  const find = async () => {
    const { items } = (await shop.staff("GET", "/payments/attention?limit=1000")).body;
    return items.find((item: Body) => item.event?.event_id === eventId);
  };
  await expect.poll(find, patiently).toBeDefined();
  return find();
}

const decide = (shop: Shop, held: Body, decision: "accept" | "dismiss") =>
  shop.staff("POST", `/payments/attention/${held.event.id}/resolve`, {
    body: { decision, note: "looked up" },
  });

/** Before the card is confirmed. */
const BEFORE: readonly (readonly [EventKind, Fields, string])[] = [
  ["captured", { currency: "jpy" }, "it is in JPY, and the payment in USD"],
  ["authorized", { currency: "eur" }, "it is in EUR, and the payment in USD"],
  ["voided", { currency: "jpy" }, "it is in JPY"],
  ["failed", { currency: "jpy" }, "it is in JPY"],
  ["captured", { told: 1_199 }, "11.99 USD are captured, and 12.00 USD were asked for"],
  ["captured", { told: 120_000 }, "1200.00 USD are captured"],
  ["authorized", { told: 1 }, "0.01 USD are authorized, and 12.00 USD were asked for"],
  ["authorized", { told: 1_201 }, "12.01 USD are authorized"],
  ["captured", { amount: 1_201 }, "it is of a payment of 12.01 USD"],
  ["voided", { amount: 1 }, "it is of a payment of 0.01 USD"],
  ["failed", { amount: 1_100 }, "it is of a payment of 11.00 USD"],
];
/** After it is charged. */
const AFTER: readonly (readonly [EventKind, Fields, string])[] = [
  ["refund", { currency: "jpy", told: 500 }, "it is in JPY"],
  ["dispute", { currency: "jpy", told: 500 }, "it is in JPY"],
  ["refund", { told: 1_201 }, "12.01 USD are refunded, and 12.00 USD were captured"],
  ["dispute", { told: 5_000 }, "50.00 USD are in dispute, and 12.00 USD were captured"],
  ["refund", { told: 0 }, "it refunds nothing"],
  ["captured", { told: 1_300 }, "13.00 USD are captured, and 12.00 USD were asked for"],
];

describe.each(["stripe", "sandbox"] as const)("F6-6 events of %s", (name) => {
  it.each(BEFORE)("%s %o touches nothing and is put before people", async (kind, fields, why) => {
    const shop = shops[name];
    const placed = await order(shop);
    const before = await everything(shop, placed);
    const held = await untilHeld(shop, await shop.tell(placed.payment, kind, fields));
    expect(held).toMatchObject({
      attempt: null,
      payment: { id: placed.payment.id },
      event: { provider: name, why: expect.stringContaining(why), resolution: null },
    });
    expect(await everything(shop, placed)).toEqual(before);
    await shop.tell(placed.payment, "captured", {});
    const read = async () => (await shop.staff("GET", `/orders/${placed.id}`)).body.status;
    await expect.poll(read, patiently).toBe("CONFIRMED");
  });

  it.each(AFTER)("%s %o after the charge touches nothing either", async (kind, fields, why) => {
    const shop = shops[name];
    const sold = await sell(shop);
    const before = await everything(shop, sold);
    const held = await untilHeld(shop, await shop.tell(sold.payment, kind, fields));
    expect(held.event.why).toContain(why);
    expect(await everything(shop, sold)).toEqual(before);
  });

  it("a refund of ours of another amount than was asked for, and a dispute that ends with another", async () => {
    const shop = shops[name];
    const sold = await sell(shop);
    const reference = `dispute_of_${name}`;
    await shop.tell(sold.payment, "dispute", { told: 300, reference });
    const read = async () => (await shop.staff("GET", `/payments/${sold.payment.id}`)).body;
    await expect.poll(read, patiently).toMatchObject({ charged_back: "3.00" });
    const again = await shop.tell(sold.payment, "dispute", { told: 400, reference });
    expect((await untilHeld(shop, again)).event.why).toContain("3.00 USD were when it was opened");
    await shop.tell(sold.payment, "refund", { told: 200, reference: `refund_of_${name}` });
    await expect.poll(read, patiently).toMatchObject({ refunded: "2.00" });
    const other = await shop.tell(sold.payment, "refund", { told: 100, reference: `refund_of_${name}` });
    expect((await untilHeld(shop, other)).event.why).toBe(
      "1.00 USD are refunded, and 2.00 USD were asked for",
    );
  });

  it("a refund of more than is left, which nothing explains, is not tried for ever", async () => {
    const shop = shops[name];
    const sold = await sell(shop);
    await shop.tell(sold.payment, "refund", { told: 800 });
    const event = await shop.tell(sold.payment, "refund", { told: 900 });
    expect((await untilHeld(shop, event)).event.why).toBe("it is of more than the payment has");
    expect((await decide(shop, await untilHeld(shop, event), "accept")).body.code).toBe(
      "event_not_acceptable",
    );
  });

  it("is decided by operators alone, once, with a note: dismissed it is history", async () => {
    const shop = shops[name];
    const placed = await order(shop);
    const held = await untilHeld(shop, await shop.tell(placed.payment, "captured", { told: 1 }));
    const path = `/payments/attention/${held.event.id}/resolve`;
    const body = { decision: "dismiss", note: "their test" };
    expect((await shop.alice("POST", path, { body })).status).toBe(403);
    expect(await shop.staff("POST", path, { body: { decision: "dismiss" } })).toMatchObject({
      status: 400,
      body: { errors: [{ field: "note" }] },
    });
    expect(await shop.staff("POST", path, { body })).toMatchObject({
      status: 200,
      body: { captured: "0.00" },
    });
    expect(await shop.staff("POST", path, { body })).toMatchObject({
      status: 409,
      body: { code: "event_not_open" },
    });
    expect((await shop.staff("GET", `/payments/${placed.payment.id}`)).body.held_events).toMatchObject([
      { resolution: "dismissed", note: "their test", acceptable: true },
    ]);
    const { items } = (await shop.staff("GET", "/payments/attention?limit=1000")).body;
    expect(items.some((item: Body) => item.event?.id === held.event.id)).toBe(false);
    expect((await shop.staff("POST", "/payments/attention/1/resolve", { body })).body.code).toBe(
      "event_not_open",
    );
  });

  it("another currency is never accepted", async () => {
    const shop = shops[name];
    const placed = await order(shop);
    const held = await untilHeld(shop, await shop.tell(placed.payment, "captured", { currency: "jpy" }));
    expect(held.event.acceptable).toBe(false);
    expect(await decide(shop, held, "accept")).toMatchObject({
      status: 422,
      body: { code: "event_not_acceptable" },
    });
    await decide(shop, held, "dismiss");
  });

  it("accepted, more than is due is shown, owed back, named by a verification, and given back without a credit", async () => {
    const shop = shops[name];
    const placed = await order(shop);
    const held = await untilHeld(shop, await shop.tell(placed.payment, "captured", { told: 1_500 }));
    expect(await decide(shop, held, "accept")).toMatchObject({ status: 200, body: { captured: "15.00" } });
    const read = async () => (await shop.staff("GET", `/orders/${placed.id}`)).body;
    expect(await read()).toMatchObject({ status: "CONFIRMED", due: "0.00", owed_back: "3.00" });
    expect(await findDifferences(shop.app.db)).toMatchObject([
      {
        check: "order_payments",
        orderId: Number(placed.id),
        what: expect.stringContaining("3.00 USD are owed back"),
      },
    ]);
    await shop.tell(placed.payment, "refund", { told: 300 });
    await expect.poll(read, patiently).toMatchObject({ owed_back: "0.00" });
    expect(await read()).toMatchObject({ credited: "0.00", credit_notes: [] });
  });

  it("accepted, less than is due leaves the rest due", async () => {
    const shop = shops[name];
    const placed = await order(shop);
    const held = await untilHeld(shop, await shop.tell(placed.payment, "captured", { told: 1_000 }));
    expect(await decide(shop, held, "accept")).toMatchObject({
      status: 200,
      body: { captured: "10.00", status: "partly_captured", paid: false },
    });
    expect((await shop.staff("GET", `/orders/${placed.id}`)).body).toMatchObject({
      status: "PENDING",
      payment_status: "partly_captured",
      due: "2.00",
    });
  });
});

it("F6-6 counts what waits, and leaves everything in agreement", async () => {
  for (const shop of Object.values(shops)) {
    const { items } = (await shop.staff("GET", "/payments/attention?limit=1000")).body;
    const { body } = await shop.app.call("GET", "/metrics");
    expect(body).toMatch(new RegExp(`^payments_attention ${items.length}$`, "m"));
    expect(await findDifferences(shop.app.db)).toEqual([]);
  }
});
