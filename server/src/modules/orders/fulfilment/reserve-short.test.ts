import { afterAll, beforeAll, expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { openTestOrders, type TestOrders } from "../../../../tests/orders.ts";
import { expectOneOfTwo, expectRefusal, expectReplay } from "../../../../tests/refusal.ts";
import { findDifferences } from "../../../../tests/verified.ts";
import { buildReceiptCommand } from "../../inventory/bookings/book-stock.ts";
import { createStockDirectory } from "../../inventory/index.ts";
import { cancelOrder } from "../changing/cancel-order.ts";
import { reserveShort } from "./reserve-short.ts";
import { writeOffUnits } from "./reserved-goods.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await openTestOrders();
});
afterAll(async () => {
  expect(await findDifferences(shop.db)).toEqual([]);
  await shop.close();
});

/** An order of two by invoice, whose only two units were found damaged. */
async function fallShort() {
  const productId = await shop.addProduct(2);
  const { id } = await shop.place([[productId, 2]], { paymentMethod: "invoice" });
  const items = [{ lineNo: 1, quantity: 2, reason: "damaged" as const }];
  await shop.act(id, writeOffUnits(shop.services, { items }));
  return { id, productId };
}

async function receive(productId: number, quantity: number): Promise<void> {
  const [account] = (await createStockDirectory(shop.db).stockOf([productId])).get(productId) ?? [];
  if (account === undefined) throw new Error("no stock is kept");
  const context = { actor: STAFF, assets: shop.assets };
  await shop.carryOut(buildReceiptCommand(context, { lines: [{ account, quantity }] }));
}

const reserve = (id: string) => shop.act(id, reserveShort(shop.services));

it("reserves as much of what is short as there is", async () => {
  const { id, productId } = await fallShort();
  await receive(productId, 1);
  expect(await reserve(id)).toMatchObject({ items: [{ short: 1 }] });
  await receive(productId, 5);
  expect(await reserve(id)).toMatchObject({ items: [{ short: 0 }] });
  expect(await shop.levels(productId)).toEqual({ balance: 6n, held: 2n });
});

it("refuses where nothing is short, nothing is there, or the order has ended, and leaves nothing", async () => {
  const { id } = await fallShort();
  await expectRefusal(shop.db, () => reserve(id), { code: "units_short" });
  await shop.act(id, cancelOrder({}));
  await expectRefusal(shop.db, () => reserve(id), { code: "order_state_forbids" });
  const whole = await shop.place([[await shop.addProduct(2), 2]], { paymentMethod: "invoice" });
  await expectRefusal(shop.db, () => reserve(whole.id), { code: "nothing_short" });
});

it("is reserved once for a key, and once of two at once", async () => {
  const [first, second] = [await fallShort(), await fallShort()];
  await receive(first.productId, 2);
  await expectReplay(shop.db, (key) => shop.act(first.id, reserveShort(shop.services), STAFF, key));
  await receive(second.productId, 4);
  await expectOneOfTwo(() => reserve(second.id), "nothing_short");
  expect(await shop.levels(second.productId)).toEqual({ balance: 4n, held: 2n });
});
