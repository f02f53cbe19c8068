// The SQL of payments and their events: locked and written by batches, read by pages.
import type { Sql } from "../../runtime/database.ts";
import { toArray, toTextArray } from "../../runtime/sql-array.ts";
import type { Tx } from "../../runtime/transaction.ts";
import type { CaptureMode, EventType, Payment, PaymentEvent, ProviderName } from "./payment.ts";

interface PaymentRow {
  id: bigint;
  order_id: bigint | null;
  customer_id: string | null;
  provider: ProviderName;
  asset_id: number;
  currency: string;
  amount: bigint;
  tax: bigint;
  capture_mode: CaptureMode;
  reference: string | null;
  account_id: bigint | null;
  hold_id: bigint | null;
  method_token: string | null;
  provider_reference: string | null;
  action_url: string | null;
  failure_code: string | null;
  authorized: bigint;
  voided: bigint;
  captured: bigint;
  refunded: bigint;
  charged_back: bigint;
  disputed: bigint;
  tax_captured: bigint;
  tax_returned: bigint;
  authorizing: bigint;
  capturing: bigint;
  voiding: bigint;
  refunding: bigint;
  cancel_requested: boolean;
  event_count: number;
  version: bigint;
}

/** Locks payments in id order until the transaction ends. */
export async function lockPayments({ sql }: Tx, ids: readonly number[]): Promise<Map<number, Payment>> {
  const rows = await sql<PaymentRow[]>`
    SELECT * FROM payments.payments WHERE id = ANY(${toArray(ids)}::bigint[]) ORDER BY id FOR NO KEY UPDATE`.execute();
  return new Map(rows.map((row) => [Number(row.id), toPayment(row)]));
}

export async function insertPayments({ sql }: Tx, payments: readonly Payment[]): Promise<void> {
  await sql`
    INSERT INTO payments.payments (id, order_id, customer_id, provider, asset_id, currency, amount, tax, capture_mode, reference,
      account_id, hold_id, method_token, provider_reference, action_url, failure_code, authorized, voided, captured, refunded,
      charged_back, disputed, tax_captured, tax_returned, authorizing, capturing, voiding, refunding, cancel_requested,
      event_count, version)
    SELECT * FROM unnest(
      ${numbers(payments, (p) => p.id)}::bigint[], ${numbers(payments, (p) => p.orderId)}::bigint[],
      ${texts(payments, (p) => p.customerId)}::text[], ${texts(payments, (p) => p.provider)}::text[],
      ${numbers(payments, (p) => p.assetId)}::integer[], ${texts(payments, (p) => p.currency)}::text[],
      ${numbers(payments, (p) => p.amountMinor)}::bigint[], ${numbers(payments, (p) => p.taxMinor)}::bigint[],
      ${texts(payments, (p) => p.captureMode)}::text[], ${texts(payments, (p) => p.reference)}::text[],
      ${numbers(payments, (p) => p.accountId)}::bigint[], ${numbers(payments, (p) => p.holdId)}::bigint[],
      ${texts(payments, (p) => p.methodToken)}::text[], ${texts(payments, (p) => p.providerReference)}::text[],
      ${texts(payments, (p) => p.actionUrl)}::text[], ${texts(payments, (p) => p.failureCode)}::text[],
      ${numbers(payments, (p) => p.authorizedMinor)}::bigint[], ${numbers(payments, (p) => p.voidedMinor)}::bigint[],
      ${numbers(payments, (p) => p.capturedMinor)}::bigint[], ${numbers(payments, (p) => p.refundedMinor)}::bigint[],
      ${numbers(payments, (p) => p.chargedBackMinor)}::bigint[], ${numbers(payments, (p) => p.disputedMinor)}::bigint[],
      ${numbers(payments, (p) => p.taxCapturedMinor)}::bigint[], ${numbers(payments, (p) => p.taxReturnedMinor)}::bigint[],
      ${numbers(payments, (p) => p.authorizingMinor)}::bigint[], ${numbers(payments, (p) => p.capturingMinor)}::bigint[],
      ${numbers(payments, (p) => p.voidingMinor)}::bigint[], ${numbers(payments, (p) => p.refundingMinor)}::bigint[],
      ${texts(payments, (p) => String(p.cancelRequested))}::text[]::boolean[],
      ${numbers(payments, (p) => p.eventCount)}::integer[], ${numbers(payments, (p) => p.version)}::bigint[])`.execute();
}

