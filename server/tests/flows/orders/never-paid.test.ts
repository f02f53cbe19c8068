import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestShop, type TestShop } from "../../shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterAll(() => shop?.app.stop());

interface Placed {
  readonly id: string;
  readonly account: string;
}

/** An order of 12.00 a unit. */
async function place(quantity: number, payment_method: "balance" | "bank_transfer"): Promise<Placed> {
  const product = await shop.addProduct({ price: "10.00" });
  const account = await shop.openAccount("alice", "100.00");
  const pays = payment_method === "balance" ? { account_id: account } : {};
  const items = [{ product_id: product.id, quantity }];
  const body = { items, customer_id: "alice", external_customer: true, payment_method, ...pays };
  const placed = await shop.staff("POST", "/orders", { body });
  expect(placed.status, JSON.stringify(placed.body)).toBe(201);
  return { id: placed.body.id, account };
}

async function paymentOf(id: string) {
  return (await shop.staff("GET", `/orders/${id}`)).body.payments[0];
}

function refund(id: string, amount: string) {
  return shop.staff("POST", `/orders/${id}/refunds`, { body: { amount, reason: "late" } });
}

describe("F6-4 what was never paid is never paid out", () => {
  it("lowers what is due of a transfer of which a part came, and refunds only beyond that", async () => {
    const { id } = await place(1, "bank_transfer");
    await shop.staff("POST", `/orders/${id}/steps`, { body: { to: "CONFIRMED" } });
    const payment = await paymentOf(id);
    const part = { body: { amount: "10.00", keep_rest: true } };
    const captured = await shop.staff("POST", `/payments/${payment.id}/capture`, part);
    expect(captured.status, JSON.stringify(captured.body)).toBe(200);
    expect(await refund(id, "1.50")).toMatchObject({
      status: 201,
      body: { credit_note: { total: "1.50", refunded: "0.00" } },
    });
    expect(await refund(id, "2.00")).toMatchObject({
      status: 201,
      body: { credit_note: { total: "2.00", refunded: "1.50" } },
    });
    expect(await paymentOf(id)).toMatchObject({ captured: "10.00", refunded: "1.50" });
  });

  it("lowers what is due of one of two units shipped, and charges no more of it", async () => {
    const { id, account } = await place(2, "balance");
    await shop.staff("POST", `/orders/${id}/ship`, { body: { items: [{ line: 1, quantity: 1 }] } });
    expect(await refund(id, "12.00")).toMatchObject({
      status: 201,
      body: { credit_note: { total: "12.00", refunded: "0.00" } },
    });
    expect(await shop.staff("POST", `/orders/${id}/ship`)).toMatchObject({
      status: 201,
      body: { order: { status: "COMPLETED" } },
    });
    expect(await shop.balanceOf(account)).toMatchObject({ balance: "88.00", held: "0.00" });
    expect(await refund(id, "12.00")).toMatchObject({ body: { credit_note: { refunded: "12.00" } } });
    expect((await refund(id, "0.01")).status).toBe(422);
    expect(await shop.balanceOf(account)).toMatchObject({ balance: "100.00" });
  });

  it("lowers what is due after the rest was voided", async () => {
    const { id, account } = await place(2, "balance");
    await shop.staff("POST", `/orders/${id}/ship`, { body: { items: [{ line: 1, quantity: 1 }] } });
    const { status } = await shop.staff("POST", `/payments/${(await paymentOf(id)).id}/void`);
    expect(status).toBe(200);
    expect(await refund(id, "5.00")).toMatchObject({
      status: 201,
      body: { credit_note: { total: "5.00", refunded: "0.00" } },
    });
    expect(await shop.balanceOf(account)).toMatchObject({ balance: "88.00", held: "0.00" });
  });
});
