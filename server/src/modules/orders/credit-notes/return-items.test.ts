import { expect, it } from "vitest";
import { buyTwo, sellTwo, shareTestOrders } from "../../../../tests/orders.ts";
import { expectOneOfTwo, expectRefusal, expectReplay } from "../../../../tests/refusal.ts";
import { type ReturnedItem, returnItems } from "./return-items.ts";

const shop = await shareTestOrders();

function bring(item: Partial<ReturnedItem> = {}, { refund = true } = {}) {
  const items = [{ lineNo: 1, quantity: 1, restock: true, ...item }];
  return returnItems(shop.services, { items, refund, reason: "unwanted" });
}

it("puts goods back on the shelf and their money back on the account", async () => {
  const { id, productId, account } = await sellTwo(shop);
  expect(await shop.act(id, bring())).toMatchObject({
    credit_note: { kind: "return", total: "12.00", refunded: "12.00", items: [{ restocked: true }] },
    order: { items: [{ shipped: 2, returned: 1 }] },
  });
  expect(await shop.levels(productId)).toEqual({ balance: 9n, held: 0n });
  expect(await shop.balanceOf(account)).toEqual({ balance: 8_800n, held: 0n });
});

it("writes off what is not to be sold again, and takes goods without their money", async () => {
  const { id, productId, account } = await sellTwo(shop);
  await shop.act(id, bring({ restock: false }, { refund: false }));
  expect(await shop.levels(productId)).toEqual({ balance: 8n, held: 0n });
  expect(await shop.balanceOf(account)).toEqual({ balance: 7_600n, held: 0n });
});

it("refuses more than was shipped, naming the item, and a place that is not there, and leaves nothing", async () => {
  const { id } = await sellTwo(shop);
  await expectRefusal(shop.db, () => shop.act(id, bring({ quantity: 3 })), {
    code: "quantity_exceeds_open",
    details: { fields: [{ field: "items[0].quantity", reason: expect.any(String) }] },
  });
  await expectRefusal(shop.db, () => shop.act(id, bring({ location: { id: 99, field: "location_id" } })), {
    code: "location_not_found",
  });
  const open = await buyTwo(shop);
  await expectRefusal(shop.db, () => shop.act(open.id, bring()), { code: "quantity_exceeds_open" });
});

it("comes back once for a key, and once of two at once", async () => {
  const [first, second] = [await sellTwo(shop), await sellTwo(shop)];
  await expectReplay(shop.db, (key) => shop.actByKey(first.id, bring({ quantity: 2 }), key));
  await expectOneOfTwo(() => shop.act(second.id, bring({ quantity: 2 })), "quantity_exceeds_open");
  expect(await shop.levels(second.productId)).toEqual({ balance: 10n, held: 0n });
});
