import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestShop, type TestShop } from "../../shop.ts";

let shop: TestShop;
type Placed = { readonly id: string; readonly productId: number; readonly account: string };
beforeAll(async () => {
  shop = await openTestShop();
});
afterAll(() => shop?.app.stop());

async function place(): Promise<Placed> {
  const product = await shop.addProduct({ price: "10.00", initial_quantity: 5 });
  const account = await shop.openAccount("alice", "100.00");
  const order = {
    items: [{ product_id: product.id, quantity: 3 }],
    payment_method: "balance",
    account_id: account,
  };
  const placed = await shop.alice("POST", "/orders", { body: order });
  expect(placed).toMatchObject({
    status: 201,
    body: {
      status: "CONFIRMED",
      fulfilment: "unfulfilled",
      payment_status: "authorized",
      customer_id: "alice",
      net: "30.00",
      tax: "6.00",
      total: "36.00",
      items: [{ line: 1, quantity: 3, unit_price: "10.00", total: "36.00" }],
    },
  });
  expect(await shop.stockOf(product.id)).toMatchObject({ on_hand: 5, reserved: 3, available: 2 });
  expect(await shop.balanceOf(account)).toMatchObject({ balance: "100.00", held: "36.00" });
  return { id: placed.body.id, productId: product.id, account };
}

async function ship({ id, productId, account }: Placed): Promise<void> {
  const first = await shop.staff("POST", `/orders/${id}/ship`, {
    body: { items: [{ line: 1, quantity: 1 }], carrier: "DHL", tracking_number: "JD01" },
  });
  expect(first).toMatchObject({
    status: 201,
    body: {
      order: { status: "PROCESSING", fulfilment: "partly", payment_status: "partly_captured" },
      shipment: { carrier: "DHL", tracking_number: "JD01", items: [{ line: 1, quantity: 1 }] },
    },
  });
  expect(await shop.balanceOf(account)).toMatchObject({ balance: "88.00", held: "24.00" });
  expect(await shop.stockOf(productId)).toMatchObject({ on_hand: 4, reserved: 2 });
  expect(await shop.staff("POST", `/orders/${id}/ship`)).toMatchObject({
    status: 201,
    body: { order: { status: "COMPLETED", fulfilment: "shipped", payment_status: "captured" } },
  });
  expect(await shop.balanceOf(account)).toMatchObject({ balance: "64.00", held: "0.00" });
  expect(await shop.staff("POST", `/orders/${id}/deliver`)).toMatchObject({
    status: 200,
    body: { fulfilment: "delivered" },
  });
}

async function giveBack({ id, productId, account }: Placed): Promise<void> {
  const returned = await shop.staff("POST", `/orders/${id}/returns`, {
    body: { items: [{ line: 1, quantity: 1 }], reason: "wrong size" },
  });
  expect(returned).toMatchObject({
    status: 201,
    body: {
      order: { status: "COMPLETED", payment_status: "partly_refunded", credited: "12.00" },
      credit_note: {
        kind: "return",
        total: "12.00",
        tax: "2.00",
        refunded: "12.00",
        items: [{ restocked: true }],
      },
    },
  });
  expect(await shop.stockOf(productId)).toMatchObject({ on_hand: 3, reserved: 0 });
  expect(
    await shop.staff("POST", `/orders/${id}/refunds`, { body: { amount: "4.00", reason: "late" } }),
  ).toMatchObject({
    status: 201,
    body: { credit_note: { kind: "refund", total: "4.00", refunded: "4.00" } },
  });
  expect(await shop.balanceOf(account)).toMatchObject({ balance: "80.00" });
}

it("sells: placed with a balance, shipped in parts, partly returned and refunded", async () => {
  const placed = await place();
  await ship(placed);
  await giveBack(placed);
  const { id } = placed;
  const detail = await shop.alice("GET", `/orders/${id}`);
  expect(detail.body).toMatchObject({
    credited: "16.00",
    payments: [{ captured: "36.00", refunded: "16.00" }],
    shipments: [{ items: [{ line: 1, quantity: 1 }] }, { items: [{ line: 1, quantity: 2 }] }],
    credit_notes: [{ kind: "return" }, { kind: "refund" }],
  });
  expect(detail.body.timeline.map((entry: { event: string }) => entry.event)).toEqual([
    "placed",
    "shipped",
    "shipped",
    "completed",
    "delivered",
    "returned",
    "refunded",
  ]);
  expect((await shop.bob("GET", `/orders/${id}`)).status).toBe(404);
  expect((await shop.bob("GET", "/orders")).body.items).toEqual([]);
  expect((await shop.alice("GET", "/orders")).body.items).toMatchObject([{ id, total: "36.00" }]);
});
