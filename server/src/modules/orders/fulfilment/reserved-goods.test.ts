import { expect, it } from "vitest";
import { addPackingPlace, invoiceTwo, shareTestOrders } from "../../../../tests/orders.ts";
import { expectOneOfTwo, expectRefusal, expectReplay } from "../../../../tests/refusal.ts";
import { cancelOrder } from "../changing/cancel-order.ts";
import { moveUnits, writeOffUnits } from "./reserved-goods.ts";

const shop = await shareTestOrders();
const elsewhere = await addPackingPlace(shop);

const reserve = (quantity: number) => invoiceTwo(shop, quantity);

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
  await expectRefusal(shop.db, () => shop.act(id, move()), { code: "value_refused" });
  await shop.act(id, cancelOrder({}));
  await expectRefusal(shop.db, () => shop.act(id, writeOff()), { code: "order_state_forbids" });
});

it("is done once for a key, and once of two at once", async () => {
  const [first, second] = [await reserve(4), await reserve(2)];
  await expectReplay(shop.db, (key) => shop.actByKey(first.id, writeOff(), key));
  await expectReplay(shop.db, (key) => shop.actByKey(first.id, move(), key));
  await expectOneOfTwo(() => shop.act(second.id, writeOff({ quantity: 2 })), "quantity_exceeds_open");
  expect(await shop.levels(second.productId)).toEqual({ balance: 0n, held: 0n });
});
