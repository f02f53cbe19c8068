// What a card's provider, its bank and staff past the order do to the payments of a random history's orders.
import { getPayment } from "../../src/modules/payments/index.ts";
import { smaller } from "../../src/values/money.ts";
import type { TestOrders } from "../orders.ts";

export type DisputeState = "open" | "won" | "lost";

async function cardsOf(shop: TestOrders, id: string): Promise<number[]> {
  const rows = await shop.db<{ id: bigint }[]>`
    SELECT id FROM payments.payments WHERE order_id = ${id} AND provider = 'sandbox' ORDER BY id`;
  return rows.map((row) => Number(row.id));
}

/** A webhook about any payment of the order, however old: it stands as the provider says. */
export async function tellCard(
  shop: TestOrders,
  id: string,
  act: { payment: number; what: "authorized" | "captured" },
): Promise<void> {
  const cards = await cardsOf(shop, id);
  const paymentId = cards[act.payment % Math.max(1, cards.length)];
  if (paymentId === undefined) return;
  const { amountMinor: totalMinor, voidedMinor } = await getPayment(shop.db, paymentId);
  if (voidedMinor > 0n) return; // what was given back is not authorized again
  const report = { type: act.what, totalMinor } as const;
  await shop.tell(
    paymentId,
    report.type === "captured"
      ? { ...report, type: "captured", isFinal: true }
      : { ...report, type: "authorized" },
  );
}

export async function dispute(shop: TestOrders, id: string, state: DisputeState): Promise<void> {
  const [paymentId] = await cardsOf(shop, id);
  if (paymentId === undefined) return;
  const { capturedMinor, refundedMinor, refundingMinor } = await getPayment(shop.db, paymentId);
  const amountMinor = capturedMinor - refundedMinor - refundingMinor;
  if (amountMinor <= 0n) return;
  await shop.tell(paymentId, {
    type: "dispute",
    reference: `dispute ${paymentId}`,
    amountMinor,
    state,
    reason: undefined,
  });
}

/** By the payment itself, whatever the order is doing. */
export async function refundPayment(shop: TestOrders, id: string, cents: number): Promise<void> {
  const [row] = await shop.db<{ id: bigint }[]>`
    SELECT payment_id AS id FROM orders.orders WHERE id = ${id} AND payment_id IS NOT NULL`;
  if (row === undefined) return;
  await shop.refundPayment(Number(row.id), (cents / 100).toFixed(2));
}

/** Made on the provider's own pages. */
export async function tellRefund(
  shop: TestOrders,
  id: string,
  act: { cents: number; state: "pending" | "succeeded" | "failed" },
): Promise<void> {
  const paymentId = (await cardsOf(shop, id)).at(-1);
  if (paymentId === undefined) return;
  const { capturedMinor, refundedMinor, chargedBackMinor, refundingMinor, disputedMinor } = await getPayment(
    shop.db,
    paymentId,
  );
  const left = capturedMinor - refundedMinor - chargedBackMinor - refundingMinor - disputedMinor;
  const amountMinor = smaller(BigInt(act.cents), left);
  if (amountMinor <= 0n) return;
  const reference = `refund ${crypto.randomUUID()}`;
  await shop.tell(paymentId, {
    type: "refund",
    reference,
    attemptId: undefined,
    amountMinor,
    state: act.state,
  });
}

/** The bank sends the newest refund that was done back. */
export async function sendBack(shop: TestOrders, id: string): Promise<void> {
  const [refund] = await shop.db<{ id: bigint; payment_id: bigint; amount: bigint }[]>`
    SELECT a.id, a.payment_id, a.amount
    FROM payments.attempts a
    JOIN payments.payments p ON p.id = a.payment_id
    WHERE p.order_id = ${id} AND p.provider = 'sandbox' AND act = 'refund' AND state = 'succeeded'
    ORDER BY a.id DESC LIMIT 1`;
  if (refund === undefined) return;
  await shop.tell(Number(refund.payment_id), {
    type: "refund",
    reference: undefined,
    attemptId: Number(refund.id),
    amountMinor: refund.amount,
    state: "failed",
  });
}

/** A card that is charged with its authorization is charged whole, sooner or later. */
export async function captureAuthorized(shop: TestOrders, placed: readonly string[]): Promise<void> {
  const rows = await shop.db<{ id: bigint; amount: bigint }[]>`
    SELECT id, amount FROM payments.payments
    WHERE order_id = ANY(${placed as string[]}::bigint[]) AND capture_mode = 'automatic' AND NOT cancel_requested
      AND authorized > captured + voided + capturing + voiding AND captured = 0`;
  for (const { id, amount: totalMinor } of rows)
    await shop.tell(Number(id), { type: "captured", totalMinor, isFinal: true });
}

/** Until a dispute is decided nobody can give its money back. */
export async function decideDisputes(
  shop: TestOrders,
  placed: readonly string[],
  state: DisputeState,
): Promise<void> {
  const rows = await shop.db<{ id: bigint; disputed: bigint }[]>`
    SELECT id, disputed FROM payments.payments WHERE order_id = ANY(${placed as string[]}::bigint[]) AND disputed > 0`;
  for (const { id, disputed: amountMinor } of rows)
    await shop.tell(Number(id), {
      type: "dispute",
      reference: `dispute ${id}`,
      amountMinor,
      state,
      reason: undefined,
    });
}

/** By the payment itself, and no more than is due: more would be owed back, which a verification names. */
export async function capturePart(shop: TestOrders, id: string, cents: number): Promise<void> {
  const [row] = await shop.db<{ id: bigint; due: bigint }[]>`
    SELECT p.id, o.total - o.waived - p.captured + o.repaid AS due
    FROM orders.orders o
    JOIN payments.payments p ON p.id = o.payment_id
    WHERE o.id = ${id} AND p.provider <> 'sandbox'`;
  const amount = smaller(BigInt(cents), row?.due ?? 0n);
  if (row !== undefined && amount > 0n)
    await shop.capturePayment(Number(row.id), (Number(amount) / 100).toFixed(2));
}
