import { describe, expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { ALICE, NO_TRACKING, shareTestOrders, type TestLine } from "../../../../tests/orders.ts";
import { expectRefusal } from "../../../../tests/refusal.ts";
import type { Actor } from "../../../values/actor.ts";
import { refundOrder } from "../credit-notes/credit-order.ts";
import { returnItems } from "../credit-notes/return-items.ts";
import { shipOrder } from "../fulfilment/ship-order.ts";
import { getOrderDetail } from "../get-order.ts";
import type { NewOrder } from "../placing/place-orders.ts";
import type { NewLine } from "../placing/price-lines.ts";
import { advanceOrder } from "./advance-order.ts";
import { cancelUnits } from "./cancel-units.ts";
import { editOrder } from "./edit-order.ts";
import { payOrder } from "./pay-order.ts";

const shop = await shareTestOrders();

function edit(id: string, lines: readonly (TestLine | NewLine)[], actor: Actor = STAFF) {
  const items = lines.map((line) => ("quantity" in line ? line : { productId: line[0], quantity: line[1] }));
  return shop.act(id, editOrder(shop.services, { actor }, { items }), actor);
}

function ship(id: string, lineNo: number, quantity: number) {
  return shop.act(id, shipOrder(shop.services, { ...NO_TRACKING, items: [{ lineNo, quantity }] }));
}

function read(id: string) {
  return getOrderDetail(shop.services, STAFF, Number(id));
}

async function setPrice(productId: number, priceMinor: bigint): Promise<void> {
  await shop.db`UPDATE catalog.products SET price_minor = ${priceMinor} WHERE id = ${productId}`;
}

/** 12.00 a unit of ten, set aside on a balance of 100.00. */
async function byBalance(quantity: number) {
  const productId = await shop.addProduct(10);
  const account = await shop.openAccount({ owner: "alice", currency: "USD", balance: 10_000n });
  const pays = { paymentMethod: "balance", accountId: account } as const;
  const { id } = await shop.place([[productId, quantity]], pays);
  return { id, productId, account };
}

async function place(quantity: number, fields: Partial<NewOrder>) {
  const productId = await shop.addProduct(10);
  const { id, payment } = await shop.place([[productId, quantity]], fields);
  return { id, productId, paymentId: payment.id };
}

async function byCard(quantity: number) {
  const placed = await place(quantity, {});
  const totalMinor = 1_200n * BigInt(quantity);
  await shop.tell(placed.paymentId, { type: "captured", totalMinor, isFinal: true });
  return placed;
}

describe("F6-11 a paid order that is edited by units", () => {
  it("holds what it comes to more, at the price of now, and charges it with the goods", async () => {
    const { id, productId, account } = await byBalance(2);
    await setPrice(productId, 1_500n);
    expect(await edit(id, [[productId, 3]], ALICE)).toMatchObject({
      status: "CONFIRMED",
      total: "42.00",
      due: "0.00",
      items: [
        { line: 1, quantity: 2, unit_price: "10.00" },
        { line: 2, quantity: 1, unit_price: "15.00", total: "18.00" },
      ],
      payment: { amount: "42.00", authorized: "42.00" },
    });
    expect(await shop.levels(productId)).toEqual({ balance: 10n, held: 3n });
    expect(await shop.balanceOf(account)).toEqual({ balance: 10_000n, held: 4_200n });
    await ship(id, 2, 1);
    expect(await shop.balanceOf(account)).toEqual({ balance: 8_200n, held: 2_400n });
    await ship(id, 1, 2);
    expect(await read(id)).toMatchObject({ status: "COMPLETED", payment: { captured: "42.00" } });
    const back = { items: [{ lineNo: 2, quantity: 1, restock: true }], refund: true, reason: "unwanted" };
    expect(await shop.act(id, returnItems(shop.services, back))).toMatchObject({
      credit_note: { refunded: "18.00", tax: "3.00" },
    });
  });

  it("frees what it comes to less, or refunds it, and says what was done", async () => {
    const { id, productId, account } = await byBalance(3);
    expect(await edit(id, [[productId, 1]])).toMatchObject({
      credited: "24.00",
      items: [{ quantity: 3, cancelled: 2 }],
      payment: { amount: "12.00" },
    });
    expect(await shop.balanceOf(account)).toEqual({ balance: 10_000n, held: 1_200n });
    expect((await read(id)).timeline.at(-1)).toMatchObject({
      event: "edited",
      note: "items: 0 added, 2 cancelled",
    });
    const card = await byCard(3);
    await edit(card.id, [[card.productId, 2]]);
    expect(await read(card.id)).toMatchObject({
      credit_notes: [{ kind: "cancellation", refunded: "12.00" }],
    });
  });

  it("moves no more than the difference where one thing takes the place of another", async () => {
    const { id, productId, account } = await byBalance(2);
    const other = await shop.addProduct(10, { priceMinor: 1_100n });
    expect(await edit(id, [[other, 2]])).toMatchObject({
      total: "50.40",
      credited: "24.00",
      items: [{ cancelled: 2 }, { quantity: 2, total: "26.40" }],
    });
    expect(await shop.balanceOf(account)).toEqual({ balance: 10_000n, held: 2_640n });
    expect(await shop.levels(productId)).toEqual({ balance: 10n, held: 0n });
    const card = await byCard(2);
    const cheaper = await shop.addProduct(10, { priceMinor: 400n });
    await edit(card.id, [[cheaper, 2]]);
    expect(await read(card.id)).toMatchObject({ due: "0.00", credit_notes: [{ refunded: "14.40" }] });
  });

  it("is over more or less of an invoice, which is paid later or has been", async () => {
    const { id, productId } = await place(2, { paymentMethod: "invoice" });
    await shop.act(id, advanceOrder({ to: "CONFIRMED" }));
    expect(await edit(id, [[productId, 3]])).toMatchObject({ due: "36.00", payment: { amount: "36.00" } });
    await shop.act(id, payOrder(shop.services, { actor: STAFF }, {}));
    expect(await edit(id, [[productId, 4]])).toMatchObject({
      due: "12.00",
      payment_status: "partly_captured",
    });
    expect(await edit(id, [[productId, 2]])).toMatchObject({ due: "0.00", owed_back: "0.00" });
    expect(await read(id)).toMatchObject({ payment: { captured: "36.00", refunded: "12.00" } });
  });

  it("keeps what was shipped first, and refuses to lose it", async () => {
    const { id, productId } = await byBalance(2);
    await edit(id, [[productId, 4]]);
    await ship(id, 2, 1);
    expect(await edit(id, [[productId, 2]])).toMatchObject({
      items: [
        { cancelled: 1, shipped: 0 },
        { cancelled: 1, shipped: 1 },
      ],
    });
    const other = await shop.addProduct(10);
    await expectRefusal(shop.db, () => edit(id, [[other, 1]]), { kind: "conflict", code: "order_shipped" });
    expect(await edit(id, [[productId, 1]])).toMatchObject({ status: "COMPLETED", fulfilment: "shipped" });
  });

  it("gives a line another price by cancelling it and adding it anew, and keeps what is not named otherwise", async () => {
    const { id, productId, account } = await byBalance(2);
    const service = { description: "Engraving", quantity: 1, unitPrice: 500n };
    await edit(id, [[productId, 2], service]);
    expect(await shop.balanceOf(account)).toMatchObject({ held: 3_000n });
    expect(await edit(id, [{ productId, quantity: 2, unitPrice: 800n }, service])).toMatchObject({
      items: [
        { cancelled: 2 },
        { name: "Engraving", cancelled: 0 },
        { line: 3, unit_price: "8.00", cancelled: 0 },
      ],
    });
    expect(await shop.balanceOf(account)).toMatchObject({ held: 2_520n });
  });

  it("goes on from what was cancelled and reduced before, and never gives back more than was paid", async () => {
    const { id, productId, account } = await byBalance(3);
    await shop.act(id, cancelUnits({ items: [{ lineNo: 1, quantity: 1 }] }));
    await shop.act(id, refundOrder({ amountMinor: 400n, reason: "late" }));
    await edit(id, [[productId, 3]]);
    expect(await shop.balanceOf(account)).toMatchObject({ held: 3_200n });
    await edit(id, [[productId, 1]]);
    await shop.act(id, shipOrder(shop.services, NO_TRACKING));
    const { balance, held } = await shop.balanceOf(account);
    expect({ balance, held }).toEqual({ balance: 9_000n, held: 0n });
  });

  it("opens a payment where a gift becomes a purchase", async () => {
    const gift = await shop.addProduct(10, { priceMinor: 0n });
    const productId = await shop.addProduct(10);
    const account = await shop.openAccount({ owner: "alice", currency: "USD", balance: 10_000n });
    const { id } = await shop.place([[gift, 1]], { paymentMethod: "balance", accountId: account });
    const items = [
      { productId: gift, quantity: 1 },
      { productId, quantity: 1 },
    ];
    const without = () => shop.act(id, editOrder(shop.services, { actor: STAFF }, { items }));
    await expectRefusal(shop.db, without, { code: "account_for_payment_missing" });
    const paying = { items, accountId: account };
    await shop.act(id, editOrder(shop.services, { actor: STAFF }, paying));
    expect(await shop.balanceOf(account)).toMatchObject({ held: 1_200n });
  });

  it("refuses what cannot be had, paid or edited, naming the item, and nothing changes", async () => {
    const { id, productId } = await byBalance(2);
    await expectRefusal(shop.db, () => edit(id, [[productId, 11]]), {
      code: "insufficient_stock",
      details: { fields: [{ field: "items[0].quantity", reason: expect.any(String) }] },
    });
    await expectRefusal(
      shop.db,
      () =>
        edit(id, [
          [productId, 2],
          [99_999, 1],
        ]),
      {
        code: "product_unavailable",
        details: { fields: [{ field: "items[1].product_id", reason: expect.any(String) }] },
      },
    );
    await expectRefusal(shop.db, () => edit(id, [[productId, 9]]), { code: "insufficient_funds" });
    await shop.act(id, advanceOrder({ to: "PROCESSING" }));
    await expectRefusal(shop.db, () => edit(id, [[productId, 1]], ALICE), {
      code: "order_change_not_allowed",
    });
    const card = await place(2, {});
    await expectRefusal(shop.db, () => edit(card.id, [[card.productId, 1]]), { code: "payment_in_progress" });
    const refunded = await byCard(2);
    await shop.act(refunded.id, refundOrder({ reason: "late" }));
    await expectRefusal(shop.db, () => edit(refunded.id, [[refunded.productId, 1]]), {
      code: "shipping_stopped",
    });
  });

  it("is edited once of two at once", async () => {
    const { id, productId, account } = await byBalance(2);
    await Promise.all([edit(id, [[productId, 3]]), edit(id, [[productId, 3]])]);
    expect(await shop.levels(productId)).toEqual({ balance: 10n, held: 3n });
    expect(await shop.balanceOf(account)).toMatchObject({ held: 3_600n });
  });
});
