import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { TestAnswer } from "../../app.ts";
import { openTestShop, sendSandboxEvent, type TestShop } from "../../shop.ts";
import { findDifferences } from "../../verified.ts";

const patiently = { timeout: 20_000, interval: 25 };
let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop({ PAYMENT_SANDBOX_DELAY_MS: "50", PAYMENT_POLL_MS: "25" });
});
afterEach(async () => {
  expect(await findDifferences(shop.app.db)).toEqual([]);
});
afterAll(() => shop?.app.stop());

type Body = TestAnswer["body"];

interface Sold {
  readonly id: string;
  readonly paymentId: string;
}

async function done(answer: Promise<TestAnswer>): Promise<Body> {
  const { status, body } = await answer;
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  return body;
}
const post = (path: string, body: object = {}) => done(shop.staff("POST", path, { body }));
const read = async ({ id }: Pick<Sold, "id">): Promise<Body> =>
  (await shop.staff("GET", `/orders/${id}`)).body;

/** Two things of 12.00 each, shipped unless told otherwise. */
async function sell(pays: object, { isShipped = true } = {}): Promise<Sold> {
  const product = await shop.addProduct({ price: "10.00" });
  const items = [{ product_id: product.id, quantity: 2 }];
  const { id, payment } = await post("/orders", {
    items,
    customer_id: "alice",
    external_customer: true,
    ...pays,
  });
  const sold = { id, paymentId: payment.id };
  const isOutside = "payment_method" in pays && pays.payment_method === "invoice";
  if (isOutside) await post(`/orders/${id}/pay`);
  await until(sold, { status: "CONFIRMED" });
  if (isShipped) await post(`/orders/${id}/ship`);
  return sold;
}

async function until(sold: Sold, fields: object): Promise<Body> {
  await expect.poll(() => read(sold), patiently).toMatchObject(fields);
  return read(sold);
}

const WAYS = ["balance", "credit_card", "invoice"] as const;
async function payBy(payment_method: (typeof WAYS)[number]): Promise<object> {
  const isBalance = payment_method === "balance";
  return { payment_method, ...(isBalance ? { account_id: await shop.openAccount("alice", "100.00") } : {}) };
}

async function sales(): Promise<Body> {
  return (await shop.staff("GET", "/analytics/sales?currency=USD")).body;
}

/** A refund made on the provider's own pages, as it tells of it. */
async function refundThere({ id, paymentId }: Sold, amount: string): Promise<void> {
  const [charge] = await shop.app.db<{ reference: string; captured: bigint }[]>`
    SELECT reference, captured FROM payments.sandbox_charges WHERE metadata LIKE ${`%${paymentId}%`}`;
  const captured = String(charge?.captured);
  const data = {
    reference: charge?.reference,
    status: "captured",
    amount: captured,
    currency: "USD",
    authorized: captured,
    captured,
    refund: { reference: `sbr_of_${id}`, amount, status: "succeeded" },
  };
  await sendSandboxEvent(shop.app, {
    id: `sbe_of_${id}`,
    type: "refund.succeeded",
    metadata: { payment_id: Number(paymentId) },
    data,
  });
}

