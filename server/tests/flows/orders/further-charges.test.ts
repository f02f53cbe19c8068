// F6-11: an order that a card paid becomes larger, and the card is charged once more for the difference.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { TestAnswer } from "../../app.ts";
import { openTestShop, type TestShop } from "../../shop.ts";
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

const read = async (id: string): Promise<Body> => (await shop.staff("GET", `/orders/${id}`)).body;
const post = (path: string, body: object = {}): Promise<Body> => shop.done("POST", path, body);
const sales = async (): Promise<Body> => (await shop.staff("GET", "/analytics/sales?currency=USD")).body;

async function until(id: string, fields: object): Promise<Body> {
  await expect.poll(() => read(id), patiently).toMatchObject(fields);
  return read(id);
}

interface Bought {
  readonly id: string;
  readonly productId: number;
}

/** So many things of 12.00 (2.00 of it tax), paid by card. */
async function buy(quantity: number, token = "tok_ok"): Promise<Bought> {
  const product = await shop.addProduct({ price: "10.00", tax_class: "standard" });
  const { id } = await post("/orders", {
    items: [{ product_id: product.id, quantity }],
    customer_id: "alice",
    external_customer: true,
    payment_method: "credit_card",
    payment_token: token,
  });
  await until(id, { status: "CONFIRMED", payment_status: "captured" });
  return { id, productId: product.id };
}

function edit({ id, productId }: Bought, quantity: number, payment_token?: string): Promise<TestAnswer> {
  const items = [{ product_id: productId, quantity }];
  return shop.staff("PATCH", `/orders/${id}`, { body: { items, payment_token } });
}

/** Bought two, and then a third by a charge of its own. */
async function buyMore(): Promise<Bought & { first: string; further: string }> {
  const bought = await buy(2);
  const edited = await edit(bought, 3);
  expect(edited.status, JSON.stringify(edited.body)).toBe(200);
  const { payments } = await until(bought.id, { due: "0.00", payment_status: "captured" });
  return { ...bought, first: payments[0].id, further: payments[1].id };
}

