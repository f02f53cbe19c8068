import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { NO_TRACKING, openTestOrders, type TestOrders } from "../../../../tests/orders.ts";
import { findDifferences } from "../../../../tests/verified.ts";
import type { Attempt } from "../../payments/index.ts";
import { advanceOrder } from "../changing/advance-order.ts";
import { cancelOrder } from "../changing/cancel-order.ts";
import { shipOrder } from "../fulfilment/ship-order.ts";
import { getOrderDetail } from "../get-order.ts";
import { refundOrder } from "./credit-order.ts";
import { returnItems } from "./return-items.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await openTestOrders();
});
afterEach(async () => {
  expect(await findDifferences(shop.db)).toEqual([]);
});
afterAll(() => shop.close());

interface Sold {
  readonly id: string;
  readonly paymentId: number;
}

/** Two products, one of 12.00 and one of 3.50 (rounded tax), paid by card. */
async function sellByCard(): Promise<Sold> {
  const products = [await shop.addProduct(5), await shop.addProduct(5, { priceMinor: 292n })];
  const { id, payment } = await shop.place(products.map((product) => [product, 1] as const));
  await shop.tell(payment.id, { type: "captured", totalMinor: 1_550n, isFinal: true });
  return { id, paymentId: Number(payment.id) };
}

/** 12.00 that Alice is to transfer. */
async function sellByTransfer({ isConfirmed = true } = {}): Promise<Sold> {
  const fields = { paymentMethod: "bank_transfer" } as const;
  const { id, payment } = await shop.place([[await shop.addProduct(5), 1]], fields);
  if (isConfirmed) await shop.act(id, advanceOrder({ to: "CONFIRMED" }));
  return { id, paymentId: Number(payment.id) };
}

async function read({ id }: Pick<Sold, "id">) {
  const order = await getOrderDetail(shop.services, STAFF, Number(id));
  return { ...order, notes: order.credit_notes.map(({ kind, total }) => `${kind} ${total}`) };
}

function refundPayment({ paymentId }: Sold, amount?: string) {
  return shop.refundPayment(paymentId, amount);
}

function capture({ paymentId }: Sold, amount?: string) {
  return shop.capturePayment(paymentId, amount);
}

async function refundOf({ paymentId }: Sold): Promise<Attempt> {
  const open = await shop.openAttempts();
  const refund = open.find((attempt) => attempt.paymentId === paymentId && attempt.act === "refund");
  if (refund === undefined) throw new Error("no refund is under way");
  return refund;
}

type Report = Parameters<TestOrders["tell"]>[1];
type RefundState = Extract<Report, { type: "refund" }>["state"];
const madeThere = (reference: string, amountMinor: bigint, state: RefundState = "succeeded"): Report => ({
  type: "refund",
  reference,
  attemptId: undefined,
  amountMinor,
  state,
});
const dispute = (reference: string, amountMinor: bigint, state: "open" | "won" | "lost"): Report => ({
  type: "dispute",
  reference,
  amountMinor,
  state,
  reason: "fraudulent",
});