describe("F6-5 money beside the order", () => {
  it.each(WAYS)("a refund by the payment is the order's too: %s", async (way) => {
    const sold = await sell(await payBy(way));
    const before = await sales();
    const refund = await post(`/payments/${sold.paymentId}/refunds`, { amount: "5.00", reason: "a scratch" });
    const order = await until(sold, { payment: { refunded: "5.00" } });
    expect(order).toMatchObject({
      credited: "5.00",
      owed_back: "0.00",
      payment_status: "partly_refunded",
      credit_notes: [
        { kind: "refund", total: "5.00", refunded: "5.00", refund_id: refund.refund.id, reason: "a scratch" },
      ],
    });
    const after = await sales();
    expect(Number(before.revenue) - Number(after.revenue)).toBeCloseTo(5, 2);
    expect(after.credit_notes).toBe(before.credit_notes + 1);
    const listed = (await shop.staff("GET", `/credit-notes?order_id=${sold.id}`)).body.items;
    expect(listed).toMatchObject([{ id: order.credit_notes[0].id }]);
  });

  it.each(WAYS)("what comes back later gives what is left: %s", async (way) => {
    const sold = await sell(await payBy(way));
    await post(`/payments/${sold.paymentId}/refunds`, { amount: "20.00" });
    const items = [{ line: 1, quantity: 2 }];
    const { order, credit_note } = await post(`/orders/${sold.id}/returns`, { items, reason: "too large" });
    expect(credit_note).toMatchObject({ total: "4.00", refunded: "4.00" });
    expect(order).toMatchObject({ credited: "24.00", fulfilment: "returned" });
    await until(sold, { payment_status: "refunded", payment: { refunded: "24.00" } });
  });

  it("after a refund of all, goods still come back, and give nothing more", async () => {
    const sold = await sell(await payBy("balance"));
    await post(`/payments/${sold.paymentId}/refunds`);
    const items = [{ line: 1, quantity: 2 }];
    expect(await post(`/orders/${sold.id}/returns`, { items, reason: "back" })).toMatchObject({
      credit_note: { total: "0.00" },
      order: { fulfilment: "returned", credited: "24.00" },
    });
  });

  it("a refund on the provider's pages", async () => {
    const sold = await sell({ payment_method: "credit_card" });
    await refundThere(sold, "700");
    await until(sold, {
      credited: "7.00",
      payment: { refunded: "7.00" },
      credit_notes: [{ kind: "refund", created_by: "provider" }],
    });
    expect(await post(`/orders/${sold.id}/refunds`, { reason: "the rest" })).toMatchObject({
      credit_note: { total: "17.00" },
      order: { credited: "24.00" },
    });
    await until(sold, { payment: { refunded: "24.00" } });
  });

  it("a dispute that was lost, in sales too", async () => {
    const before = await sales();
    const sold = await sell(
      { payment_method: "credit_card", payment_token: "tok_dispute_lost" },
      { isShipped: false },
    );
    await until(sold, { credited: "24.00", credit_notes: [{ kind: "chargeback", refunded: "24.00" }] });
    expect((await sales()).revenue).toBe(before.revenue);
    const listed = (await shop.staff("GET", "/credit-notes?kind=chargeback")).body.items;
    expect(listed).toMatchObject([{ order_id: sold.id }]);
  });

  it("a refund that fails after it was accepted, whoever began it", async () => {
    const sold = await sell({ payment_method: "credit_card", payment_token: "tok_refund_fails" });
    const before = await sales();
    await post(`/payments/${sold.paymentId}/refunds`, { amount: "5.00" });
    await until(sold, {
      credited: "0.00",
      credit_notes: [{ kind: "refund" }, { kind: "reversal", total: "-5.00" }],
    });
    await post(`/orders/${sold.id}/refunds`, { amount: "6.00", reason: "late" });
    await until(sold, { credited: "0.00", payment_status: "captured" });
    expect((await sales()).revenue).toBe(before.revenue);
  });

  it("a repeated key is credited once, and two at once never give more than was paid", async () => {
    const sold = await sell(await payBy("balance"));
    const request = { body: { amount: "5.00" }, headers: { "idempotency-key": "refund-once" } };
    const path = `/payments/${sold.paymentId}/refunds`;
    const [first, again] = [await shop.staff("POST", path, request), await shop.staff("POST", path, request)];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect(await read(sold)).toMatchObject({ credited: "5.00" });
    const answers = await Promise.all([
      shop.staff("POST", path, { body: { amount: "15.00" } }),
      shop.staff("POST", `/orders/${sold.id}/refunds`, { body: { amount: "15.00", reason: "late" } }),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 422]);
    expect(await read(sold)).toMatchObject({ credited: "20.00", payment: { refunded: "20.00" } });
  });

  it("shows its customer what was credited", async () => {
    const sold = await sell(await payBy("balance"));
    await post(`/payments/${sold.paymentId}/refunds`, { amount: "5.00" });
    expect((await shop.alice("GET", `/orders/${sold.id}`)).body).toMatchObject({ credited: "5.00" });
  });
});
