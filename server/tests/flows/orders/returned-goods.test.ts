import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openShopOfThree, type ShopOfThree } from "../../shop.ts";
import { findDifferences } from "../../verified.ts";

let shop: ShopOfThree;
beforeAll(async () => {
  shop = await openShopOfThree();
});
afterAll(() => shop?.app.stop());
afterEach(async () => expect(await findDifferences(shop.app.db)).toEqual([]));

/** An invoice's order of one product that has left the house. */
async function ship(productId: number, quantity: number): Promise<string> {
  const items = [{ product_id: productId, quantity }];
  const { id } = await shop.done("POST", "/orders", {
    items,
    customer_id: "alice",
    external_customer: true,
    payment_method: "invoice",
  });
  await shop.done("POST", `/orders/${id}/steps`, { to: "CONFIRMED" });
  await shop.done("POST", `/orders/${id}/ship`);
  return id;
}

function giveBack(id: string, items: readonly object[], fields: object = {}) {
  return shop.staff("POST", `/orders/${id}/returns`, { body: { items, reason: "unwanted", ...fields } });
}

/** On hand by location. */
async function levels(productId: number): Promise<Record<number, number>> {
  const { locations } = await shop.stockOf(productId);
  return Object.fromEntries(
    locations.map((at: { location_id: number; on_hand: number }) => [at.location_id, at.on_hand]),
  );
}

async function addProduct(quantity: number, elsewhere = 0): Promise<number> {
  const { id } = await shop.addProduct({ initial_quantity: quantity });
  const items = [{ product_id: id, quantity: elsewhere, location_id: shop.second }];
  if (elsewhere > 0) await shop.done("POST", "/stock/receipts", { items });
  return id;
}

describe("F6-12 goods that come back", () => {
  it("go where they were shipped from, those first that were shipped first", async () => {
    const product = await addProduct(2, 5);
    const id = await ship(product, 5);
    expect(await levels(product)).toEqual({ 1: 0, [shop.second]: 2 });
    expect((await giveBack(id, [{ line: 1, quantity: 1 }])).body.credit_note.items).toMatchObject([
      { quantity: 1, restocked: true, location_id: 1 },
    ]);
    expect((await giveBack(id, [{ line: 1, quantity: 2 }])).body.credit_note.items).toMatchObject([
      { order_line: 1, quantity: 1, location_id: 1 },
      { order_line: 1, quantity: 1, location_id: shop.second },
    ]);
    await giveBack(id, [
      { line: 1, quantity: 1 },
      { line: 1, quantity: 1, restock: false },
    ]);
    expect(await levels(product)).toEqual({ 1: 2, [shop.second]: 4 });
  });

  it("go there also when orders take no longer from there", async () => {
    const closing = await shop.addLocation({ code: "closing", name: "Closing", priority: 0 });
    const { id: product } = await shop.addProduct({ initial_quantity: 0 });
    await shop.done("POST", "/stock/receipts", {
      items: [{ product_id: product, quantity: 3, location_id: closing }],
    });
    const id = await ship(product, 3);
    await shop.done("PATCH", `/locations/${closing}`, { sells: false });
    expect((await giveBack(id, [{ line: 1, quantity: 2 }])).body.credit_note.items).toMatchObject([
      { quantity: 2, restocked: true, location_id: closing },
    ]);
    expect(await shop.stockOf(product)).toMatchObject({ on_hand: 2, sellable: 0 });
  });

  it("go to the location that is named, of each item or of all, also one that never had any", async () => {
    const product = await addProduct(5);
    const id = await ship(product, 5);
    const named = [
      { line: 1, quantity: 1, location_id: shop.third },
      { line: 1, quantity: 2 },
    ];
    const { body } = await giveBack(id, named, { location_id: shop.second });
    expect(body.credit_note.items).toMatchObject([
      { quantity: 1, restocked: true, location_id: shop.third },
      { quantity: 2, restocked: true, location_id: shop.second },
    ]);
    expect(await levels(product)).toEqual({ 1: 0, [shop.second]: 2, [shop.third]: 1 });
    expect(await shop.stockOf(product)).toMatchObject({ on_hand: 3, sellable: 2 });
  });

  it("are refused at a location that does not exist, and where they are written off, and nothing happens", async () => {
    const product = await addProduct(2);
    const id = await ship(product, 2);
    const wrong = [
      { items: [{ line: 1, quantity: 1, location_id: 999 }], status: 404, field: "items[0].location_id" },
      {
        items: [{ line: 1, quantity: 1, location_id: shop.third, restock: false }],
        status: 400,
        field: "items[0].location_id",
      },
      { items: [{ line: 1, quantity: 3, location_id: shop.third }], status: 422, field: "items[0].quantity" },
    ];
    for (const { items, status, field } of wrong)
      expect(await giveBack(id, items)).toMatchObject({ status, body: { errors: [{ field }] } });
    const nowhere = await giveBack(id, [{ line: 1, quantity: 1 }], { location_id: 999 });
    expect(nowhere).toMatchObject({ status: 404, body: { errors: [{ field: "location_id" }] } });
    expect(await levels(product)).toEqual({ 1: 0 });
  });

  it("are not restocked where no stock is kept of them, whatever lies there", async () => {
    const { id: product } = await shop.addProduct({ initial_quantity: undefined, tracks_stock: false });
    await shop.done("POST", "/stock/receipts", { items: [{ product_id: product, quantity: 1 }] });
    const id = await ship(product, 2);
    const { body } = await giveBack(id, [{ line: 1, quantity: 1 }], { location_id: shop.third });
    expect(body.credit_note.items).toMatchObject([{ restocked: false, location_id: null }]);
    const note = { items: [{ product_id: product, quantity: 1, unit_price: "1.00" }], reason: "broken" };
    expect((await shop.done("POST", "/credit-notes", note)).items).toMatchObject([{ restocked: false }]);
    expect(await levels(product)).toEqual({ 1: 1 });
  });

  it("go on a shelf also by a credit note that names no order, where none sells them and where none had any", async () => {
    const { id: fresh } = await shop.addProduct({ initial_quantity: 0 });
    const { id: unsold } = await shop.addProduct({ initial_quantity: 0 });
    await shop.done("POST", "/stock/receipts", {
      items: [{ product_id: unsold, quantity: 1, location_id: shop.third }],
    });
    const items = [
      { product_id: fresh, quantity: 1, unit_price: "1.00", location_id: shop.second },
      { product_id: unsold, quantity: 1, unit_price: "1.00" },
      { product_id: unsold, quantity: 1, unit_price: "1.00", location_id: shop.third },
      { product_id: unsold, quantity: 1, unit_price: "1.00", restock: false },
    ];
    expect((await shop.done("POST", "/credit-notes", { items, reason: "broken" })).items).toMatchObject([
      { restocked: true, location_id: shop.second },
      { restocked: true, location_id: 1 },
      { restocked: true, location_id: shop.third },
      { restocked: false, location_id: null },
    ]);
    expect(await levels(fresh)).toEqual({ 1: 0, [shop.second]: 1 });
    expect(await levels(unsold)).toEqual({ 1: 1, [shop.third]: 2 });
    const unknown = { items: [{ ...items[0], location_id: 999 }], reason: "broken" };
    expect(await shop.staff("POST", "/credit-notes", { body: unknown })).toMatchObject({
      status: 404,
      body: { code: "location_not_found", errors: [{ field: "items[0].location_id" }] },
    });
  });
});