describe("F6-5: what a payment gives back by itself is credited of its order", () => {
  it("a refund by staff, from when it begins, spread over the lines", async () => {
    const sold = await sellByCard();
    await refundPayment(sold, "5.00");
    expect(await read(sold)).toMatchObject({
      credited: "5.00",
      items: [{ credited: "3.87" }, { credited: "1.13" }],
      credit_notes: [{ kind: "refund", refunded: "5.00", reason: "late", created_by: STAFF.id }],
    });
    await shop.settle(await refundOf(sold), "succeeded");
    expect(await read(sold)).toMatchObject({ credited: "5.00", notes: ["refund 5.00"] });
    expect((await read(sold)).timeline.map(({ event }) => event)).toContain("refunded");
  });

  it("each of two that are under way at once, and all that is left", async () => {
    const sold = await sellByCard();
    await refundPayment(sold, "5.00");
    await refundPayment(sold, "3.00");
    await refundPayment(sold);
    expect(await read(sold)).toMatchObject({
      credited: "15.50",
      notes: ["refund 5.00", "refund 3.00", "refund 7.50"],
    });
    for (const attempt of await shop.openAttempts()) await shop.settle(attempt, "succeeded");
    expect(await read(sold)).toMatchObject({ credited: "15.50", payment: { refunded: "15.50" } });
  });

  it("one that the provider's pages made, told once or often, pending first or not", async () => {
    const sold = await sellByCard();
    for (const state of ["pending", "pending", "succeeded", "succeeded"] as const)
      await shop.tell(sold.paymentId, madeThere("re_1", 400n, state));
    await shop.tell(sold.paymentId, madeThere("re_2", 100n));
    expect(await read(sold)).toMatchObject({
      credited: "5.00",
      notes: ["refund 4.00", "refund 1.00"],
      credit_notes: [{ created_by: "provider", reason: "made at the provider" }, {}],
    });
  });

  it("a dispute once it is lost, and not while it is open or when it is won", async () => {
    const sold = await sellByCard();
    await shop.tell(sold.paymentId, dispute("du_1", 300n, "open"));
    expect(await read(sold)).toMatchObject({ credited: "0.00", payment_status: "disputed" });
    await shop.tell(sold.paymentId, dispute("du_1", 300n, "won"));
    expect(await read(sold)).toMatchObject({ credited: "0.00" });
    await shop.tell(sold.paymentId, dispute("du_2", 1_000n, "lost"));
    expect(await read(sold)).toMatchObject({
      credited: "10.00",
      credit_notes: [{ kind: "chargeback", reference: "du_2", reason: "a dispute was lost: fraudulent" }],
    });
    expect((await read(sold)).timeline.map(({ event }) => event)).toContain("charged_back");
  });

  it("several things told at once, the capture among them", async () => {
    const { id, payment } = await shop.place([[await shop.addProduct(5), 1]]);
    await shop.tell(
      payment.id,
      { type: "captured", totalMinor: 1_200n, isFinal: true },
      madeThere("re_1", 200n),
      dispute("du_1", 300n, "lost"),
    );
    expect(await read({ id })).toMatchObject({
      status: "CONFIRMED",
      credited: "5.00",
      notes: ["refund 2.00", "chargeback 3.00"],
    });
  });

  it("and what may still be returned is what is left", async () => {
    const sold = await sellByCard();
    await shop.act(sold.id, shipOrder(shop.services, NO_TRACKING));
    await refundPayment(sold, "5.00");
    await shop.tell(sold.paymentId, dispute("du_1", 550n, "lost"));
    const items = [1, 2].map((lineNo) => ({ lineNo, quantity: 1, restock: true, location: undefined }));
    const back = await shop.act(sold.id, returnItems(shop.services, { items, refund: true, reason: "back" }));
    expect(back).toMatchObject({
      order: { fulfilment: "returned", credited: "15.50" },
      credit_note: { total: "5.00", refunded: "5.00" },
    });
  });
});

