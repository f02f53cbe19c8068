import { afterAll, beforeAll, expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { NO_TRACKING, openTestOrders, type TestOrders } from "../../../../tests/orders.ts";
import { expectOneOfTwo, expectRefusal, expectReplay } from "../../../../tests/refusal.ts";
import { findDifferences } from "../../../../tests/verified.ts";
import { shipOrder } from "../fulfilment/ship-order.ts";
import { type ReturnedItem, returnItems } from "./return-items.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await openTestOrders();
});
afterAll(async () => {
  expect(await findDifferences(shop.db)).toEqual([]);
  await shop.close();
});

/** Two units of 12.00 each of ten, set aside on a balance of 100.00. */
async function buy() {
  const productId = await shop.addProduct(10);
  const account = await shop.openAccount({ owner: "alice", currency: "USD", balance: 10_000n });
  const pays = { paymentMethod: "balance", accountId: account } as const;
  const { id } = await shop.place([[productId, 2]], pays);
  return { id, productId, account };
}

/** The same, shipped and paid. */
async function sell() {
  const bought = await buy();
  await shop.act(bought.id, shipOrder(shop.services, NO_TRACKING));
  return bought;
}

function bring(item: Partial<ReturnedItem> = {}, { refund = true } = {}) {
  const items = [{ lineNo: 1, quantity: 1, restock: true, ...item }];
  return returnItems(shop.services, { items, refund, reason: "unwanted" });
}

it("puts goods back on the shelf and their money back on the account", async () => {
  const { id, productId, account } = await sell();
  expect(await shop.act(id, bring())).toMatchObject({
    credit_note: { kind: "return", total: "12.00", refunded: "12.00", items: [{ restocked: true }] },
    order: { items: [{ shipped: 2, returned: 1 }] },
  });
  expect(await shop.levels(productId)).toEqual({ balance: 9n, held: 0n });
  expect(await shop.balanceOf(account)).toEqual({ balance: 8_800n, held: 0n });
});

it("writes off what is not to be sold again, and takes goods without their money", async () => {
  const { id, productId, account } = await sell();
  await shop.act(id, bring({ restock: false }, { refund: false }));
  expect(await shop.levels(productId)).toEqual({ balance: 8n, held: 0n });
  expect(await shop.balanceOf(account)).toEqual({ balance: 7_600n, held: 0n });
});

it("refuses more than was shipped, naming the item, and a place that is not there, and leaves nothing", async () => {
  const { id } = await sell();
  await expectRefusal(shop.db, () => shop.act(id, bring({ quantity: 3 })), {
    code: "quantity_exceeds_open",
    details: { fields: [{ field: "items[0].quantity", reason: expect.any(String) }] },
  });
  await expectRefusal(shop.db, () => shop.act(id, bring({ location: { id: 99, field: "location_id" } })), {
    code: "location_not_found",
  });
  const open = await buy();
  await expectRefusal(shop.db, () => shop.act(open.id, bring()), { code: "quantity_exceeds_open" });
});

it("comes back once for a key, and once of two at once", async () => {
  const [first, second] = [await sell(), await sell()];
  await expectReplay(shop.db, (key) => shop.act(first.id, bring({ quantity: 2 }), STAFF, key));
  await expectOneOfTwo(() => shop.act(second.id, bring({ quantity: 2 })), "quantity_exceeds_open");
  expect(await shop.levels(second.productId)).toEqual({ balance: 10n, held: 0n });
});