/** Writes what may change; the rows are locked. */
export async function updatePayments({ sql }: Tx, payments: readonly Payment[]): Promise<void> {
  await sql`
    UPDATE payments.payments p SET hold_id = n.hold_id, provider_reference = n.provider_reference, action_url = n.action_url,
      failure_code = n.failure_code, authorized = n.authorized, voided = n.voided, captured = n.captured, refunded = n.refunded,
      charged_back = n.charged_back, disputed = n.disputed, tax_captured = n.tax_captured, tax_returned = n.tax_returned,
      authorizing = n.authorizing, capturing = n.capturing, voiding = n.voiding, refunding = n.refunding,
      cancel_requested = n.cancel_requested, event_count = n.event_count, version = n.version
    FROM unnest(
      ${numbers(payments, (p) => p.id)}::bigint[], ${numbers(payments, (p) => p.holdId)}::bigint[],
      ${texts(payments, (p) => p.providerReference)}::text[], ${texts(payments, (p) => p.actionUrl)}::text[],
      ${texts(payments, (p) => p.failureCode)}::text[],
      ${numbers(payments, (p) => p.authorizedMinor)}::bigint[], ${numbers(payments, (p) => p.voidedMinor)}::bigint[],
      ${numbers(payments, (p) => p.capturedMinor)}::bigint[], ${numbers(payments, (p) => p.refundedMinor)}::bigint[],
      ${numbers(payments, (p) => p.chargedBackMinor)}::bigint[], ${numbers(payments, (p) => p.disputedMinor)}::bigint[],
      ${numbers(payments, (p) => p.taxCapturedMinor)}::bigint[], ${numbers(payments, (p) => p.taxReturnedMinor)}::bigint[],
      ${numbers(payments, (p) => p.authorizingMinor)}::bigint[], ${numbers(payments, (p) => p.capturingMinor)}::bigint[],
      ${numbers(payments, (p) => p.voidingMinor)}::bigint[], ${numbers(payments, (p) => p.refundingMinor)}::bigint[],
      ${texts(payments, (p) => String(p.cancelRequested))}::text[]::boolean[],
      ${numbers(payments, (p) => p.eventCount)}::integer[], ${numbers(payments, (p) => p.version)}::bigint[])
      AS n (id, hold_id, provider_reference, action_url, failure_code, authorized, voided, captured, refunded, charged_back,
        disputed, tax_captured, tax_returned, authorizing, capturing, voiding, refunding, cancel_requested, event_count, version)
    WHERE p.id = n.id`.execute();
}

export async function insertEvents({ sql }: Tx, events: readonly PaymentEvent[]): Promise<void> {
  await sql`
    INSERT INTO payments.events (payment_id, seq, type, amount, tax, attempt_id, journal_id, at, actor_id, detail)
    SELECT * FROM unnest(
      ${numbers(events, (e) => e.paymentId)}::bigint[], ${numbers(events, (e) => e.seq)}::integer[],
      ${texts(events, (e) => e.type)}::text[], ${numbers(events, (e) => e.amountMinor)}::bigint[],
      ${numbers(events, (e) => e.taxMinor)}::bigint[], ${numbers(events, (e) => e.attemptId)}::bigint[],
      ${numbers(events, (e) => e.journalId)}::bigint[], ${numbers(events, (e) => e.at)}::bigint[],
      ${texts(events, (e) => e.actorId)}::text[], ${texts(events, (e) => e.detail)}::text[])`.execute();
}

export async function readPayment(db: Sql | Tx["sql"], id: number): Promise<Payment | undefined> {
  const rows = await db<PaymentRow[]>`SELECT * FROM payments.payments WHERE id = ${id}`;
  return rows.map(toPayment)[0];
}

