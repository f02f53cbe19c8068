import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openTestShop, type ShopRequest, type TestShop } from "../../shop.ts";
import { findDifferences } from "../../verified.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterAll(() => shop?.app.stop());
afterEach(async () => expect(await findDifferences(shop.app.db)).toEqual([]));

/** 12.00 a unit of ten, from a balance of 100.00. */
async function place(quantity: number) {
  const { id: productId } = await shop.addProduct({ price: "10.00", initial_quantity: 10 });
  const account = await shop.openAccount("alice", "100.00");
  return { id: (await shop.buy(account, productId, quantity)).id, productId, account };
}

describe("F6-11 the rest of an order over HTTP", () => {
  it("is cancelled by units, once for a key, and the shipped part is complete", async () => {
    const { id, productId, account } = await place(2);
    await shop.done("POST", `/orders/${id}/ship`, { items: [{ line: 1, quantity: 1 }] });
    const request: ShopRequest = {
      body: { items: [{ line: 1, quantity: 1 }], reason: "broken" },
      headers: { "idempotency-key": "cancel-one" },
    };
    const first = await shop.staff("POST", `/orders/${id}/cancel`, request);
    expect(first).toMatchObject({ status: 200, body: { status: "COMPLETED", items: [{ cancelled: 1 }] } });
    expect((await shop.staff("POST", `/orders/${id}/cancel`, request)).body).toEqual(first.body);
    expect(await shop.stockOf(productId)).toMatchObject({ on_hand: 9, reserved: 0 });
    expect(await shop.balanceOf(account)).toMatchObject({ balance: "88.00", held: "0.00" });
    const { items } = await shop.done("GET", `/credit-notes?order_id=${id}&kind=cancellation`);
    expect(items).toMatchObject([{ total: "12.00", refunded: "0.00", reason: "broken" }]);
  });

  it("is the customer's to cancel until it is with the warehouse, and nobody else's", async () => {
    const { id } = await place(3);
    const body = { items: [{ line: 1, quantity: 1 }] };
    expect((await shop.bob("POST", `/orders/${id}/cancel`, { body })).status).toBe(404);
    expect(await shop.alice("POST", `/orders/${id}/cancel`, { body })).toMatchObject({
      status: 200,
      body: { status: "CONFIRMED", credited: "12.00" },
    });
    await shop.done("POST", `/orders/${id}/steps`, { to: "PROCESSING" });
    expect(await shop.alice("POST", `/orders/${id}/cancel`, { body })).toMatchObject({
      status: 403,
      body: { code: "order_change_not_allowed" },
    });
    expect(await shop.staff("POST", `/orders/${id}/cancel`, { body })).toMatchObject({ status: 200 });
  });

  it("is refused by the field that asks too much, and a whole order that is shipped tells how", async () => {
    const { id } = await place(2);
    await shop.done("POST", `/orders/${id}/ship`, { items: [{ line: 1, quantity: 1 }] });
    const body = { items: [{ line: 1, quantity: 2 }] };
    expect(await shop.staff("POST", `/orders/${id}/cancel`, { body })).toMatchObject({
      status: 422,
      body: { code: "quantity_exceeds_open", errors: [{ field: "items[0].quantity" }] },
    });
    expect(await shop.staff("POST", `/orders/${id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: "order_shipped", detail: expect.stringContaining("with items") },
    });
  });

  it("counts in sales as not sold", async () => {
    const before = (await shop.done("GET", "/analytics/sales")) as object;
    const { id } = await place(3);
    await shop.done("POST", `/orders/${id}/cancel`, { items: [{ line: 1, quantity: 2 }] });
    const after = await shop.done("GET", "/analytics/sales");
    const numbers = (sales: object, key: string) => Number((sales as Record<string, string>)[key]);
    expect(numbers(after, "revenue") - numbers(before, "revenue")).toBeCloseTo(12, 9);
  });

  it("is edited by units once it is paid, under its version, and refused by the field where more is not there", async () => {
    const { id, productId, account } = await place(2);
    const version = (await shop.staff("GET", `/orders/${id}`)).headers.get("etag") ?? "";
    const edit = (quantity: number, headers: Record<string, string> = {}) => {
      const body = { items: [{ product_id: productId, quantity }] };
      return shop.alice("PATCH", `/orders/${id}`, { body, headers });
    };
    expect(await edit(3, { "if-match": version })).toMatchObject({
      status: 200,
      body: { total: "36.00", due: "0.00", items: [{ quantity: 2 }, { line: 2, quantity: 1 }] },
    });
    expect(await shop.balanceOf(account)).toMatchObject({ held: "36.00" });
    expect((await edit(1, { "if-match": version })).body.code).toBe("version_mismatch");
    expect(await edit(11)).toMatchObject({
      status: 422,
      body: { code: "insufficient_stock", errors: [{ field: "items[0].quantity" }] },
    });
    expect(await edit(9)).toMatchObject({ status: 422, body: { code: "insufficient_funds" } });
    expect(await edit(1)).toMatchObject({ status: 200, body: { credited: "24.00" } });
    expect(await shop.balanceOf(account)).toMatchObject({ balance: "100.00", held: "12.00" });
    expect(await shop.stockOf(productId)).toMatchObject({ reserved: 1 });
  });
});
