import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { ALICE, NO_TRACKING, openTestOrders, type TestOrders } from "../../../../tests/orders.ts";
import { expectRefusal } from "../../../../tests/refusal.ts";
import { verifyCoupons } from "../../promotions/index.ts";
import { advanceOrder } from "../changing/advance-order.ts";
import { cancelOrder } from "../changing/cancel-order.ts";
import { cancelUnits } from "../changing/cancel-units.ts";
import { editOrder } from "../changing/edit-order.ts";
import { payOrder } from "../changing/pay-order.ts";
import { refundOrder } from "../credit-notes/credit-order.ts";
import { returnItems } from "../credit-notes/return-items.ts";
import { shipOrder } from "../fulfilment/ship-order.ts";
import { verifyOrders } from "../verify/verify-orders.ts";

let shop: TestOrders;
/** 10.00 without tax, and 6.00 with. */
let net: number;
let gross: number;
beforeAll(async () => {
  shop = await openTestOrders();
  net = await shop.addProduct(100);
  gross = await shop.addProduct(100, { priceMinor: 600n, priceIncludesTax: true });
});
afterAll(async () => {
  expect([await verifyCoupons(shop.db), (await verifyOrders(shop.db)).differences]).toEqual([[], []]);
  await shop.close();
});

const place = (couponCode: string) =>
  shop.place(
    [
      [net, 3],
      [gross, 1],
    ],
    { couponCode, paymentMethod: "invoice" },
  );

it("takes its discount off the lines before their tax, says so, and gives back what was paid", async () => {
  const code = await shop.addCoupon({ amountMinor: 500n, currency: "USD" });
  const placed = await place(code);
  // 5.00 over 30.00 and 6.00 are 4.1666… and 0.8333…: the minor unit left over goes to the share that lost most
  expect(placed).toMatchObject({
    coupon_code: code,
    discount: "5.00",
    items: [
      { unit_price: "10.00", discount: "4.17", net: "25.83", tax: "5.17", total: "31.00" },
      { unit_price: "6.00", discount: "0.83", net: "4.31", tax: "0.86", total: "5.17" },
    ],
    net: "30.14",
    tax: "6.03",
    total: "36.17",
  });
  const { id } = placed;
  await shop.act(id, payOrder(shop.services, { actor: STAFF }, {}));
  await shop.act(id, shipOrder(shop.services, NO_TRACKING));
  const giveBack = (lineNo: number, quantity: number) => {
    const items = [{ lineNo, quantity, restock: true }];
    return shop.act(id, returnItems(shop.services, { items, refund: true, reason: "too small" }));
  };
  expect((await giveBack(1, 1)).credit_note).toMatchObject({ total: "10.33", refunded: "10.33" });
  expect((await giveBack(1, 2)).credit_note).toMatchObject({ total: "20.67", refunded: "20.67" });
  expect((await giveBack(2, 1)).order).toMatchObject({ credited: "36.17", fulfilment: "returned" });
  expect(await shop.usesOf(code)).toBe(1);
});

it("needs no payment where it takes all off", async () => {
  expect(await place(await shop.addCoupon({ percent: 1_000_000 }))).toMatchObject({
    status: "CONFIRMED",
    payment_status: "not_needed",
    discount: "36.00",
    total: "0.00",
  });
});

it("takes its terms of now where the lines are changed, with the one use that the order has", async () => {
  const code = await shop.addCoupon({ minimumOrderMinor: 2_000n, currency: "USD", usageLimit: 1 });
  const { id, total } = await place(code);
  expect(total).toBe("37.80");
  const edit = (quantity: number) => {
    const items = [{ productId: net, quantity }];
    return shop.act(id, editOrder(shop.services, { actor: ALICE }, { items }), ALICE);
  };
  expect(await edit(5)).toMatchObject({ coupon_code: code, discount: "5.00", total: "54.00" });
  await expectRefusal(shop.db, () => edit(1), { code: "coupon_minimum_not_reached" });
  expect(await shop.usesOf(code)).toBe(1);
});

it("refuses an order with a coupon that is refused, and leaves neither order nor use", async () => {
  const code = await shop.addCoupon({ isActive: false });
  const refusal = { code: "coupon_inactive", details: { fields: [{ field: "coupon_code" }] } };
  await expectRefusal(shop.db, () => place(code), refusal);
  await expectRefusal(shop.db, () => place("NOBODYS"), { code: "coupon_unknown" });
  expect(await shop.usesOf(code)).toBe(0);
});

describe("F6-18: a coupon comes back when its order is cancelled", () => {
  const confirm = (id: string) => shop.act(id, advanceOrder({ to: "CONFIRMED" }));

  it("of one that was confirmed, once, and can be used again by the same customer", async () => {
    const code = await shop.addCoupon({ usageLimit: 1, customerLimit: 1 });
    const { id } = await place(code);
    await confirm(id);
    await expectRefusal(shop.db, () => place(code), { code: "coupon_used_up" });
    expect(await shop.act(id, cancelOrder({}))).toMatchObject({ status: "CANCELLED" });
    expect(await shop.usesOf(code)).toBe(0);
    await expectRefusal(shop.db, () => shop.act(id, cancelOrder({})), { code: "order_state_forbids" });
    await place(code);
    expect(await shop.usesOf(code)).toBe(1);
  });

  it("while its money is still on the way back, and no second time when that is there", async () => {
    const code = await shop.addCoupon();
    const productId = await shop.addProduct(5);
    const { id, payment } = await shop.place([[productId, 1]], { couponCode: code });
    await shop.tell(payment.id, { type: "captured", totalMinor: 1_080n, isFinal: true });
    expect(await shop.act(id, cancelOrder({}))).toMatchObject({ cancel_pending: true });
    expect(await shop.usesOf(code)).toBe(0);
    for (const attempt of await shop.openAttempts()) await shop.settle(attempt, "succeeded");
    expect(await shop.stateOf(id)).toBe("CANCELLED");
    expect(await shop.usesOf(code)).toBe(0);
  });

  it("unless the shop wants it otherwise; of one that was never confirmed always", async () => {
    const strict = await openTestOrders({
      databaseUrl: shop.databaseUrl,
      settings: { returnsCoupons: false },
    });
    const code = await shop.addCoupon();
    const [first, second] = [await place(code), await place(code)];
    await confirm(first.id);
    await strict.act(first.id, cancelOrder({}));
    expect(await shop.usesOf(code)).toBe(2);
    await strict.act(second.id, cancelOrder({}));
    expect(await shop.usesOf(code)).toBe(1);
    await strict.close();
  });

  it("of one whose units were cancelled one by one, with the last of them", async () => {
    const code = await shop.addCoupon();
    const { id } = await place(code);
    await confirm(id);
    await shop.act(id, cancelUnits({ items: [{ lineNo: 1 }] }));
    expect(await shop.usesOf(code)).toBe(1);
    expect(await shop.act(id, cancelUnits({ items: [{ lineNo: 2 }] }))).toMatchObject({
      status: "CANCELLED",
    });
    expect(await shop.usesOf(code)).toBe(0);
  });

  it("and not when it is refunded or shipped", async () => {
    const code = await shop.addCoupon();
    const { id } = await place(code);
    await shop.act(id, payOrder(shop.services, { actor: STAFF }, {}));
    await shop.act(id, refundOrder({ reason: "late" }));
    expect(await shop.usesOf(code)).toBe(1);
  });
});
