// The SQL of payments and their events: locked and written by batches, read by pages.

import type { Sql } from "../../runtime/database.ts";
import { type ColumnTable, columnsOf } from "../../runtime/row-columns.ts";
import { tableOf } from "../../runtime/row-table-store.ts";
import { toArray } from "../../runtime/sql-array.ts";
import type { Tx } from "../../runtime/transaction.ts";
import type { PageFilter } from "../../values/filter.ts";
import { toId } from "../../values/id.ts";
import type {
  CaptureMode,
  EventType,
  MovedMoney,
  Payment,
  PaymentEvent,
  PaymentMoney,
  ProviderName,
} from "./payment.ts";

export interface PaymentRow {
  id: bigint;
  order_id: bigint | null;
  adds_to: bigint | null;
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
  charge_count: number;
  version: bigint;
}

/** Set when a payment is opened, and never changed. */
const OPENED: ColumnTable<Payment> = {
  id: ["bigint", (payment) => payment.id],
  order_id: ["bigint", (payment) => payment.orderId],
  adds_to: ["bigint", (payment) => payment.addsTo],
  customer_id: ["text", (payment) => payment.customerId],
  provider: ["text", (payment) => payment.provider],
  asset_id: ["integer", (payment) => payment.assetId],
  currency: ["text", (payment) => payment.currency],
  capture_mode: ["text", (payment) => payment.captureMode],
  reference: ["text", (payment) => payment.reference],
  account_id: ["bigint", (payment) => payment.accountId],
  method_token: ["text", (payment) => payment.methodToken],
};

const CHANGING: ColumnTable<Payment> = {
  amount: ["bigint", (payment) => payment.amountMinor],
  tax: ["bigint", (payment) => payment.taxMinor],
  hold_id: ["bigint", (payment) => payment.holdId],
  provider_reference: ["text", (payment) => payment.providerReference],
  action_url: ["text", (payment) => payment.actionUrl],
  failure_code: ["text", (payment) => payment.failureCode],
  authorized: ["bigint", (payment) => payment.authorizedMinor],
  voided: ["bigint", (payment) => payment.voidedMinor],
  captured: ["bigint", (payment) => payment.capturedMinor],
  refunded: ["bigint", (payment) => payment.refundedMinor],
  charged_back: ["bigint", (payment) => payment.chargedBackMinor],
  disputed: ["bigint", (payment) => payment.disputedMinor],
  tax_captured: ["bigint", (payment) => payment.taxCapturedMinor],
  tax_returned: ["bigint", (payment) => payment.taxReturnedMinor],
  authorizing: ["bigint", (payment) => payment.authorizingMinor],
  capturing: ["bigint", (payment) => payment.capturingMinor],
  voiding: ["bigint", (payment) => payment.voidingMinor],
  refunding: ["bigint", (payment) => payment.refundingMinor],
  cancel_requested: ["boolean", (payment) => payment.cancelRequested],
  event_count: ["integer", (payment) => payment.eventCount],
  charge_count: ["smallint", (payment) => payment.chargeCount],
  version: ["bigint", (payment) => payment.version],
};

const PAYMENT_COLUMNS = columnsOf<Payment>({ ...OPENED, ...CHANGING });
const CHANGING_COLUMNS = columnsOf<Payment>(CHANGING);
const CHANGE_COLUMNS = columnsOf<Payment>({ id: ["bigint", (payment) => payment.id], ...CHANGING });

const EVENT_COLUMNS = columnsOf<PaymentEvent>({
  payment_id: ["bigint", (event) => event.paymentId],
  seq: ["integer", (event) => event.seq],
  type: ["text", (event) => event.type],
  amount: ["bigint", (event) => event.amountMinor],
  tax: ["bigint", (event) => event.taxMinor],
  attempt_id: ["bigint", (event) => event.attemptId],
  journal_id: ["bigint", (event) => event.journalId],
  account_id: ["bigint", (event) => event.accountId],
  at: ["bigint", (event) => event.at],
  actor_id: ["text", (event) => event.actorId],
  detail: ["text", (event) => event.detail],
});

const PAYMENTS = tableOf("payments.payments", PAYMENT_COLUMNS, toPayment);
const EVENTS = tableOf("payments.events", EVENT_COLUMNS, toEvent);

/** The sums of events, named like the columns of payments that store them. */
export const SUMS_OF_EVENTS = `
  coalesce(sum(amount) FILTER (WHERE type = 'authorized'), 0)::bigint AS authorized,
  coalesce(sum(amount) FILTER (WHERE type = 'voided'), 0)::bigint AS voided,
  coalesce(sum(amount) FILTER (WHERE type = 'captured'), 0)::bigint AS captured,
  coalesce(sum(CASE type WHEN 'refunded' THEN amount WHEN 'refund_reversed' THEN -amount END), 0)::bigint
    AS refunded,
  coalesce(sum(amount) FILTER (WHERE type = 'dispute_lost'), 0)::bigint AS charged_back,
  coalesce(sum(CASE type WHEN 'disputed' THEN amount WHEN 'dispute_won' THEN -amount
                         WHEN 'dispute_lost' THEN -amount END), 0)::bigint AS disputed`;

/** Locks payments in id order until the transaction ends. */
export function lockPayments({ sql }: Tx, ids: readonly number[]): Promise<Map<number, Payment>> {
  return PAYMENTS.lockById(sql, ids);
}

