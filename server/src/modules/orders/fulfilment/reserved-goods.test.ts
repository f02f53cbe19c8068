import { afterAll, beforeAll, expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { openTestOrders, type TestOrders } from "../../../../tests/orders.ts";
import { expectOneOfTwo, expectRefusal, expectReplay } from "../../../../tests/refusal.ts";
import { findDifferences } from "../../../../tests/verified.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { addLocation } from "../../inventory/stock/location.ts";
import { cancelOrder } from "../changing/cancel-order.ts";
import { moveUnits, writeOffUnits } from "./reserved-goods.ts";

let elsewhere: number;
let shop: TestOrders;
beforeAll(async () => {
  shop = await openTestOrders();
  const location = { code: "packing", name: "Packing", priority: 300, sells: false };
  elsewhere = (await inTransaction(shop.db, (tx) => addLocation(tx, location))).id;
});
afterAll(async () => {
  expect(await findDifferences(shop.db)).toEqual([]);
  await shop.close();
});

/** Two units by invoice, of so many. */
async function reserve(quantity: number) {
  const productId = await shop.addProduct(quantity);
  const { id } = await shop.place([[productId, 2]], { paymentMethod: "invoice" });
  return { id, productId };
}

function writeOff(item: { lineNo?: number; quantity?: number; locationId?: number } = {}) {
  const items = [{ lineNo: 1, quantity: 1, reason: "damaged" as const, ...item }];
  return writeOffUnits(shop.services, { items });
}

function move(item: { quantity?: number; to?: number } = {}) {
  const { to = elsewhere, quantity = 1 } = item;
  const items = [{ lineNo: 1, quantity, to: { id: to, field: "items[0].to_location_id" } }];
  return moveUnits(shop.services, { items });
}

it("writes reserved units off, and reserves others in their place as far as there are any", async () => {
  const { id, productId } = await reserve(3);
  expect(await shop.act(id, writeOff())).toMatchObject({ items: [{ quantity: 2, short: 0 }] });
  expect(await shop.levels(productId)).toEqual({ balance: 2n, held: 2n });
  expect(await shop.act(id, writeOff())).toMatchObject({ items: [{ short: 1 }] });
  expect(await shop.levels(productId)).toEqual({ balance: 1n, held: 1n });
});

it("moves reserved units to another location, where they stay reserved", async () => {
  const { id, productId } = await reserve(3);
  await shop.act(id, move());
  expect(await shop.levels(productId)).toEqual({ balance: 2n, held: 1n });
});

it("refuses units that are not reserved, places that are not there, and orders that ended, and leaves nothing", async () => {
  const { id } = await reserve(3);
  await shop.act(id, move({ quantity: 2 })); // opens the product's stock there
  for (const act of [writeOff({ quantity: 3 }), writeOff({ lineNo: 2 }), move({ quantity: 3 })])
    await expectRefusal(shop.db, () => shop.act(id, act), { code: "quantity_exceeds_open" });
  await expectRefusal(shop.db, () => shop.act(id, writeOff({ locationId: 1 })), {
    code: "quantity_exceeds_open",
  });
  await expectRefusal(shop.db, () => shop.act(id, move({ to: 99 })), { code: "location_not_found" });
  await expectRefusal(shop.db, () => shop.act(id, move()), { code: "invalid_request" });
  await shop.act(id, cancelOrder({}));
  await expectRefusal(shop.db, () => shop.act(id, writeOff()), { code: "order_state_forbids" });
});

it("is done once for a key, and once of two at once", async () => {
  const [first, second] = [await reserve(4), await reserve(2)];
  await expectReplay(shop.db, (key) => shop.act(first.id, writeOff(), STAFF, key));
  await expectReplay(shop.db, (key) => shop.act(first.id, move(), STAFF, key));
  await expectOneOfTwo(() => shop.act(second.id, writeOff({ quantity: 2 })), "quantity_exceeds_open");
  expect(await shop.levels(second.productId)).toEqual({ balance: 0n, held: 0n });
});
