import { expect, it } from "vitest";
import { invoiceTwo, receiveGoods, shareTestOrders } from "../../../../tests/orders.ts";
import { expectOneOfTwo, expectRefusal, expectReplay } from "../../../../tests/refusal.ts";
import { cancelOrder } from "../changing/cancel-order.ts";
import { reserveShort } from "./reserve-short.ts";
import { writeOffUnits } from "./reserved-goods.ts";

const shop = await shareTestOrders();

/** An order of two by invoice, whose only two units were found damaged. */
async function fallShort() {
  const { id, productId } = await invoiceTwo(shop, 2);
  const items = [{ lineNo: 1, quantity: 2, reason: "damaged" as const }];
  await shop.act(id, writeOffUnits(shop.services, { items }));
  return { id, productId };
}

const receive = (productId: number, quantity: number) => receiveGoods(shop, productId, quantity);

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
  const whole = await invoiceTwo(shop);
  await expectRefusal(shop.db, () => reserve(whole.id), { code: "nothing_short" });
});

it("is reserved once for a key, and once of two at once", async () => {
  const [first, second] = [await fallShort(), await fallShort()];
  await receive(first.productId, 2);
  await expectReplay(shop.db, (key) => shop.actByKey(first.id, reserveShort(shop.services), key));
  await receive(second.productId, 4);
  await expectOneOfTwo(() => reserve(second.id), "nothing_short");
  expect(await shop.levels(second.productId)).toEqual({ balance: 4n, held: 2n });
});
