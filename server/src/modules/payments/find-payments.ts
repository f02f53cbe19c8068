// Reads payments for other modules and for people.

import type { Sql } from "../../runtime/database.ts";
import { inReadTransaction, type Tx } from "../../runtime/transaction.ts";
import { type Actor, actsForAll } from "../../values/actor.ts";
import { asHidden } from "../../values/app-error.ts";
import type { PageFilter } from "../../values/filter.ts";
import { type Page, type PageBounds, toPage } from "../../values/page.ts";
import { type Assets, ensureAssets } from "../ledger/index.ts";
import type { Attempt } from "./attempts/attempt.ts";
import { selectAttempts, selectAttemptsById, selectAttention } from "./attempts/attempt-store.ts";
import type { HeldEvent } from "./attention/held-event.ts";
import { selectHeldEvents, selectWaitingEvents } from "./attention/held-event-store.ts";
import type { ChargeMoney } from "./charges/whole-payment.ts";
import { paymentsError } from "./errors.ts";
import type { Dispute } from "./outcomes/dispute.ts";
import { selectDisputes, selectNewestDisputes } from "./outcomes/dispute-store.ts";
import type { Payment, PaymentEvent, ProviderName } from "./payment.ts";
import * as store from "./payment-store.ts";
import { selectMoneyOfOrders } from "./verify/verify-payments-store.ts";

/** @throws AppError `not_found/payment_not_found` */
export async function getPayment(db: Sql, id: number): Promise<Payment> {
  const payment = await store.selectPayment(db, id);
  if (payment === undefined) throw paymentsError("payment_not_found");
  return payment;
}

/** All payments of these orders, by order, in the order they were opened. */
export async function findPaymentsOfOrders(
  db: Sql | Tx["sql"],
  orderIds: readonly number[],
): Promise<Map<number, Payment[]>> {
  const payments = await store.selectPaymentsOfOrders(db, orderIds);
  return Map.groupBy(payments, ({ orderId }) => orderId ?? 0);
}

/** A text for each order that has payments: it changes whenever one of them does, and never becomes what it was. */
export async function findMarksOfPayments(tx: Tx, orderIds: readonly number[]): Promise<Map<number, string>> {
  const rows = await store.selectChangesOfOrders(tx, orderIds);
  return new Map(rows.map(({ order_id, changes }) => [Number(order_id), changes]));
}

/** What an order needs to know about its payments to be checked. */
export type OrderMoney = ChargeMoney & Pick<Payment, "orderId" | "currency">;

/** The money of these orders' payments, by order, in the order they were opened: for checks of very many orders. */
export async function findMoneyOfOrders(
  tx: Tx,
  orderIds: readonly number[],
): Promise<Map<number, OrderMoney[]>> {
  const payments = await selectMoneyOfOrders(tx, orderIds);
  return Map.groupBy(payments, ({ orderId }) => orderId ?? 0);
}

/** Attempts by id; unknown ids are left out. */
export async function findAttempts(tx: Tx, ids: readonly number[]): Promise<Map<number, Attempt>> {
  const attempts = ids.length === 0 ? [] : await selectAttemptsById(tx, ids);
  return new Map(attempts.map((attempt) => [attempt.id, attempt]));
}

interface PaymentReader {
  readonly db: Sql;
  readonly assets: Assets;
}

/** A payment that the actor may see: staff see all, customers their own. @throws AppError `not_found/payment_not_found` */
export async function getVisiblePayment(
  { db, assets }: PaymentReader,
  actor: Actor,
  id: number,
): Promise<Payment> {
  const payment = await getPayment(db, id);
  if (!actsForAll(actor) && payment.customerId !== actor.id)
    throw asHidden(paymentsError("payment_not_found"));
  await ensureAssets(assets, [payment]);
  return payment;
}

export type PaymentListQuery = PageFilter<{
  orderId: number;
  customerId: string;
  provider: ProviderName;
}>;

/** Newest first; customers find only their own, whatever they ask for. */
export async function findPayments(
  { db, assets }: PaymentReader,
  actor: Actor,
  query: PaymentListQuery,
): Promise<Page<Payment>> {
  const customerId = actsForAll(actor) ? query.customerId : actor.id;
  const payments = await store.selectPayments(db, { ...query, customerId, limit: query.limit + 1 });
  await ensureAssets(assets, payments);
  return toPage(payments, query.limit, ({ id }) => id);
}

export interface PaymentWithHistory {
  readonly payment: Payment;
  readonly attempts: readonly Attempt[];
  readonly events: readonly PaymentEvent[];
  readonly disputes: readonly Dispute[];
  readonly heldEvents: readonly HeldEvent[];
}

/** All read at one moment. @throws AppError `not_found/payment_not_found` */
export async function getPaymentWithHistory(
  reader: PaymentReader,
  actor: Actor,
  id: number,
): Promise<PaymentWithHistory> {
  const payment = await getVisiblePayment(reader, actor, id);
  return inReadTransaction(reader.db, async ({ sql }) => ({
    payment: (await store.selectPayment(sql, id)) ?? payment,
    attempts: await selectAttempts(sql, id),
    events: await store.selectEvents(sql, id),
    disputes: await selectDisputes(sql, id),
    heldEvents: await selectHeldEvents(sql, id),
  }));
}

/** An attempt with an unknown outcome, a refund that failed, or an event that does not fit its payment. */
export type AttentionItem = { readonly payment: Payment } & (
  | { readonly attempt: Attempt; readonly event?: undefined }
  | { readonly event: HeldEvent; readonly attempt?: undefined }
);

/** The items that wait for a person, in the order they were made. */
export async function findAttention(
  reader: PaymentReader,
  { cursor: afterId = 0, limit }: PageBounds,
): Promise<Page<AttentionItem>> {
  const query = { afterId, limit: limit + 1 };
  const attempts = await selectAttention(reader.db, query);
  const events = await selectWaitingEvents(reader.db, query);
  const waiting = [
    ...attempts.map((attempt) => ({ id: attempt.id, paymentId: attempt.paymentId, attempt })),
    ...events.map((event) => ({ id: event.id, paymentId: event.paymentId, event })),
  ].toSorted((one, other) => one.id - other.id);
  const page = toPage(waiting, limit, ({ id }) => id);
  return addPayments(reader, page, (item, payment) =>
    "event" in item ? { payment, event: item.event } : { payment, attempt: item.attempt },
  );
}

export interface DisputeItem {
  readonly payment: Payment;
  readonly dispute: Dispute;
}

/** Disputes, newest first. */
export async function findDisputes(
  reader: PaymentReader,
  { cursor: beforeStamp = Number.MAX_SAFE_INTEGER, limit }: PageBounds,
): Promise<Page<DisputeItem>> {
  const disputes = await selectNewestDisputes(reader.db, { beforeStamp, limit: limit + 1 });
  const page = toPage(disputes, limit, ({ openedAt }) => openedAt);
  return addPayments(reader, page, (dispute, payment) => ({ payment, dispute }));
}

async function addPayments<Part extends { readonly paymentId: number }, Item>(
  { db, assets }: PaymentReader,
  page: Page<Part>,
  join: (part: Part, payment: Payment) => Item,
): Promise<Page<Item>> {
  const ids = [...new Set(page.items.map(({ paymentId }) => paymentId))];
  const payments = await store.selectPaymentsById(db, ids);
  await ensureAssets(assets, payments);
  const byId = new Map(payments.map((payment) => [payment.id, payment]));
  const items = page.items.flatMap((part) => {
    const payment = byId.get(part.paymentId);
    return payment === undefined ? [] : [join(part, payment)];
  });
  return { ...page, items };
}
