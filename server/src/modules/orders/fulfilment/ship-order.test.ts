import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { NO_TRACKING, openTestOrders, type TestLine, type TestOrders } from "../../../../tests/orders.ts";
import { expectRefusal } from "../../../../tests/refusal.ts";
import { cancelOrder } from "../changing/cancel-order.ts";
import { cancelUnits } from "../changing/cancel-units.ts";
import { refundOrder } from "../credit-notes/credit-order.ts";
import { returnItems } from "../credit-notes/return-items.ts";
import { getOrderDetail } from "../get-order.ts";
import { queueOrders } from "../jobs.ts";
import { verifyOrders } from "../verify/verify-orders.ts";
import { type ShipRequest, shipOrder } from "./ship-order.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await openTestOrders();
});
afterAll(async () => {
  expect((await verifyOrders(shop.db)).differences).toEqual([]);
  await shop.close();
});

const ANYWAY = { shipsAnyway: true, note: "a present" };

function ship(id: string, request: Partial<ShipRequest> = {}) {
  return shop.act(id, shipOrder(shop.services, { ...NO_TRACKING, ...request }));
}

interface Sold {
  readonly id: string;
  readonly paymentId: string;
  readonly productId: number;
}

/** Two units of 12.00 each of ten, paid by card. */
async function sellByCard(lines: (productId: number) => TestLine[] = (id) => [[id, 2]]): Promise<Sold> {
  const productId = await shop.addProduct(10);
  const { id, payment } = await shop.place(lines(productId));
  await shop.tell(payment.id, { type: "captured", totalMinor: 2_400n, isFinal: true });
  return { id, paymentId: payment.id, productId };
}

/** The same, held on a balance. */
async function sellByBalance(): Promise<Sold & { account: number }> {
  const productId = await shop.addProduct(10);
  const account = await shop.openAccount({ owner: "alice", currency: "USD", balance: 10_000n });
  const { id, payment } = await shop.place([[productId, 2]], {
    paymentMethod: "balance",
    accountId: account,
  });
  return { id, paymentId: payment.id, productId, account };
}

async function read(id: string) {
  return getOrderDetail(shop.services, STAFF, Number(id));
}

type Report = Parameters<TestOrders["tell"]>[1];

function dispute(amountMinor: bigint, state: "open" | "won" | "lost", reference: string): Report {
  return { type: "dispute", reference, amountMinor, state, reason: undefined };
}
let refundCount = 0;
function refundOf(amountMinor: bigint): Report {
  const reference = `refund ${++refundCount}`;
  return { type: "refund", reference, attemptId: undefined, amountMinor, state: "succeeded" };
}

async function expectStopped({ id, productId }: Sold, stop: string, onHand = 10n) {
  expect(await read(id)).toMatchObject({ shipping_stop: stop });
  expect(await shop.levels(productId)).toEqual({ balance: onHand, held: 0n });
  await expectRefusal(shop.db, () => ship(id), {
    kind: "conflict",
    code: "shipping_stopped",
    details: { shipping_stop: stop },
  });
}