export async function insertPayments({ sql }: Tx, payments: readonly Payment[]): Promise<void> {
  await sql`INSERT INTO payments.payments ${PAYMENT_COLUMNS.rows(sql, payments)}`.execute();
}

/** Writes the columns that may change; the rows are locked. */
export async function updatePayments({ sql }: Tx, payments: readonly Payment[]): Promise<void> {
  await sql`
    UPDATE payments.payments p
    SET ${CHANGING_COLUMNS.assignments(sql, "n")}
    FROM unnest(${CHANGE_COLUMNS.arrays(sql, payments)}) AS n (${CHANGE_COLUMNS.names(sql)})
    WHERE p.id = n.id`.execute();
}

export async function insertEvents({ sql }: Tx, events: readonly PaymentEvent[]): Promise<void> {
  await sql`INSERT INTO payments.events ${EVENT_COLUMNS.rows(sql, events)}`.execute();
}

export async function selectPayment(db: Sql | Tx["sql"], id: number): Promise<Payment | undefined> {
  return (await PAYMENTS.select(db, db`WHERE id = ${id}`))[0];
}

/** In the order they were opened. */
export function selectPaymentsOfOrders(db: Sql | Tx["sql"], orderIds: readonly number[]): Promise<Payment[]> {
  return PAYMENTS.select(db, db`WHERE order_id = ANY(${toArray(orderIds)}::bigint[]) ORDER BY id`);
}

/** How often the payments of each order have changed. */
export function selectChangesOfOrders(
  { sql }: Tx,
  orderIds: readonly number[],
): Promise<{ order_id: bigint; changes: string }[]> {
  return sql<{ order_id: bigint; changes: string }[]>`
    SELECT order_id, count(*) || ' ' || sum(version) AS changes
    FROM payments.payments
    WHERE order_id = ANY(${toArray(orderIds)}::bigint[])
    GROUP BY order_id`.execute();
}

export function selectPaymentsById(db: Sql, ids: readonly number[]): Promise<Payment[]> {
  return PAYMENTS.select(db, db`WHERE id = ANY(${toArray(ids)}::bigint[])`);
}

/** Newest first. Orders and customers have an index; other filters find matches soon by walking back from the newest. */
export function selectPayments(
  db: Sql,
  query: PageFilter<{ orderId: number; customerId: string; provider: ProviderName }>,
): Promise<Payment[]> {
  const { orderId, customerId, provider, cursor, limit } = query;
  const asked = db`
    WHERE ${cursor === undefined ? db`true` : db`id < ${cursor}`}
      AND ${orderId === undefined ? db`true` : db`order_id = ${orderId}`}
      AND ${customerId === undefined ? db`true` : db`customer_id = ${customerId}`}
      AND ${provider === undefined ? db`true` : db`provider = ${provider}`}
    ORDER BY id DESC
    LIMIT ${limit}`;
  return PAYMENTS.select(db, asked);
}

interface EventRow {
  payment_id: bigint;
  seq: number;
  type: EventType;
  amount: bigint;
  tax: bigint;
  attempt_id: bigint | null;
  journal_id: bigint | null;
  account_id: bigint | null;
  at: bigint;
  actor_id: string;
  detail: string | null;
}

/** All events of a payment, oldest first. */
export function selectEvents(db: Sql | Tx["sql"], paymentId: number): Promise<PaymentEvent[]> {
  return EVENTS.select(db, db`WHERE payment_id = ${paymentId} ORDER BY seq`);
}

function toEvent(row: EventRow): PaymentEvent {
  return {
    paymentId: Number(row.payment_id),
    seq: row.seq,
    type: row.type,
    amountMinor: row.amount,
    taxMinor: row.tax,
    attemptId: toId(row.attempt_id),
    journalId: toId(row.journal_id),
    accountId: toId(row.account_id),
    at: Number(row.at),
    actorId: row.actor_id,
    detail: row.detail,
  };
}

export function toPayment(row: PaymentRow): Payment {
  return {
    id: Number(row.id),
    orderId: toId(row.order_id),
    addsTo: toId(row.adds_to),
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
    ...toPaymentMoney(row),
    taxCapturedMinor: row.tax_captured,
    taxReturnedMinor: row.tax_returned,
    eventCount: row.event_count,
    chargeCount: row.charge_count,
    version: Number(row.version),
  };
}

export type MovedRow = Pick<
  PaymentRow,
  "authorized" | "voided" | "captured" | "refunded" | "charged_back" | "disputed"
>;

export function toMovedMoney(row: MovedRow): MovedMoney {
  return {
    authorizedMinor: row.authorized,
    voidedMinor: row.voided,
    capturedMinor: row.captured,
    refundedMinor: row.refunded,
    chargedBackMinor: row.charged_back,
    disputedMinor: row.disputed,
  };
}

export type MoneyRow = MovedRow &
  Pick<PaymentRow, "authorizing" | "capturing" | "voiding" | "refunding" | "cancel_requested">;

export function toPaymentMoney(row: MoneyRow): PaymentMoney {
  return {
    ...toMovedMoney(row),
    authorizingMinor: row.authorizing,
    capturingMinor: row.capturing,
    voidingMinor: row.voiding,
    refundingMinor: row.refunding,
    cancelRequested: row.cancel_requested,
  };
}
