import { afterAll, beforeAll, expect, it } from "vitest";
import { reviewOrder } from "../../../src/modules/orders/changing/advance-order.ts";
import { cancelOrder } from "../../../src/modules/orders/changing/cancel-order.ts";
import { payOrder } from "../../../src/modules/orders/changing/pay-order.ts";
import { refundOrder } from "../../../src/modules/orders/credit-notes/credit-order.ts";
import {
  expireOrders,
  queueOrders,
  type ScreenVerdict,
  verifyOrders,
} from "../../../src/modules/orders/index.ts";
import { getPayment } from "../../../src/modules/payments/index.ts";
import { STAFF } from "../../desk.ts";
import { ALICE, openTestOrders, type TestOrders } from "../../orders.ts";

let verdict: ScreenVerdict = "accept";
let shop: TestOrders;
let productId: number;
beforeAll(async () => {
  shop = await openTestOrders({
    screen: {
      prepare: async () => ({
        needs: [],
        judge: () => ({ verdict, score: 0, reasons: [], keep: () => undefined }),
      }),
    },
  });
  productId = await shop.addProduct(1_000);
});
afterAll(() => shop.close());

const isOver = (id: string) => shop.db`UPDATE orders.orders SET expires_at = 1 WHERE id = ${id}`;
const entriesOf = async (id: string) =>
  (
    await shop.db<{ event: string }[]>`SELECT event FROM orders.entries WHERE order_id = ${id} ORDER BY seq`
  ).map(({ event }) => event);
const heldNow = async () => (await shop.levels(productId)).held;
const attemptOf = async (paymentId: string) => {
  const attempt = (await shop.openAttempts()).find((each) => String(each.paymentId) === paymentId);
  if (attempt === undefined) throw new Error("nothing is under way");
  return attempt;
};
const placed = async (fields: Parameters<TestOrders["place"]>[1] = {}) => {
  const before = await heldNow();
  const order = await shop.place([[productId, 2]], fields);
  expect((await heldNow()) - before).toBe(2n);
  return { ...order, heldBefore: before };
};

it("ends an order that nobody paid, and frees its stock", async () => {
  const { id, heldBefore } = await placed({ paymentMethod: "invoice" });
  expect(await expireOrders(shop.services)).toBe(0);
  await isOver(id);
  expect(await expireOrders(shop.services)).toBe(1);
  expect(await shop.stateOf(id)).toBe("EXPIRED");
  expect(await heldNow()).toBe(heldBefore);
  expect(await expireOrders(shop.services)).toBe(0);
});

it("calls an order FAILED whose card was declined when its time is over", async () => {
  const { id, payment } = await placed();
  await shop.settle(await attemptOf(payment.id), "failed");
  await isOver(id);
  await expireOrders(shop.services);
  expect(await shop.stateOf(id)).toBe("FAILED");
});

it("failure 15: gives an order more time, with its stock, while its payment is under way", async () => {
  const { id, payment, heldBefore } = await placed();
  await isOver(id);
  expect(await expireOrders(shop.services)).toBe(1);
  expect(await shop.stateOf(id)).toBe("PENDING");
  expect((await heldNow()) - heldBefore).toBe(2n);
  await shop.settle(await attemptOf(payment.id), "succeeded");
  expect(await shop.stateOf(id)).toBe("CONFIRMED");
  expect(await entriesOf(id)).toEqual(["extended", "payment_changed", "confirmed"]);
});

