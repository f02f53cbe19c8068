// The rows of payments at the desk: read under lock for a whole batch, and written once at its end. A row left here
// is undone together with the bookings it belongs to (`allOrNothing`), so that both stay or neither does.
import { formatAmount } from "../../values/money.ts";
import { type Desk, type RowReader, type RowWriter, setRow } from "../desk/index.ts";
import type { Attempt } from "./attempts/attempt.ts";
import { lockAttemptsOf, writeAttempts } from "./attempts/attempt-store.ts";
import type { Dispute } from "./outcomes/dispute.ts";
import { selectDisputesOf, writeDisputes } from "./outcomes/dispute-store.ts";
import { addEvent, type EventType, type Payment, type PaymentEvent } from "./payment.ts";
import { insertEvents, insertPayments, lockPayments, updatePayments } from "./payment-store.ts";

/** Payments by id, locked. */
export const PAYMENTS: RowReader<Payment> = { kind: "payments.payments", read: lockPayments };
/** All attempts of a payment by the payment's id, oldest first, locked. */
export const ATTEMPTS: RowReader<readonly Attempt[]> = {
  kind: "payments.attempts",
  read: lockAttemptsOf,
};

/** All disputes of a payment by the payment's id, under the payment's lock. */
export const DISPUTES: RowReader<readonly Dispute[]> = {
  kind: "payments.disputes",
  read: selectDisputesOf,
};

type Row =
  | { readonly payment: Payment; readonly isNew: boolean }
  | { readonly attempt: Attempt }
  | { readonly dispute: Dispute }
  | { readonly event: PaymentEvent };
type Left = Row & { isTakenBack: boolean };

/** One writer for all, because the other rows refer to payments, which must be written first. */
const WRITE: RowWriter<Left> = {
  name: "payments",
  write: async (tx, left) => {
    const kept = left.filter(({ isTakenBack }) => !isTakenBack);
    const opened = new Set(kept.flatMap((row) => ("payment" in row && row.isNew ? row.payment.id : [])));
    const payments = lastOf(kept.flatMap((row) => ("payment" in row ? row.payment : [])));
    const attempts = lastOf(kept.flatMap((row) => ("attempt" in row ? row.attempt : [])));
    const disputes = kept.flatMap((row) => ("dispute" in row ? row.dispute : []));
    const events = kept.flatMap((row) => ("event" in row ? row.event : []));
    const inserted = payments.filter(({ id }) => opened.has(id));
    const changed = payments.filter(({ id }) => !opened.has(id));
    await Promise.all([
      inserted.length > 0 ? insertPayments(tx, inserted) : undefined,
      changed.length > 0 ? updatePayments(tx, changed) : undefined,
      attempts.length > 0 ? writeAttempts(tx, attempts) : undefined,
      disputes.length > 0
        ? writeDisputes(tx, [
            ...new Map(
              disputes.map((dispute) => [`${dispute.paymentId} ${dispute.reference}`, dispute]),
            ).values(),
          ])
        : undefined,
      events.length > 0 ? insertEvents(tx, events) : undefined,
    ]);
  },
};

function lastOf<T extends { readonly id: number }>(rows: readonly T[]): T[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

function addRow(desk: Desk, row: Row): void {
  const left: Left = { ...row, isTakenBack: false };
  desk.rows.add(WRITE, left);
  desk.book.undoLog?.push(() => {
    left.isTakenBack = true;
  });
}

/** Saves a payment with the batch; its version grows with each command that changes it. */
export function savePayment(desk: Desk, payment: Payment, { isNew = false } = {}): Payment {
  const changed = isNew ? payment : { ...payment, version: payment.version + 1 };
  setRow(desk, PAYMENTS, [payment.id, changed]);
  addRow(desk, { payment: changed, isNew });
  return changed;
}

/** Saves a new attempt, or a changed one, with the batch. */
export function saveAttempt(desk: Desk, attempt: Attempt): void {
  const others = (desk.rows.of(ATTEMPTS).get(attempt.paymentId) ?? []).filter(({ id }) => id !== attempt.id);
  setRow(desk, ATTEMPTS, [attempt.paymentId, [...others, attempt].toSorted((a, b) => a.id - b.id)]);
  addRow(desk, { attempt });
}

/** Saves a dispute with the batch. */
export function saveDispute(desk: Desk, dispute: Dispute): void {
  const known = desk.rows.of(DISPUTES).get(dispute.paymentId) ?? [];
  const others = known.filter(({ reference }) => reference !== dispute.reference);
  setRow(desk, DISPUTES, [dispute.paymentId, [...others, dispute]]);
  addRow(desk, { dispute });
}

export interface NewEventFields {
  readonly type: EventType;
  readonly amountMinor: bigint;
  readonly taxMinor?: bigint;
  readonly attemptId?: number | undefined;
  readonly journalId?: number | undefined;
  readonly accountId?: number | undefined;
  readonly actorId: string;
  readonly detail?: string | undefined;
}

/**
 * Appends an event, puts it in the outbox as `payment.<type>`, and returns the payment with the event added. The caller saves
 * the payment.
 */
export function appendEvent(desk: Desk, payment: Payment, fields: NewEventFields): Payment {
  const { assetId, currency, orderId } = payment;
  tell(desk, `payment.${fields.type}`, {
    payment_id: String(payment.id),
    order_id: orderId === null ? null : String(orderId),
    amount: formatAmount(fields.amountMinor, desk.assets.byId(assetId).scale),
    currency,
  });
  return appendQuietEvent(desk, payment, fields);
}

/** As `appendEvent`, without the outbox: for events that the surrounding command publishes itself, such as placing an order. */
export function appendQuietEvent(desk: Desk, payment: Payment, fields: NewEventFields): Payment {
  const event: PaymentEvent = {
    paymentId: payment.id,
    seq: payment.eventCount + 1,
    type: fields.type,
    amountMinor: fields.amountMinor,
    taxMinor: fields.taxMinor ?? 0n,
    attemptId: fields.attemptId ?? null,
    journalId: fields.journalId ?? null,
    accountId: fields.accountId ?? null,
    at: desk.book.now,
    actorId: fields.actorId,
    detail: fields.detail ?? null,
  };
  addRow(desk, { event });
  return { ...addEvent(payment, event), eventCount: event.seq };
}

/** Puts an event in the outbox; undone together with the rows. */
export function tell(desk: Desk, topic: string, payload: object): void {
  const event = { topic, payload: JSON.stringify(payload) };
  desk.events.push(event);
  desk.book.undoLog?.push(() => desk.events.splice(desk.events.lastIndexOf(event), 1));
}
