import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { TestAnswer } from "../../app.ts";
import { openTestShop, type TestShop } from "../../shop.ts";
import { findDifferences } from "../../verified.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop({ ENABLE_FRAUD_CHECK: "false" });
});
afterEach(async () => {
  expect(await findDifferences(shop.app.db)).toEqual([]);
});
afterAll(() => shop?.app.stop());

type Body = TestAnswer["body"];

interface Placed {
  readonly id: string;
  readonly paymentId: string;
  readonly account: string;
}

/** 12.00 of Alice's, of which 10.00 are captured. */
async function payPart(payment_method: "balance" | "bank_transfer"): Promise<Placed> {
  const product = await shop.addProduct({ price: "10.00" });
  const account = await shop.openAccount("alice", "100.00");
  const pays = payment_method === "balance" ? { account_id: account } : {};
  const items = [{ product_id: product.id, quantity: 1 }];
  const body = { items, customer_id: "alice", external_customer: true, payment_method, ...pays };
  const { id, payment } = (await shop.staff("POST", "/orders", { body })).body;
  const part = await shop.staff("POST", `/payments/${payment.id}/capture`, { body: { amount: "10.00" } });
  expect(part, JSON.stringify(part.body)).toMatchObject({
    status: 200,
    body: { status: "partly_captured", captured: "10.00", paid: false },
  });
  return { id, paymentId: payment.id, account };
}

const read = async ({ id }: Placed): Promise<Body> => (await shop.alice("GET", `/orders/${id}`)).body;
const pay = ({ id }: Placed, body: object = {}, by = shop.staff) => by("POST", `/orders/${id}/pay`, { body });

/** Refused, and told how much is paid and due. */
async function expectRest(answer: Promise<TestAnswer>, due = "2.00") {
  expect(await answer).toMatchObject({
    status: 409,
    body: {
      code: "order_partly_paid",
      due,
      paid: "10.00",
      detail: expect.stringContaining(`${due} are due`),
    },
  });
}

describe("F6-7 a payment captured for less than its total", () => {
  it("of a transfer is partly captured; the rest is due, and noted on the same payment", async () => {
    const placed = await payPart("bank_transfer");
    expect(await read(placed)).toMatchObject({
      status: "PENDING",
      payment_status: "partly_captured",
      due: "2.00",
    });
    expect((await pay(placed, {}, shop.alice)).body.code).toBe("order_change_not_allowed");
    await expectRest(pay(placed, { payment_method: "credit_card" }, shop.alice));
    await expectRest(pay(placed, { payment_method: "balance", account_id: placed.account }, shop.alice));
    expect(await pay(placed)).toMatchObject({
      status: 200,
      body: { status: "CONFIRMED", due: "0.00", payment: { id: placed.paymentId, captured: "12.00" } },
    });
    expect((await pay(placed)).body.code).toBe("order_paid");
    expect((await shop.staff("POST", `/orders/${placed.id}/ship`)).body.order).toMatchObject({
      status: "COMPLETED",
      payment_status: "captured",
    });
  });

  it("of a balance is not shipped; the rest is paid from the same account, which its order then captures", async () => {
    const placed = await payPart("balance");
    expect(await read(placed)).toMatchObject({ status: "CONFIRMED", due: "2.00" });
    expect((await shop.staff("POST", `/orders/${placed.id}/ship`)).body.code).toBe("order_not_paid");
    const other = await shop.openAccount("alice", "100.00");
    const balance = { payment_method: "balance" };
    for (const body of [balance, { ...balance, account_id: other }, { payment_method: "bank_transfer" }])
      await expectRest(pay(placed, body));
    expect(await pay(placed, { ...balance, account_id: placed.account }, shop.alice)).toMatchObject({
      status: 200,
      body: { due: "0.00", payment: { id: placed.paymentId, captured: "10.00" } },
    });
    expect(await shop.balanceOf(placed.account)).toMatchObject({ balance: "90.00", held: "2.00" });
    expect((await pay(placed, { ...balance, account_id: placed.account })).body.code).toBe("order_paid");
    expect((await shop.staff("POST", `/orders/${placed.id}/ship`)).status).toBe(201);
    expect(await read(placed)).toMatchObject({ status: "COMPLETED", payment_status: "captured" });
    expect(await shop.balanceOf(placed.account)).toMatchObject({ balance: "88.00", held: "0.00" });
    expect((await shop.staff("GET", `/payments/${placed.paymentId}`)).body).toMatchObject({
      status: "captured",
      tax: "2.00",
      paid: true,
    });
  });

  it("is paid with what is waived of the rest, and refunds no more than came", async () => {
    const placed = await payPart("balance");
    const goodwill = { body: { amount: "2.00", reason: "a scratch" } };
    expect(await shop.staff("POST", `/orders/${placed.id}/refunds`, goodwill)).toMatchObject({
      status: 201,
      body: {
        credit_note: { refunded: "0.00" },
        order: { due: "0.00", owed_back: "0.00", payment_status: "captured" },
      },
    });
    expect((await shop.staff("POST", `/orders/${placed.id}/ship`)).body.order).toMatchObject({
      status: "COMPLETED",
    });
    await shop.staff("POST", `/orders/${placed.id}/refunds`, { body: { reason: "all" } });
    expect(await shop.balanceOf(placed.account)).toMatchObject({ balance: "100.00" });
  });

  it("says what is due after some of it went back, and takes the whole anew once all of it did", async () => {
    const placed = await payPart("bank_transfer");
    await shop.staff("POST", `/payments/${placed.paymentId}/refunds`, { body: { amount: "4.00" } });
    expect(await read(placed)).toMatchObject({ status: "PENDING", due: "6.00", credited: "0.00" });
    expect(await pay(placed)).toMatchObject({
      status: 409,
      body: { code: "order_partly_paid", due: "6.00", paid: "6.00" },
    });
    await shop.staff("POST", `/payments/${placed.paymentId}/refunds`);
    expect(await read(placed)).toMatchObject({ due: "12.00" });
    expect(await pay(placed)).toMatchObject({
      status: 200,
      body: { status: "CONFIRMED", due: "0.00", payment: { captured: "12.00" } },
    });
  });

  it("says nothing is due of what is set aside, being captured, or not wanted any more", async () => {
    const product = await shop.addProduct({ price: "10.00" });
    const account_id = await shop.openAccount("alice", "100.00");
    const items = [{ product_id: product.id, quantity: 1 }];
    const place = async (pays: object) =>
      (await shop.alice("POST", "/orders", { body: { items, ...pays } })).body;
    expect(await place({ payment_method: "balance", account_id })).toMatchObject({ due: "0.00" });
    const waiting = await place({ payment_method: "invoice" });
    expect(waiting).toMatchObject({ due: "12.00" });
    const cancelled = await shop.alice("POST", `/orders/${waiting.id}/cancel`);
    expect(cancelled.body).toMatchObject({ status: "CANCELLED", due: "0.00" });
  });
});