it("gives up after a day on a payment that nobody tells of, and completes the end with its outcome", async () => {
  const { id, payment, heldBefore } = await placed();
  const attempt = await attemptOf(payment.id);
  const dayAgo = Number(payment.id) - 90_000_000_000;
  for (const [table, column] of [
    ["payments.attempts", "payment_id"],
    ["payments.events", "payment_id"],
    ["payments.payments", "id"],
  ] as const)
    await shop.db.unsafe(
      `SET session_replication_role = replica; UPDATE ${table} SET ${column} = ${dayAgo} WHERE ${column} = ${payment.id}; SET session_replication_role = origin`,
    );
  await shop.db`UPDATE orders.orders SET payment_id = ${dayAgo} WHERE id = ${id}`;
  await isOver(id);
  await expireOrders(shop.services);
  expect(await shop.stateOf(id)).toBe("PENDING");
  expect(await heldNow()).toBe(heldBefore);
  await shop.settle({ ...attempt, paymentId: dayAgo }, "succeeded");
  expect(await shop.stateOf(id)).toBe("PENDING");
  await shop.settle(await attemptOf(String(dayAgo)), "succeeded");
  expect(await shop.stateOf(id)).toBe("CANCELLED");
  expect(await getPayment(shop.db, dayAgo)).toMatchObject({ capturedMinor: 2_400n, refundedMinor: 2_400n });
});

it("failure 16: money of a card that was declined before and comes after all goes back, the order is paid by the other", async () => {
  const { id, payment } = await placed();
  await shop.settle(await attemptOf(payment.id), "failed");
  const caller = { actor: ALICE };
  const request = { paymentMethod: "credit_card" } as const;
  const again = await shop.act(id, payOrder(shop.services, caller, request), ALICE);
  await shop.tell(
    payment.id,
    { type: "authorized", totalMinor: 2_400n },
    { type: "captured", totalMinor: 2_400n, isFinal: true },
  );
  expect(await shop.stateOf(id)).toBe("PENDING");
  const refund = await attemptOf(payment.id);
  expect(refund).toMatchObject({ act: "refund", amountMinor: 2_400n });
  await shop.settle(await attemptOf(again.payment.id), "succeeded");
  expect(await shop.stateOf(id)).toBe("CONFIRMED");
  await shop.settle(refund, "succeeded");
  expect(await shop.stateOf(id)).toBe("CONFIRMED");
});

it("gives money back that comes for an order that has expired, and says so", async () => {
  const { id, payment } = await placed();
  await shop.settle(await attemptOf(payment.id), "failed");
  await isOver(id);
  await expireOrders(shop.services);
  await shop.tell(
    payment.id,
    { type: "authorized", totalMinor: 2_400n },
    { type: "captured", totalMinor: 2_400n, isFinal: true },
  );
  expect(await shop.stateOf(id)).toBe("FAILED");
  await shop.settle(await attemptOf(payment.id), "succeeded");
  expect(await getPayment(shop.db, Number(payment.id))).toMatchObject({ refundedMinor: 2_400n });
});

it("ends a cancelled order whose card was declined while its payment was being voided", async () => {
  const { id, payment } = await placed();
  await shop.tell(payment.id, { type: "action_required", actionUrl: "https://bank.example" });
  expect(await shop.act(id, cancelOrder({}), ALICE)).toMatchObject({ cancel_pending: true });
  const [authorize, cancel] = (await shop.openAttempts()).filter(
    ({ paymentId }) => String(paymentId) === payment.id,
  );
  if (authorize === undefined || cancel === undefined) throw new Error("nothing is under way");
  await shop.settle(authorize, "failed");
  expect(await shop.stateOf(id)).toBe("PENDING");
  await shop.settle(cancel, "succeeded");
  expect(await shop.stateOf(id)).toBe("CANCELLED");
});

it("gives back all of a cancelled order, also what a refund on its way had failed to", async () => {
  const { id, payment } = await placed();
  await shop.settle(await attemptOf(payment.id), "succeeded");
  for (const amountMinor of [1_900n, 450n]) await shop.act(id, refundOrder({ amountMinor, reason: "late" }));
  await shop.act(id, cancelOrder({}), ALICE);
  const refunds = (await shop.openAttempts()).filter(({ paymentId }) => String(paymentId) === payment.id);
  expect(refunds.map(({ amountMinor }) => amountMinor)).toEqual([1_900n, 450n, 50n]);
  const [, second] = refunds;
  if (second === undefined) throw new Error("nothing is under way");
  await shop.settle(second, "failed");
  for (const refund of await shop.openAttempts())
    if (String(refund.paymentId) === payment.id) await shop.settle(refund, "succeeded");
  expect(await shop.stateOf(id)).toBe("CANCELLED");
  expect(await getPayment(shop.db, Number(payment.id))).toMatchObject({
    refundedMinor: 2_400n,
    taxReturnedMinor: 400n,
  });
});

