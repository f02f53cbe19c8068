import { describe, expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { ALICE, NO_TRACKING, shareTestOrders, type TestLine } from "../../../../tests/orders.ts";
import { expectRefusal } from "../../../../tests/refusal.ts";
import type { Actor } from "../../../values/actor.ts";
import { refundOrder } from "../credit-notes/credit-order.ts";
import { returnItems } from "../credit-notes/return-items.ts";
import { deliverOrder } from "../fulfilment/deliver-order.ts";
import { shipOrder } from "../fulfilment/ship-order.ts";
import { getOrderDetail } from "../get-order.ts";
import { advanceOrder } from "./advance-order.ts";
import { cancelUnits } from "./cancel-units.ts";
import { payOrder } from "./pay-order.ts";

const shop = await shareTestOrders();

function ship(id: string, lineNo: number, quantity: number) {
  return shop.act(id, shipOrder(shop.services, { ...NO_TRACKING, items: [{ lineNo, quantity }] }));
}

/** So many units of a line, or all that are open. */
function cancel(id: string, units: readonly (readonly [number, number?])[], actor: Actor = STAFF) {
  const items = units.map(([lineNo, quantity]) => ({ lineNo, quantity }));
  return shop.act(id, cancelUnits({ items, reason: "broken" }), actor);
}

/** 12.00 each of ten, held on a balance of 100.00. */
async function byBalance(quantity: number, more: readonly TestLine[] = []) {
  const productId = await shop.addProduct(10);
  const account = await shop.openAccount({ owner: "alice", currency: "USD", balance: 10_000n });
  const pays = { paymentMethod: "balance", accountId: account } as const;
  const { id } = await shop.place([[productId, quantity], ...more], pays);
  return { id, productId, account };
}

async function byCard(quantity: number) {
  const productId = await shop.addProduct(10);
  const { id, payment } = await shop.place([[productId, quantity]]);
  const charge = () =>
    shop.tell(payment.id, { type: "captured", totalMinor: 1_200n * BigInt(quantity), isFinal: true });
  return { id, productId, paymentId: payment.id, charge };
}

async function byInvoice(quantity: number) {
  const productId = await shop.addProduct(10);
  const { id } = await shop.place([[productId, quantity]], { paymentMethod: "invoice" });
  return { id, productId };
}

function read(id: string) {
  return getOrderDetail(shop.services, STAFF, Number(id));
}

async function settleAll(): Promise<void> {
  for (const attempt of await shop.openAttempts()) await shop.settle(attempt, "succeeded");
}

describe("F6-11 units of an order that are cancelled", () => {
  it("free their stock and the money held for them; the shipped rest is complete", async () => {
    const { id, productId, account } = await byBalance(2);
    await ship(id, 1, 1);
    const ended = await cancel(id, [[1, 1]]);
    expect(ended).toMatchObject({
      status: "COMPLETED",
      fulfilment: "shipped",
      payment_status: "captured",
      credited: "12.00",
      items: [{ quantity: 2, shipped: 1, cancelled: 1, credited: "12.00" }],
    });
    expect(await shop.levels(productId)).toEqual({ balance: 9n, held: 0n });
    expect(await shop.balanceOf(account)).toEqual({ balance: 8_800n, held: 0n });
    const { credit_notes: notes, timeline } = await read(id);
    expect(notes).toMatchObject([
      { kind: "cancellation", total: "12.00", tax: "2.00", refunded: "0.00", items: [{ quantity: 1 }] },
    ]);
    expect(timeline.map(({ event }) => event)).toEqual(["placed", "shipped", "units_cancelled", "completed"]);
  });

  it("free at once what is held of a balance for them, and leave the rest to be shipped and charged", async () => {
    const { id, productId, account } = await byBalance(3);
    expect(await cancel(id, [[1, 1]], ALICE)).toMatchObject({ status: "CONFIRMED" });
    expect(await shop.levels(productId)).toEqual({ balance: 10n, held: 2n });
    expect(await shop.balanceOf(account)).toEqual({ balance: 10_000n, held: 2_400n });
    await ship(id, 1, 2);
    expect(await read(id)).toMatchObject({ status: "COMPLETED", payment: { captured: "24.00" } });
    expect(await shop.balanceOf(account)).toEqual({ balance: 7_600n, held: 0n });
  });

  it("are refunded to the card that was charged, and to no more than that", async () => {
    const { id, charge } = await byCard(3);
    await charge();
    await ship(id, 1, 1);
    expect(await cancel(id, [[1]])).toMatchObject({ status: "COMPLETED", credited: "24.00" });
    await settleAll();
    expect(await read(id)).toMatchObject({
      payment: { captured: "36.00", refunded: "24.00" },
      credit_notes: [{ refunded: "24.00" }],
    });
  });

  it("wait for a card that is about to be charged", async () => {
    const { id, charge } = await byCard(2);
    await expectRefusal(shop.db, () => cancel(id, [[1, 1]]), { code: "payment_in_progress" });
    await charge();
    expect(await cancel(id, [[1, 1]])).toMatchObject({ status: "CONFIRMED", credited: "12.00" });
  });

  it("are no longer due of an invoice, and of its payment", async () => {
    const { id } = await byInvoice(3);
    expect(await cancel(id, [[1, 1]])).toMatchObject({ status: "PENDING", due: "24.00" });
    await shop.act(id, advanceOrder({ to: "CONFIRMED" }));
    await ship(id, 1, 1);
    await cancel(id, [[1, 1]]);
    const paid = await shop.act(id, payOrder(shop.services, { actor: STAFF }, {}));
    const payment = { captured: "12.00" };
    expect(paid).toMatchObject({ status: "COMPLETED", payment_status: "captured", due: "0.00", payment });
  });

  it("end the order with the last of them where nothing was shipped, as cancelling the whole does", async () => {
    const { id, productId, account } = await byBalance(2);
    await cancel(id, [[1, 1]]);
    expect(await cancel(id, [[1, 1]])).toMatchObject({
      status: "CANCELLED",
      fulfilment: "unfulfilled",
      items: [{ quantity: 2, cancelled: 2 }],
    });
    expect(await shop.levels(productId)).toEqual({ balance: 10n, held: 0n });
    expect(await shop.balanceOf(account)).toEqual({ balance: 10_000n, held: 0n });
    const card = await byCard(2);
    await card.charge();
    await cancel(card.id, [[1, 1]]);
    expect(await cancel(card.id, [[1]])).toMatchObject({ status: "CONFIRMED", cancel_pending: true });
    await settleAll();
    expect(await read(card.id)).toMatchObject({ status: "CANCELLED", payment: { refunded: "24.00" } });
  });

  it("of one line leave the others, and take their own tax and discount along", async () => {
    const odd = await shop.addProduct(10, { priceMinor: 333n, taxClass: "odd" });
    const productId = await shop.addProduct(10);
    const account = await shop.openAccount({ owner: "alice", currency: "USD", balance: 10_000n });
    const couponCode = await shop.addCoupon();
    const placed = await shop.place(
      [
        [odd, 3],
        [productId, 1],
      ],
      { paymentMethod: "balance", accountId: account, couponCode },
    );
    expect(placed).toMatchObject({ total: "21.36", items: [{ total: "10.56" }, { total: "10.80" }] });
    const { id } = placed;
    expect(await cancel(id, [[1, 1]])).toMatchObject({ credited: "3.52", total: "21.36" });
    expect(await cancel(id, [[1]])).toMatchObject({ credited: "10.56", status: "CONFIRMED" });
    expect(await shop.levels(odd)).toEqual({ balance: 10n, held: 0n });
    expect(await shop.balanceOf(account)).toEqual({ balance: 10_000n, held: 1_080n });
    const { credit_notes: notes } = await read(id);
    expect(notes).toMatchObject([
      { net: "3.00", tax: "0.52" },
      { net: "5.99", tax: "1.05" },
    ]);
    expect((await ship(id, 2, 1)).order).toMatchObject({ status: "COMPLETED", fulfilment: "shipped" });
    expect(await shop.balanceOf(account)).toEqual({ balance: 8_920n, held: 0n });
  });

  it("give back their price less their share of what was reduced before, and later returns the rest", async () => {
    const { id, account } = await byBalance(3);
    await shop.act(id, refundOrder({ amountMinor: 600n, reason: "late" }));
    await ship(id, 1, 2);
    expect(await cancel(id, [[1, 1]])).toMatchObject({ credited: "16.00", status: "COMPLETED" });
    expect(await shop.balanceOf(account)).toEqual({ balance: 8_000n, held: 0n });
    const back = { items: [{ lineNo: 1, quantity: 2, restock: true }], refund: true, reason: "unwanted" };
    const returned = await shop.act(id, returnItems(shop.services, back));
    expect(returned).toMatchObject({ credit_note: { refunded: "20.00" }, order: { fulfilment: "returned" } });
    expect(await shop.balanceOf(account)).toEqual({ balance: 10_000n, held: 0n });
  });

  it("leave an order delivered whose only shipment has arrived", async () => {
    const { id } = await byBalance(2);
    await ship(id, 1, 1);
    await shop.act(id, deliverOrder({}));
    expect(await cancel(id, [[1]])).toMatchObject({ status: "COMPLETED", fulfilment: "delivered" });
  });

  it("do not stop what never cost anything", async () => {
    const gift = await shop.addProduct(10, { priceMinor: 0n });
    const { id, account } = await byBalance(1, [[gift, 1]]);
    expect(await cancel(id, [[1]])).toMatchObject({ status: "CONFIRMED", shipping_stop: null });
    expect(await shop.balanceOf(account)).toEqual({ balance: 10_000n, held: 0n });
    expect((await ship(id, 2, 1)).order).toMatchObject({ status: "COMPLETED" });
  });

  it("end the rest of an order whose money went back, and take nothing from anybody", async () => {
    const { id, productId, account } = await byBalance(2);
    await ship(id, 1, 1);
    await shop.act(id, refundOrder({ reason: "sorry" }));
    expect(await cancel(id, [[1, 1]])).toMatchObject({ status: "COMPLETED", credited: "24.00" });
    expect(await shop.levels(productId)).toEqual({ balance: 9n, held: 0n });
    expect(await shop.balanceOf(account)).toEqual({ balance: 10_000n, held: 0n });
  });

  it("are refused beyond what is open, of lines that are not there, and after the end, and nothing changes", async () => {
    const { id } = await byBalance(3);
    await ship(id, 1, 1);
    for (const units of [
      [[1, 3]],
      [[2, 1]],
      [[1, 2], [1]],
      [
        [1, 1],
        [1, 2],
      ],
    ] as [number, number?][][])
      await expectRefusal(shop.db, () => cancel(id, units), {
        kind: "refused",
        code: "quantity_exceeds_open",
      });
    await expectRefusal(shop.db, () => cancel(id, [[1, 1]], ALICE), { code: "order_change_not_allowed" });
    await cancel(id, [[1]]);
    await expectRefusal(shop.db, () => cancel(id, [[1, 1]]), { code: "order_state_forbids" });
  });

  it("of two at once are cancelled once", async () => {
    const { id, productId } = await byBalance(3);
    const both = await Promise.allSettled([cancel(id, [[1, 2]]), cancel(id, [[1, 2]])]);
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await shop.levels(productId)).toEqual({ balance: 10n, held: 1n });
  });
});