describe("F6-5: a refund that comes to nothing is taken back of its order", () => {
  it.each(["payment", "order"] as const)("begun by the %s, and may be begun again", async (by) => {
    const sold = await sellByCard();
    const begin = () =>
      by === "payment"
        ? refundPayment(sold, "5.00")
        : shop.act(sold.id, refundOrder({ amountMinor: 500n, reason: "late" }));
    await begin();
    await shop.settle(await refundOf(sold), "failed");
    expect(await read(sold)).toMatchObject({
      credited: "0.00",
      items: [{ credited: "0.00" }, { credited: "0.00" }],
      payment: { refunded: "0.00" },
      notes: ["refund 5.00", "reversal -5.00"],
      credit_notes: [{}, { refunded: "-5.00", reason: "the refund did not go through: refund_failed" }],
    });
    expect((await read(sold)).timeline.map(({ event }) => event)).toContain("refund_failed");
    await begin();
    await shop.settle(await refundOf(sold), "succeeded");
    expect(await read(sold)).toMatchObject({ credited: "5.00", payment: { refunded: "5.00" } });
  });

  it("after it had been told as done, and where it is done after all", async () => {
    const sold = await sellByCard();
    await shop.tell(sold.paymentId, madeThere("re_1", 400n), madeThere("re_1", 400n, "failed"));
    expect(await read(sold)).toMatchObject({ credited: "0.00", notes: [] });
    await shop.tell(sold.paymentId, madeThere("re_2", 300n));
    await shop.tell(sold.paymentId, madeThere("re_2", 300n, "failed"));
    expect(await read(sold)).toMatchObject({ credited: "0.00", notes: ["refund 3.00", "reversal -3.00"] });
  });

  it("of goods that came back: they are back, and their money may follow", async () => {
    const sold = await sellByCard();
    await shop.act(sold.id, shipOrder(shop.services, NO_TRACKING));
    const items = [{ lineNo: 1, quantity: 1, restock: true, location: undefined }];
    await shop.act(sold.id, returnItems(shop.services, { items, refund: true, reason: "back" }));
    await shop.settle(await refundOf(sold), "failed");
    expect(await read(sold)).toMatchObject({
      credited: "0.00",
      items: [{ returned: 1, credited: "0.00" }, {}],
    });
    await shop.act(sold.id, refundOrder({ amountMinor: 1_200n, reason: "again" }));
    expect(await read(sold)).toMatchObject({ items: [{ credited: "12.00" }, { credited: "0.00" }] });
  });

  it("of an order that is cancelled meanwhile it is no credit, and its money goes back with the rest", async () => {
    const sold = await sellByCard();
    await refundPayment(sold, "5.00");
    const refund = await refundOf(sold);
    await shop.act(sold.id, cancelOrder({}));
    await shop.settle(refund, "failed");
    for (const attempt of await shop.openAttempts()) await shop.settle(attempt, "succeeded");
    expect(await read(sold)).toMatchObject({ status: "CANCELLED", payment: { refunded: "15.50" } });
  });
});

describe("F6-5: an order that waits for its money", () => {
  it("waits for it again where it went back", async () => {
    const sold = await sellByTransfer({ isConfirmed: false });
    await capture(sold, "10.00");
    expect(await read(sold)).toMatchObject({
      status: "PENDING",
      due: "2.00",
      payment_status: "partly_captured",
    });
    await refundPayment(sold, "4.00");
    expect(await read(sold)).toMatchObject({ status: "PENDING", credited: "0.00", due: "6.00", notes: [] });
    await refundPayment(sold);
    expect(await read(sold)).toMatchObject({ status: "PENDING", credited: "0.00", due: "12.00" });
    await shop.act(sold.id, cancelOrder({}));
    expect(await read(sold)).toMatchObject({ status: "CANCELLED", due: "0.00", owed_back: "0.00" });
  });
});

describe("F6-6: what is paid beyond what is due", () => {
  it("is shown, owed back, named by a verification, and given back without being credited", async () => {
    const sold = await sellByTransfer();
    await shop.act(sold.id, refundOrder({ amountMinor: 200n, reason: "a scratch" }));
    expect(await read(sold)).toMatchObject({ credited: "2.00", due: "10.00", owed_back: "0.00" });
    await capture(sold);
    expect(await read(sold)).toMatchObject({ due: "0.00", owed_back: "2.00", payment_status: "captured" });
    expect(await findDifferences(shop.db)).toEqual([
      expect.objectContaining({
        check: "order_payments",
        what: `order ${sold.id} (CONFIRMED) was paid 12.00 USD where 10.00 USD are due: 2.00 USD are owed back`,
      }),
    ]);
    await refundPayment(sold, "2.50");
    expect(await read(sold)).toMatchObject({
      credited: "2.50",
      owed_back: "0.00",
      notes: ["refund 2.00", "refund 0.50"],
    });
  });
});