describe("F6-11 an order paid by card that becomes larger", () => {
  it("is charged once more for the difference, and ships when that is paid", async () => {
    const { id, first, further } = await buyMore();
    const order = await read(id);
    const each = Number(order.total) / 3;
    expect(order.payments).toMatchObject([
      { id: first, captured: (2 * each).toFixed(2) },
      { id: further, captured: each.toFixed(2), status: "captured" },
    ]);
    expect(order.payment).toMatchObject({ id: first, captured: order.total, status: "captured" });
    expect((await shop.staff("GET", `/payments/${further}`)).body).toMatchObject({ adds_to: first });
    await post(`/orders/${id}/ship`);
    await until(id, { status: "COMPLETED", fulfilment: "shipped", due: "0.00" });
  });

  it("is not shipped while the difference is not paid, and another card can pay it", async () => {
    const bought = await buy(1);
    expect((await edit(bought, 2, "tok_declined")).status).toBe(200);
    const order = await until(bought.id, { payments: [{ status: "captured" }, { status: "failed" }] });
    expect(order.due).toBe((Number(order.total) / 2).toFixed(2));
    const early = await shop.staff("POST", `/orders/${bought.id}/ship`);
    expect(early).toMatchObject({ status: 409, body: { code: "order_not_paid" } });
    await post(`/orders/${bought.id}/pay`, { payment_method: "credit_card", payment_token: "tok_ok" });
    await until(bought.id, { due: "0.00", payment_status: "captured" });
    await post(`/orders/${bought.id}/ship`);
    await until(bought.id, { status: "COMPLETED" });
  });

  it("is no larger once what is unpaid was cancelled again", async () => {
    const bought = await buy(1);
    await edit(bought, 2, "tok_declined");
    await until(bought.id, { payments: [{ status: "captured" }, { status: "failed" }] });
    expect((await edit(bought, 1)).body).toMatchObject({ due: "0.00", owed_back: "0.00" });
    await post(`/orders/${bought.id}/ship`);
    await until(bought.id, { status: "COMPLETED" });
  });

  it("is edited, paid or cancelled although a charge waits for its customer, who may never come", async () => {
    const bought = await buy(1);
    const waits = { payment: { action_url: expect.any(String) } };
    await edit(bought, 2, "tok_3ds");
    await until(bought.id, waits);
    expect((await edit(bought, 3, "tok_3ds")).status).toBe(200);
    await until(bought.id, { ...waits, payments: [{}, { status: "failed" }, { status: "action_required" }] });
    await post(`/orders/${bought.id}/pay`, { payment_method: "credit_card", payment_token: "tok_ok" });
    await until(bought.id, {
      due: "0.00",
      payment_status: "captured",
      payments: [{}, {}, { status: "failed" }, {}],
    });
    expect((await edit(bought, 4, "tok_3ds")).status).toBe(200);
    const { payments } = await until(bought.id, waits);
    const voided = await post(`/payments/${payments.at(-1).id}/void`);
    expect(voided.cancel_requested).toBe(true);
    await until(bought.id, { payment: { action_url: null }, payment_status: "captured" });
    await post(`/orders/${bought.id}/cancel`, { items: [{ line: 4 }] });
    await until(bought.id, { due: "0.00", owed_back: "0.00" });
  });

  it("gives back by the newest charge that has enough, and by several where none has", async () => {
    const { id, first, further } = await buyMore();
    await post(`/orders/${id}/ship`);
    const before = await sales();
    const { total } = await read(id);
    const small = await post(`/orders/${id}/refunds`, { amount: "3.00", reason: "late" });
    expect(small.credit_note).toMatchObject({ payment_id: further, refunded: "3.00" });
    const rest = (Number(total) - 3).toFixed(2);
    const large = await post(`/orders/${id}/refunds`, { amount: rest, reason: "late" });
    const refunded = large.credit_notes.map((note: Body) => note.payment_id);
    expect(refunded).toEqual([first, further]);
    const order = await until(id, { payment_status: "refunded", credited: total });
    const noted = order.credit_notes.map((note: Body) => Number(note.total));
    expect(noted.reduce((sum: number, amount: number) => sum + amount, 0)).toBeCloseTo(Number(total), 5);
    expect(order.credit_notes.map((note: Body) => Number(note.tax)).every((tax: number) => tax >= 0)).toBe(
      true,
    );
    const after = await sales();
    expect(Number(after.refunded ?? 0)).not.toBeNaN();
    expect(after).not.toEqual(before);
  });

  it("takes goods back, whichever charge paid for them", async () => {
    const { id } = await buyMore();
    await post(`/orders/${id}/ship`);
    const { total } = await until(id, { status: "COMPLETED" });
    const returned = await post(`/orders/${id}/returns`, {
      reason: "did not fit",
      items: [
        { line: 1, quantity: 2 },
        { line: 2, quantity: 1 },
      ],
    });
    expect(returned.credit_notes.length).toBe(2);
    await until(id, { payment_status: "refunded", credited: total, fulfilment: "returned" });
  });

  it("is credited with what a charge gave back by itself", async () => {
    const { id, further } = await buyMore();
    await post(`/payments/${further}/refunds`, { amount: "4.00", reason: "scratched" });
    await until(id, { credited: "4.00", credit_notes: [{ payment_id: further, refunded: "4.00" }] });
    await until(id, { payment: { refunded: "4.00" } });
  });

  it("is charged further though all that its first charge took went back, and its credit notes stay right", async () => {
    const bought = await buy(1);
    await edit(bought, 2, "tok_declined");
    const { payments } = await until(bought.id, { payments: [{ status: "captured" }, { status: "failed" }] });
    await post(`/payments/${payments[0].id}/refunds`, { reason: "scratched" });
    await until(bought.id, { payment: { refunded: payments[0].captured } });
    expect((await edit(bought, 3)).status).toBe(200);
    const order = await until(bought.id, { due: "0.00", payment: { id: payments[0].id } });
    expect(order.payments).toHaveLength(3);
  });

  it("is cancelled as a whole, and all its charges go back", async () => {
    const { id } = await buyMore();
    await post(`/orders/${id}/cancel`);
    await until(id, { status: "CANCELLED", payments: [{ status: "refunded" }, { status: "refunded" }] });
  });

  it("takes back the note of a refund that came to nothing, and keeps the other", async () => {
    const bought = await buy(1);
    await edit(bought, 2, "tok_refund_fails");
    const { total } = await until(bought.id, { due: "0.00", payment_status: "captured" });
    await post(`/orders/${bought.id}/ship`);
    await post(`/orders/${bought.id}/refunds`, { amount: total, reason: "late" });
    const half = (Number(total) / 2).toFixed(2);
    const order = await until(bought.id, { credited: half });
    expect(order.credit_notes.map((note: Body) => note.kind).toSorted()).toEqual([
      "refund",
      "refund",
      "reversal",
    ]);
  });

  it("is edited by two at once, and charged for one of them at a time", async () => {
    const bought = await buy(1);
    const answers = await Promise.all([edit(bought, 2), edit(bought, 2), edit(bought, 2)]);
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    const order = await until(bought.id, { due: "0.00", payment_status: "captured" });
    expect(order.payments).toHaveLength(2);
  });

  it("loses a dispute about a further charge, and stays here", async () => {
    const bought = await buy(1);
    await edit(bought, 2, "tok_dispute_lost");
    await until(bought.id, { shipping_stop: "charged_back", credit_notes: [{ kind: "chargeback" }] });
  });
});
