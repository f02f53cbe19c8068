import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyOrders } from "../../../src/modules/orders/index.ts";
import { openTestShop, type TestShop } from "../../shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterAll(async () => {
  const { differences } = await verifyOrders(shop.app.db);
  await shop.app.stop();
  expect(differences).toEqual([]);
});

/** An order of 24.00 that Alice pays by card; the sandbox does with it what the token says. */
async function sell(payment_token?: string) {
  const product = await shop.addProduct({ price: "10.00" });
  const items = [{ product_id: product.id, quantity: 2 }];
  const body = { items, payment_method: "credit_card", payment_token };
  const { id } = (await shop.alice("POST", "/orders", { body })).body;
  await expectSoon(id, { status: "CONFIRMED" });
  const { payment } = (await shop.staff("GET", `/orders/${id}`)).body;
  return { id, paymentId: payment.id, productId: product.id };
}

function expectSoon(id: string, fields: object) {
  return expect
    .poll(async () => (await shop.staff("GET", `/orders/${id}`)).body, { timeout: 30_000 })
    .toMatchObject(fields);
}

async function expectStopped({ id, productId }: { id: string; productId: number }, shipping_stop: string) {
  await expectSoon(id, { shipping_stop });
  expect(await shop.stockOf(productId)).toMatchObject({ on_hand: 100, reserved: 0 });
  expect(await shop.staff("POST", `/orders/${id}/ship`)).toMatchObject({
    status: 409,
    body: { code: "shipping_stopped", shipping_stop },
  });
}

describe("F6-10: what was given back is not shipped", () => {
  it("refuses to ship what the order refunded, unless staff says why, which the trail keeps", async () => {
    const sold = await sell();
    await shop.staff("POST", `/orders/${sold.id}/refunds`, { body: { reason: "late" } });
    await expectStopped(sold, "refunded");
    const anyway = (body: object) =>
      shop.staff("POST", `/orders/${sold.id}/ship`, { body: { ship_anyway: true, ...body } });
    for (const note of [undefined, " ", "\u200b"])
      expect(await anyway({ note })).toMatchObject({
        status: 400,
        body: { errors: [{ field: "note", pointer: "#/note" }] },
      });
    expect(await anyway({ note: "a present" })).toMatchObject({
      status: 201,
      body: { order: { status: "COMPLETED" } },
    });
    expect(await shop.stockOf(sold.productId)).toMatchObject({ on_hand: 98, reserved: 0 });
    const trail = async () =>
      (await shop.staff("GET", `/audit?event=order.ship&resource_id=${sold.id}`)).body.items[0];
    await expect
      .poll(trail, { timeout: 30_000 })
      .toMatchObject({ outcome: "success", details: { ship_anyway: "refunded", note: "a present" } });
  });

  it("refuses to ship the line that was refunded by its number, and ships the rest", async () => {
    const [gone, kept] = [
      await shop.addProduct({ price: "10.00" }),
      await shop.addProduct({ price: "10.00" }),
    ];
    const account_id = await shop.openAccount("alice", "100.00");
    const items = [gone, kept].map(({ id }) => ({ product_id: id, quantity: 1 }));
    const body = { items, payment_method: "balance", account_id };
    const { id } = (await shop.alice("POST", "/orders", { body })).body;
    const refund = { items: [{ line: 1, amount: "12.00" }], reason: "sold out" };
    expect(await shop.staff("POST", `/orders/${id}/refunds`, { body: refund })).toMatchObject({
      status: 201,
      body: {
        order: { shipping_stop: null, items: [{ shipping_stop: "refunded" }, { shipping_stop: null }] },
      },
    });
    expect(await shop.stockOf(gone.id)).toMatchObject({ on_hand: 100, reserved: 0 });
    const ship = (request?: object) => shop.staff("POST", `/orders/${id}/ship`, { body: request });
    const stopped = { status: 409, body: { code: "shipping_stopped", shipping_stop: "refunded" } };
    expect(await ship({ items: [{ line: 1, quantity: 1 }] })).toMatchObject({
      ...stopped,
      body: { errors: [{ field: "items[0].line", pointer: "#/items/0/line" }] },
    });
    expect(await ship()).toMatchObject({ status: 201, body: { order: { fulfilment: "partly" } } });
    expect(await ship()).toMatchObject(stopped);
    expect(await ship({ ship_anyway: true, note: "found one" })).toMatchObject({
      status: 201,
      body: { order: { status: "COMPLETED" } },
    });
    expect(await shop.stockOf(gone.id)).toMatchObject({ on_hand: 99, reserved: 0 });
    expect(await shop.balanceOf(account_id)).toMatchObject({ balance: "88.00" });
  });

  it("refuses to ship what the payment refunded", async () => {
    const sold = await sell();
    const refund = { body: { reason: "late" } };
    expect((await shop.staff("POST", `/payments/${sold.paymentId}/refunds`, refund)).status).toBe(201);
    await expectStopped(sold, "refunded");
  });

  it("refuses to ship what a dispute took back, and while it is open", async () => {
    await expectStopped(await sell("tok_dispute_lost"), "charged_back");
    const { id } = await sell("tok_dispute");
    await expectSoon(id, { shipping_stop: "disputed" });
    expect(await shop.staff("POST", `/orders/${id}/ship`)).toMatchObject({
      status: 409,
      body: { code: "shipping_stopped", shipping_stop: "disputed" },
    });
  });
});