/** In the order they were opened. */
export async function readPaymentsOfOrders(
  db: Sql | Tx["sql"],
  orderIds: readonly number[],
): Promise<Payment[]> {
  const rows = await db<PaymentRow[]>`
    SELECT * FROM payments.payments WHERE order_id = ANY(${toArray(orderIds)}::bigint[]) ORDER BY id`;
  return rows.map(toPayment);
}

export async function readPaymentsById(db: Sql, ids: readonly number[]): Promise<Payment[]> {
  const rows = await db<
    PaymentRow[]
  >`SELECT * FROM payments.payments WHERE id = ANY(${toArray(ids)}::bigint[])`;
  return rows.map(toPayment);
}

/** Newest first. By order and by customer there is an index; all others are met soon by walking back from the newest. */
export async function readPayments(
  db: Sql,
  query: {
    orderId?: number | undefined;
    customerId?: string | undefined;
    provider?: ProviderName | undefined;
    beforeId?: number | undefined;
    limit: number;
  },
): Promise<Payment[]> {
  const { orderId, customerId, provider, beforeId, limit } = query;
  const rows = await db<PaymentRow[]>`
    SELECT * FROM payments.payments
    WHERE ${beforeId === undefined ? db`true` : db`id < ${beforeId}`}
      AND ${orderId === undefined ? db`true` : db`order_id = ${orderId}`}
      AND ${customerId === undefined ? db`true` : db`customer_id = ${customerId}`}
      AND ${provider === undefined ? db`true` : db`provider = ${provider}`}
    ORDER BY id DESC LIMIT ${limit}`;
  return rows.map(toPayment);
}

interface EventRow {
  payment_id: bigint;
  seq: number;
  type: EventType;
  amount: bigint;
  tax: bigint;
  attempt_id: bigint | null;
  journal_id: bigint | null;
  at: bigint;
  actor_id: string;
  detail: string | null;
}

/** All events of a payment, oldest first. */
export async function readEvents(db: Sql | Tx["sql"], paymentId: number): Promise<PaymentEvent[]> {
  const rows = await db<
    EventRow[]
  >`SELECT * FROM payments.events WHERE payment_id = ${paymentId} ORDER BY seq`;
  return rows.map((row) => ({
    paymentId: Number(row.payment_id),
    seq: row.seq,
    type: row.type,
    amountMinor: row.amount,
    taxMinor: row.tax,
    attemptId: toId(row.attempt_id),
    journalId: toId(row.journal_id),
    at: Number(row.at),
    actorId: row.actor_id,
    detail: row.detail,
  }));
}

export function toPayment(row: PaymentRow): Payment {
  return {
    id: Number(row.id),
    orderId: toId(row.order_id),
    customerId: row.customer_id,
    provider: row.provider,
    assetId: row.asset_id,
    currency: row.currency,
    amountMinor: row.amount,
    taxMinor: row.tax,
    captureMode: row.capture_mode,
    reference: row.reference,
    accountId: toId(row.account_id),
    holdId: toId(row.hold_id),
    methodToken: row.method_token,
    providerReference: row.provider_reference,
    actionUrl: row.action_url,
    failureCode: row.failure_code,
    authorizedMinor: row.authorized,
    voidedMinor: row.voided,
    capturedMinor: row.captured,
    refundedMinor: row.refunded,
    chargedBackMinor: row.charged_back,
    disputedMinor: row.disputed,
    taxCapturedMinor: row.tax_captured,
    taxReturnedMinor: row.tax_returned,
    authorizingMinor: row.authorizing,
    capturingMinor: row.capturing,
    voidingMinor: row.voiding,
    refundingMinor: row.refunding,
    cancelRequested: row.cancel_requested,
    eventCount: row.event_count,
    version: Number(row.version),
  };
}

export type { PaymentRow };

export function toId(id: bigint | null): number | null {
  return id === null ? null : Number(id);
}

export function numbers<T>(items: readonly T[], take: (item: T) => number | bigint | null): string {
  return toArray(items.map(take));
}

export function texts<T>(items: readonly T[], take: (item: T) => string | null): string {
  return toTextArray(items.map(take));
}