describe("F6-10: what was given back is not shipped", () => {
  it("stops an order that was refunded whole, at once or in parts, frees its stock, and queues it no more", async () => {
    const sold = await sellByCard();
    await shop.act(sold.id, refundOrder({ amountMinor: 2_399n, reason: "late" }));
    expect(await read(sold.id)).toMatchObject({ shipping_stop: null });
    expect(await shop.levels(sold.productId)).toEqual({ balance: 10n, held: 2n });
    await shop.act(sold.id, refundOrder({ reason: "late" }));
    await expectStopped(sold, "refunded");
    const { timeline } = await read(sold.id);
    expect(timeline.at(-1)).toMatchObject({ event: "shipping_stopped", note: "refunded" });
    await queueOrders(shop.services);
    expect(await shop.stateOf(sold.id)).toBe("CONFIRMED");
    expect(await shop.act(sold.id, cancelOrder({}))).toMatchObject({ cancel_pending: true });
  });

  it("frees the money of a balance that was never taken", async () => {
    const sold = await sellByBalance();
    await shop.act(sold.id, refundOrder({ reason: "late" }));
    await expectStopped(sold, "refunded");
    expect(await shop.balanceOf(sold.account)).toEqual({ balance: 10_000n, held: 0n });
  });

  it("stops the rest where a part was shipped, returned and all of the money is back", async () => {
    const sold = await sellByBalance();
    await ship(sold.id, { items: [{ lineNo: 1, quantity: 1 }] });
    const items = [{ lineNo: 1, quantity: 1, restock: false }];
    await shop.act(sold.id, returnItems(shop.services, { items, refund: true, reason: "wrong" }));
    expect(await shop.levels(sold.productId)).toEqual({ balance: 9n, held: 1n });
    await shop.act(sold.id, refundOrder({ reason: "sorry" }));
    await expectStopped(sold, "refunded", 9n);
    expect(await shop.balanceOf(sold.account)).toEqual({ balance: 10_000n, held: 0n });
  });

  it("stops an order whose refund the provider tells, wholly or in parts", async () => {
    const sold = await sellByCard();
    await shop.tell(sold.paymentId, refundOf(400n));
    expect(await shop.levels(sold.productId)).toEqual({ balance: 10n, held: 2n });
    await shop.tell(sold.paymentId, refundOf(2_000n));
    await expectStopped(sold, "refunded");
  });

  it("stops an order whose capture and refund the provider tells at once", async () => {
    const productId = await shop.addProduct(10);
    const { id, payment } = await shop.place([[productId, 2]]);
    await shop.tell(payment.id, { type: "captured", totalMinor: 2_400n, isFinal: true }, refundOf(2_400n));
    expect(await shop.levels(productId)).toEqual({ balance: 10n, held: 0n });
    expect(await read(id)).toMatchObject({ shipping_stop: "refunded" });
  });

  it("stops an order that lost a dispute, of a part too, and ships while a dispute is open only anyway", async () => {
    const sold = await sellByCard();
    await shop.tell(sold.paymentId, dispute(500n, "open", "of a part"));
    expect(await read(sold.id)).toMatchObject({ shipping_stop: "disputed" });
    await expectRefusal(shop.db, () => ship(sold.id), { details: { shipping_stop: "disputed" } });
    expect(await shop.levels(sold.productId)).toEqual({ balance: 10n, held: 2n });
    const one = [{ lineNo: 1, quantity: 1 }];
    expect((await ship(sold.id, { ...ANYWAY, items: one })).order).toMatchObject({ fulfilment: "partly" });
    await shop.tell(sold.paymentId, dispute(500n, "lost", "of a part"));
    await expectStopped(sold, "charged_back", 9n);
  });

  it("ships again once a dispute is won", async () => {
    const sold = await sellByCard();
    await shop.tell(sold.paymentId, dispute(2_400n, "open", "to be won"));
    await shop.tell(sold.paymentId, dispute(2_400n, "won", "to be won"));
    expect((await ship(sold.id)).order).toMatchObject({ status: "COMPLETED", shipping_stop: null });
  });

  it("ships anyway when staff says why, from the stock there is, part by part", async () => {
    const sold = await sellByCard((id) => [
      [id, 1],
      [id, 1],
    ]);
    await shop.act(sold.id, refundOrder({ reason: "late" }));
    const first = await ship(sold.id, { ...ANYWAY, items: [{ lineNo: 2, quantity: 1 }] });
    expect(first.order).toMatchObject({ fulfilment: "partly", shipping_stop: "refunded" });
    expect(await shop.levels(sold.productId)).toEqual({ balance: 9n, held: 0n });
    await expectRefusal(shop.db, () => ship(sold.id), { code: "shipping_stopped" });
    const last = await ship(sold.id, { ...ANYWAY, carrier: "DHL" });
    expect(last.order).toMatchObject({ status: "COMPLETED", shipping_stop: null });
    expect(await shop.levels(sold.productId)).toEqual({ balance: 8n, held: 0n });
    const notes = (await read(sold.id)).timeline.map(({ note }) => note);
    expect(notes).toContain("DHL: shipped anyway, refunded: a present");
    const [trail] = await shop.db<{ entry: string }[]>`
      SELECT row_to_json(e)::text AS entry FROM audit.pending e
      WHERE row_to_json(e)::text LIKE ${`%${sold.id}%`} AND row_to_json(e)::text LIKE '%ship_anyway%'`;
    expect(trail?.entry).toContain("a present");
  });

  it("refuses anyway what is no longer there, and leaves all as it was", async () => {
    const sold = await sellByCard();
    await shop.act(sold.id, refundOrder({ reason: "late" }));
    await shop.place([[sold.productId, 9]], { paymentMethod: "invoice" });
    await expectRefusal(shop.db, () => ship(sold.id, ANYWAY), { code: "insufficient_stock" });
  });

  it("never ships anyway what was not paid", async () => {
    const productId = await shop.addProduct(10);
    const { id } = await shop.place([[productId, 1]]);
    await expectRefusal(shop.db, () => ship(id, ANYWAY), { code: "order_not_paid" });
  });
});

