// The one path for every outcome of an attempt: the table of its life says what the ending does to the attempt, and what
// follows for the payment is looked up by act and effect.
import { smaller } from "../../../values/money.ts";
import type { Desk } from "../../desk/index.ts";
import type { Act, Attempt } from "../attempts/attempt.ts";
import { isFailedRefund, isOpen, RESOLVED_AS_FAILED } from "../attempts/attempt.ts";
import { type AttemptEffect, type AttemptStep, stepOf } from "../attempts/attempt-states.ts";
import { addUnderWay } from "../attempts/begin-attempt.ts";
import { bookCapture } from "../book-money.ts";
import { noteCapture } from "../capture-payment.ts";
import { type EventType, type Payment, taxOfCapture } from "../payment.ts";
import { ATTEMPTS, appendEvent, saveAttempt } from "../payment-rows.ts";
import { noteReturn } from "../return-payment.ts";
import type { Ending } from "./read-endings.ts";

/** Who reports: the provider, by an answer or a webhook. */
export const PROVIDER_ACTOR = "provider";

/** All attempts of a payment, oldest first, as the command has left them so far. */
export function attemptsOf(desk: Desk, payment: Pick<Payment, "id">): readonly Attempt[] {
  return desk.rows.of(ATTEMPTS).get(payment.id) ?? [];
}

/**
 * Ends an attempt and books what follows. An ending that is not in the table changes nothing, except for the new part of a
 * total. The caller saves the payment. @throws AppError what the ledger refuses
 */
export function applyEnding(desk: Desk, payment: Payment, ending: Ending): Payment {
  const { act, attempt, event, isTotal = false } = ending;
  const step = attempt === undefined ? undefined : stepOf(attempt, event);
  const book = BOOKINGS[act][step?.effect ?? (isTotal ? "book" : "none")];
  const settled = step === undefined ? payment : settle(desk, payment, { ...ending, step });
  return book === undefined ? settled : book(desk, settled, ending);
}

/** Its amount is no longer under way. A second end, from a late report, replaces the first. */
function settle(
  desk: Desk,
  payment: Payment,
  { attempt, step, set }: Pick<Ending, "attempt" | "set"> & { step: AttemptStep },
): Payment {
  if (attempt === undefined) return payment;
  const settledAt = desk.book.now;
  const ended = { ...attempt, ...set, state: step.to, settledAt, dueAt: null, attentionSince: null };
  const isForPeople =
    ended.act === "refund" && ended.state === "failed" && ended.failureCode !== RESOLVED_AS_FAILED;
  saveAttempt(desk, isForPeople ? { ...ended, attentionSince: new Date(settledAt / 1000) } : ended);
  return isOpen(attempt) ? addUnderWay(payment, attempt.act, -attempt.amountMinor) : payment;
}

type Booking = (desk: Desk, payment: Payment, ending: Ending) => Payment;

const BOOKINGS: Readonly<Record<Act, Partial<Record<AttemptEffect, Booking>>>> = {
  authorize: { book: noteAuthorized, give_back: noteTooLate, note: noteDeclined },
  capture: { book: noteCaptured, note: failureNoter("capture_failed") },
  void: { book: noteVoided, note: failureNoter("void_failed") },
  refund: { book: noteRefunded, note: failureNoter("refund_failed"), take_back: noteRefundBack },
};

function noteAuthorized(desk: Desk, payment: Payment, ending: Ending): Payment {
  return { ...append(desk, payment, { ...ending, type: "authorized" }), actionUrl: null };
}

/** The order was told that the payment failed, and has gone on without this money. */
function noteTooLate(desk: Desk, payment: Payment, ending: Ending): Payment {
  const detail = "after the attempt had failed: it is given back";
  return { ...noteAuthorized(desk, payment, { ...ending, detail }), cancelRequested: true };
}

function noteDeclined(desk: Desk, payment: Payment, ending: Ending): Payment {
  const failed = { ...payment, failureCode: ending.detail ?? null, actionUrl: null };
  return append(desk, failed, { ...ending, type: "failed" });
}

function noteCaptured(desk: Desk, payment: Payment, ending: Ending): Payment {
  const { attemptId, amountMinor, taxMinor = taxOfCapture(payment, amountMinor) } = ending;
  const capture = { attemptId, amountMinor, actorId: PROVIDER_ACTOR };
  const taxLeft = payment.taxMinor - payment.taxCapturedMinor;
  return noteCapture(desk, payment, { ...capture, taxMinor: smaller(taxMinor, taxLeft) });
}

/** Where nothing was left to free, no event is appended. */
function noteVoided(desk: Desk, payment: Payment, ending: Ending): Payment {
  const freed = { ...payment, actionUrl: null };
  return ending.amountMinor === 0n ? freed : append(desk, freed, { ...ending, type: "voided" });
}

function noteRefunded(desk: Desk, payment: Payment, ending: Ending): Payment {
  const { attemptId, amountMinor, taxMinor = 0n, actorId = PROVIDER_ACTOR, detail } = ending;
  leaveQueue(desk, payment, amountMinor);
  const taxLeft = payment.taxCapturedMinor - payment.taxReturnedMinor;
  const refund = { attemptId, amountMinor, taxMinor: smaller(taxMinor, taxLeft), actorId, detail };
  return noteReturn(desk, payment, { ...refund, type: "refunded" });
}

/** A refund that failed earlier no longer waits for people once another one has given back as much. */
function leaveQueue(desk: Desk, payment: Payment, amountMinor: bigint): void {
  const failed = attemptsOf(desk, payment).find(
    (attempt) => isFailedRefund(attempt) && attempt.amountMinor <= amountMinor,
  );
  if (failed !== undefined) saveAttempt(desk, { ...failed, attentionSince: null });
}

/** The refund had been reported as done and came back, for example from a closed card: we have the money again. */
function noteRefundBack(desk: Desk, payment: Payment, ending: Ending): Payment {
  const taxMinor = smaller(ending.taxMinor ?? 0n, payment.taxReturnedMinor);
  const { amountMinor } = ending;
  const journal = bookCapture(desk, payment, { amountMinor, taxMinor, actorId: PROVIDER_ACTOR });
  return append(desk, payment, { ...ending, type: "refund_reversed", taxMinor, journalId: journal.id });
}

function failureNoter(type: EventType): Booking {
  return (desk, payment, ending) => append(desk, payment, { ...ending, taxMinor: undefined, type });
}

function append(
  desk: Desk,
  payment: Payment,
  {
    type,
    attemptId,
    amountMinor,
    taxMinor = 0n,
    detail,
    journalId,
  }: Ending & { type: EventType; journalId?: number },
): Payment {
  const source = { attemptId, amountMinor, actorId: PROVIDER_ACTOR, detail, journalId };
  return appendEvent(desk, payment, { ...source, type, taxMinor });
}