it("keeps an order in review until staff has decided, paid or not", async () => {
  verdict = "review";
  const paidFirst = await placed();
  const accepted = await placed();
  const refused = await placed();
  verdict = "accept";
  expect(paidFirst).toMatchObject({ status: "PENDING", review: "pending" });
  await shop.settle(await attemptOf(paidFirst.payment.id), "succeeded");
  expect(await shop.stateOf(paidFirst.id)).toBe("PENDING");
  const yes = reviewOrder({ isAccepted: true, note: "known customer" });
  expect(await shop.act(paidFirst.id, yes)).toMatchObject({ status: "CONFIRMED", review: "accepted" });
  await expect(shop.act(paidFirst.id, yes)).rejects.toMatchObject({ code: "order_not_in_review" });

  expect(await shop.act(accepted.id, yes)).toMatchObject({ status: "PENDING", review: "accepted" });
  await shop.settle(await attemptOf(accepted.payment.id), "succeeded");
  expect(await shop.stateOf(accepted.id)).toBe("CONFIRMED");

  await shop.settle(await attemptOf(refused.payment.id), "succeeded");
  const no = reviewOrder({ isAccepted: false, note: "stolen card" });
  const held = await heldNow();
  expect(await shop.act(refused.id, no)).toMatchObject({ review: "refused", cancel_pending: true });
  expect(await heldNow()).toBe(held - 2n);
  await shop.settle(await attemptOf(refused.payment.id), "succeeded");
  expect(await shop.stateOf(refused.id)).toBe("CANCELLED");
});

it("takes an order back that the fraud check refuses, without a trace", async () => {
  verdict = "refuse";
  const before = await heldNow();
  await expect(shop.place([[productId, 2]])).rejects.toMatchObject({ code: "order_refused_by_screening" });
  verdict = "accept";
  expect(await heldNow()).toBe(before);
});

it("ends an order in review that nobody decided, and gives back what was paid", async () => {
  verdict = "review";
  const { id, payment } = await placed();
  verdict = "accept";
  await shop.settle(await attemptOf(payment.id), "succeeded");
  await isOver(id);
  await expireOrders(shop.services);
  expect(await shop.stateOf(id)).toBe("PENDING");
  await shop.settle(await attemptOf(payment.id), "succeeded");
  expect(await shop.stateOf(id)).toBe("CANCELLED");
});

it("hands confirmed orders to the warehouse, but none that is being cancelled", async () => {
  const first = await placed();
  const second = await placed();
  for (const { payment } of [first, second]) await shop.settle(await attemptOf(payment.id), "succeeded");
  await shop.act(second.id, cancelOrder({ reason: "too late" }), ALICE);
  expect(await queueOrders(shop.services)).toBeGreaterThan(0);
  expect(await shop.stateOf(first.id)).toBe("QUEUED");
  expect(await shop.stateOf(second.id)).toBe("CONFIRMED");
});

it("gives nothing back of a card that is authorized and about to be charged", async () => {
  const { id, payment } = await placed();
  await shop.tell(payment.id, { type: "authorized", totalMinor: 2_400n });
  expect(await shop.stateOf(id)).toBe("CONFIRMED");
  const refund = refundOrder({ amountMinor: 100n, reason: "a scratch" });
  await expect(shop.act(id, refund)).rejects.toMatchObject({ code: "payment_in_progress" });
  await shop.tell(payment.id, { type: "captured", totalMinor: 2_400n, isFinal: true });
  expect(await shop.act(id, refund, STAFF)).toMatchObject({ credit_note: { refunded: "1.00" } });
});

it("leaves nothing that does not agree", async () => {
  expect((await verifyOrders(shop.db)).differences).toEqual([]);
});