describe("F6-10: a line that was refunded by its number is not shipped", () => {
  /** One unit each of two products, 12.00 each, held on a balance or paid by card. */
  async function sellTwo(by: "balance" | "card") {
    const [productId, other] = [await shop.addProduct(10), await shop.addProduct(10)];
    const account = await shop.openAccount({ owner: "alice", currency: "USD", balance: 10_000n });
    const lines: TestLine[] = [
      [productId, 1],
      [other, 1],
    ];
    const pays = by === "card" ? {} : ({ paymentMethod: "balance", accountId: account } as const);
    const { id, payment } = await shop.place(lines, pays);
    const captured = { type: "captured", totalMinor: 2_400n, isFinal: true } as const;
    if (by === "card") await shop.tell(payment.id, captured);
    return { id, paymentId: payment.id, productId, other, account };
  }
  const refundLine = (id: string, lineNo = 1, amountMinor = 1_200n) =>
    shop.act(id, refundOrder({ items: [{ lineNo, amountMinor }], reason: "gone" }));
  const one = (lineNo: number) => [{ lineNo, quantity: 1 }];

  it.each(["balance", "card"] as const)("paid by %s: its stock is free, and the rest goes", async (by) => {
    const { id, productId, other, account } = await sellTwo(by);
    await refundLine(id, 1, 1_199n);
    expect(await shop.levels(productId)).toEqual({ balance: 10n, held: 1n });
    await refundLine(id, 1, 1n);
    expect(await shop.levels(productId)).toEqual({ balance: 10n, held: 0n });
    expect(await read(id)).toMatchObject({
      shipping_stop: null,
      items: [{ shipping_stop: "refunded" }, { shipping_stop: null }],
    });
    await expectRefusal(shop.db, () => ship(id, { items: one(1) }), {
      kind: "conflict",
      code: "shipping_stopped",
      details: { shipping_stop: "refunded", fields: [{ field: "items[0].line" }] },
    });
    expect((await ship(id)).order).toMatchObject({
      fulfilment: "partly",
      items: [{ shipped: 0 }, { shipped: 1 }],
    });
    expect(await shop.levels(other)).toEqual({ balance: 9n, held: 0n });
    await expectRefusal(shop.db, () => ship(id), {
      code: "shipping_stopped",
      details: { message: "line 1 was refunded, and its goods stay here" },
    });
    if (by === "balance") expect(await shop.balanceOf(account)).toEqual({ balance: 8_800n, held: 0n });
    const cancelled = await shop.act(id, cancelUnits({ items: [{ lineNo: 1 }] }));
    expect(cancelled).toMatchObject({
      status: "COMPLETED",
      credited: "12.00",
      items: [{ shipping_stop: null }, {}],
    });
  });

  it("goes anyway when staff says why, from the stock there is, and the trail keeps it", async () => {
    const { id, productId } = await sellTwo("card");
    await refundLine(id);
    const shipped = await ship(id, ANYWAY);
    expect(shipped.order).toMatchObject({ status: "COMPLETED", credited: "12.00" });
    expect(await shop.levels(productId)).toEqual({ balance: 9n, held: 0n });
    const { timeline } = await read(id);
    expect(timeline.map(({ note }) => note)).toContain("shipped anyway, refunded: a present");
    const again = await sellTwo("card");
    await refundLine(again.id);
    await shop.place([[again.productId, 10]], { paymentMethod: "invoice" });
    await expectRefusal(shop.db, () => ship(again.id, ANYWAY), { code: "insufficient_stock" });
    expect((await ship(again.id)).order).toMatchObject({ fulfilment: "partly" });
  });

  it("stops the units of it that are left, and the order with its last line", async () => {
    const [productId, other] = [await shop.addProduct(10), await shop.addProduct(10)];
    const account = await shop.openAccount({ owner: "alice", currency: "USD", balance: 10_000n });
    const lines: TestLine[] = [
      [productId, 2],
      [other, 1],
    ];
    const { id } = await shop.place(lines, { paymentMethod: "balance", accountId: account });
    await ship(id, { items: one(1) });
    await refundLine(id, 1, 2_400n);
    expect(await shop.levels(productId)).toEqual({ balance: 9n, held: 0n });
    expect(await shop.balanceOf(account)).toEqual({ balance: 8_800n, held: 0n }); // what was not paid yet is not due any more
    await refundLine(id, 2, 1_200n);
    await expectStopped({ id, paymentId: "", productId }, "refunded", 9n);
    expect(await shop.levels(other)).toEqual({ balance: 10n, held: 0n });
    expect(await shop.balanceOf(account)).toEqual({ balance: 10_000n, held: 0n });
  });

  it("an amount that names no line stops none, however it is spread; nor does one of what is free", async () => {
    const [dear, cheap, free] = [
      await shop.addProduct(10),
      await shop.addProduct(10, { priceMinor: 1n }),
      await shop.addProduct(10, { priceMinor: 0n }),
    ];
    const { id, payment } = await shop.place([
      [dear, 1],
      [cheap, 1],
      [free, 1],
    ]);
    await shop.tell(payment.id, { type: "captured", totalMinor: 1_201n, isFinal: true });
    await shop.act(id, refundOrder({ amountMinor: 1_200n, reason: "late" }));
    expect((await ship(id)).order).toMatchObject({ status: "COMPLETED" });
  });
});
