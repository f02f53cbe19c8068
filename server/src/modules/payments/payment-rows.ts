// The rows of payments at the desk: read under lock for a whole batch, left for one write at its end. What is left here
// is taken back where the book takes back the bookings it belongs to (`allOrNothing`), so that both stay or neither.
import type { Desk, RowReader, RowWriter } from "../banking/index.ts";
import type { Attempt } from "./attempt.ts";
import { lockAttemptsOf, writeAttempts } from "./attempt-store.ts";
import { addEvent, type EventType, type Payment, type PaymentEvent } from "./payment.ts";
import { insertEvents, insertPayments, lockPayments, updatePayments } from "./payment-store.ts";

/** Payments by id, locked. */
export const PAYMENTS: RowReader<Payment> = { name: "payments", rank: 50, read: lockPayments };
/** All attempts of a payment by the payment's id, oldest first, locked. */
export const ATTEMPTS: RowReader<readonly Attempt[]> = {
  name: "payment attempts",
  rank: 51,
  read: lockAttemptsOf,
};

interface Left<Row> {
  readonly row: Row;
  isTakenBack: boolean;
}

const WRITE_PAYMENTS: RowWriter<Left<{ payment: Payment; isNew: boolean }>> = {
  name: "payments",
  write: async (tx, left) => {
    const kept = keptOf(left);
    const opened = new Set(kept.filter(({ isNew }) => isNew).map(({ payment }) => payment.id));
    const last = [...new Map(kept.map(({ payment }) => [payment.id, payment])).values()];
    const inserted = last.filter(({ id }) => opened.has(id));
    const changed = last.filter(({ id }) => !opened.has(id));
    await Promise.all([
      inserted.length > 0 ? insertPayments(tx, inserted) : undefined,
      changed.length > 0 ? updatePayments(tx, changed) : undefined,
    ]);
  },
};
const WRITE_EVENTS: RowWriter<Left<PaymentEvent>> = {
  name: "payment events",
  write: async (tx, left) => {
    const events = keptOf(left);
    if (events.length > 0) await insertEvents(tx, events);
  },
};
const WRITE_ATTEMPTS: RowWriter<Left<Attempt>> = {
  name: "payment attempts",
  write: async (tx, left) => {
    const last = [...new Map(keptOf(left).map((attempt) => [attempt.id, attempt])).values()];
    if (last.length > 0) await writeAttempts(tx, last);
  },
};

function keptOf<Row>(left: readonly Left<Row>[]): Row[] {
  return left.filter(({ isTakenBack }) => !isTakenBack).map(({ row }) => row);
}

function leave<Row>(desk: Desk, writer: RowWriter<Left<Row>>, row: Row): void {
  const left: Left<Row> = { row, isTakenBack: false };
  desk.rows.add(writer, left);
  desk.book.undoLog?.push(() => {
    left.isTakenBack = true;
  });
}

function setRow<Row>(desk: Desk, reader: RowReader<Row>, [id, row]: readonly [number, Row]): void {
  const rows = desk.rows.of(reader);
  const before = rows.get(id);
  rows.set(id, row);
  desk.book.undoLog?.push(() => {
    if (before === undefined) rows.delete(id);
    else rows.set(id, before);
  });
}

/** Leaves a payment as it is now; its version grows with each command that changes it. */
export function leavePayment(desk: Desk, payment: Payment, { isNew = false } = {}): Payment {
  const changed = isNew ? payment : { ...payment, version: payment.version + 1 };
  setRow(desk, PAYMENTS, [payment.id, changed]);
  leave(desk, WRITE_PAYMENTS, { payment: changed, isNew });
  return changed;
}

/** Leaves a new attempt, or a known one as it is now. */
export function leaveAttempt(desk: Desk, attempt: Attempt): void {
  const others = (desk.rows.of(ATTEMPTS).get(attempt.paymentId) ?? []).filter(({ id }) => id !== attempt.id);
  setRow(desk, ATTEMPTS, [attempt.paymentId, [...others, attempt].toSorted((a, b) => a.id - b.id)]);
  leave(desk, WRITE_ATTEMPTS, attempt);
}

export interface NewEventFields {
  readonly type: EventType;
  readonly amountMinor: bigint;
  readonly taxMinor?: bigint;
  readonly attemptId?: number | undefined;
  readonly journalId?: number | undefined;
  readonly actorId: string;
  readonly detail?: string | undefined;
}

/** Appends an event and returns the payment with what it adds. The caller leaves the payment. */
export function appendEvent(desk: Desk, payment: Payment, fields: NewEventFields): Payment {
  const event: PaymentEvent = {
    paymentId: payment.id,
    seq: payment.eventCount + 1,
    type: fields.type,
    amountMinor: fields.amountMinor,
    taxMinor: fields.taxMinor ?? 0n,
    attemptId: fields.attemptId ?? null,
    journalId: fields.journalId ?? null,
    at: desk.book.now,
    actorId: fields.actorId,
    detail: fields.detail ?? null,
  };
  leave(desk, WRITE_EVENTS, event);
  return { ...addEvent(payment, event), eventCount: event.seq };
}

/** Puts news in the outbox; taken back like the rows. */
export function tell(desk: Desk, topic: string, payload: object): void {
  const event = { topic, payload: JSON.stringify(payload) };
  desk.events.push(event);
  desk.book.undoLog?.push(() => desk.events.splice(desk.events.lastIndexOf(event), 1));
}
