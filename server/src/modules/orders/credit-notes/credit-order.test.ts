import { expect, it } from "vitest";
import { buyTwo, sellTwo, shareTestOrders } from "../../../../tests/orders.ts";
import { expectOneOfTwo, expectRefusal, expectReplay } from "../../../../tests/refusal.ts";
import { cancelOrder } from "../changing/cancel-order.ts";
import { refundOrder } from "./credit-order.ts";

const shop = await shareTestOrders();

it("gives money back, all that is left unless an amount is named, and leaves the goods", async () => {
  const { id, productId, account } = await sellTwo(shop);
  const part = refundOrder({ amountMinor: 400n, reason: "late" });
  expect(await shop.act(id, part)).toMatchObject({ credit_note: { total: "4.00", refunded: "4.00" } });
  const rest = await shop.act(id, refundOrder({ reason: "sorry" }));
  expect(rest).toMatchObject({ credit_note: { total: "20.00" }, order: { credited: "24.00" } });
  expect(await shop.balanceOf(account)).toEqual({ balance: 10_000n, held: 0n });
  expect(await shop.levels(productId)).toEqual({ balance: 8n, held: 0n });
});

it("gives back of the lines that are named, and refuses more than a line has left, naming it", async () => {
  const { id } = await sellTwo(shop);
  const of = (lineNo: number, amountMinor: bigint) =>
    refundOrder({ items: [{ lineNo, amountMinor }], reason: "scratched" });
  expect(await shop.act(id, of(1, 500n))).toMatchObject({ credit_note: { items: [{ total: "5.00" }] } });
  for (const act of [of(1, 1_901n), of(2, 1n)])
    await expectRefusal(shop.db, () => shop.act(id, act), {
      code: "credit_exceeds_open",
      details: { fields: [{ field: "items[0].amount", reason: expect.any(String) }] },
    });
});

it("refuses more than is left, an account that is frozen, and an order that has ended, and leaves nothing", async () => {
  const { id, account } = await sellTwo(shop);
  const all = refundOrder({ reason: "late" });
  await expectRefusal(shop.db, () => shop.act(id, refundOrder({ amountMinor: 2_401n, reason: "late" })), {
    code: "credit_exceeds_open",
  });
  await shop.db`UPDATE ledger.accounts SET state = 2, version = version + 1 WHERE id = ${account}`;
  await expectRefusal(shop.db, () => shop.act(id, all), { code: "account_frozen" });
  await shop.db`UPDATE ledger.accounts SET state = 1, version = version + 1 WHERE id = ${account}`;
  const ended = await buyTwo(shop);
  await shop.act(ended.id, cancelOrder({}));
  await expectRefusal(shop.db, () => shop.act(ended.id, all), { code: "order_state_forbids" });
});

it("is given back once for a key, and once of two at once", async () => {
  const [first, second] = [await sellTwo(shop), await sellTwo(shop)];
  const all = refundOrder({ reason: "late" });
  await expectReplay(shop.db, (key) => shop.actByKey(first.id, all, key));
  await expectOneOfTwo(() => shop.act(second.id, all), "credit_exceeds_open");
  expect(await shop.balanceOf(second.account)).toEqual({ balance: 10_000n, held: 0n });
});
