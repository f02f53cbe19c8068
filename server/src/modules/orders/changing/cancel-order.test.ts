import { expect, it } from "vitest";
import { ALICE, buyTwo, NO_TRACKING, shareTestOrders } from "../../../../tests/orders.ts";
import { expectOneOfTwo, expectRefusal, expectReplay } from "../../../../tests/refusal.ts";
import { shipOrder } from "../fulfilment/ship-order.ts";
import { advanceOrder } from "./advance-order.ts";
import { cancelOrder } from "./cancel-order.ts";

const shop = await shareTestOrders();

it("frees the goods and the money that was set aside", async () => {
  const { id, productId, account } = await buyTwo(shop);
  expect(await shop.act(id, cancelOrder({ reason: "changed my mind" }), ALICE)).toMatchObject({
    status: "CANCELLED",
  });
  expect(await shop.levels(productId)).toEqual({ balance: 10n, held: 0n });
  expect(await shop.balanceOf(account)).toEqual({ balance: 10_000n, held: 0n });
});

it("waits for a card whose charge is under way, and refuses meanwhile what it allows no more", async () => {
  const { id } = await shop.place([[await shop.addProduct(5), 1]]);
  expect(await shop.act(id, cancelOrder({}))).toMatchObject({ status: "PENDING", cancel_pending: true });
  await expectRefusal(shop.db, () => shop.act(id, cancelOrder({})), { code: "order_cancel_pending" });
  for (const attempt of await shop.openAttempts()) await shop.settle(attempt, "failed");
  expect(await shop.stateOf(id)).toBe("CANCELLED");
});

it("is refused to customers once it is with the warehouse, and to all once something is shipped", async () => {
  const { id } = await buyTwo(shop);
  await shop.act(id, advanceOrder({ to: "PROCESSING" }));
  await expectRefusal(shop.db, () => shop.act(id, cancelOrder({}), ALICE), {
    code: "order_change_not_allowed",
  });
  const items = [{ lineNo: 1, quantity: 1 }];
  await shop.act(id, shipOrder(shop.services, { ...NO_TRACKING, items }));
  await expectRefusal(shop.db, () => shop.act(id, cancelOrder({})), { code: "order_shipped" });
});

it("is refused of another version than was read, and of somebody else's order", async () => {
  const { id } = await buyTwo(shop);
  await expectRefusal(shop.db, () => shop.act(id, cancelOrder({ versions: [99] })), {
    code: "version_mismatch",
  });
  const bob = { ...ALICE, id: "bob", name: "bob" };
  await expectRefusal(shop.db, () => shop.act(id, cancelOrder({}), bob), { code: "order_not_found" });
});

it("is cancelled once for a key, and once of two at once", async () => {
  const [first, second] = [await buyTwo(shop), await buyTwo(shop)];
  await expectReplay(shop.db, (key) => shop.actByKey(first.id, cancelOrder({}), key));
  await expectOneOfTwo(() => shop.act(second.id, cancelOrder({})), "order_state_forbids");
  expect(await shop.balanceOf(second.account)).toEqual({ balance: 10_000n, held: 0n });
});
