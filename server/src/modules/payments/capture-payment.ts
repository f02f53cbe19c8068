// Captures a payment, wholly or in part: takes the money that was authorized. A balance's money moves at once; a card's capture
// is an attempt whose outcome the provider reports; capturing an invoice marks it as paid.
import type { AppError } from "../../values/app-error.ts";
import { type Desk, rereadFirst } from "../desk/index.ts";
import { releaseHold } from "../ledger/index.ts";
import { beginAttempt } from "./attempts/begin-attempt.ts";
import { allOrError, bookCapture, type Money, unlessRefused } from "./book-money.ts";
import { paymentsError } from "./errors.ts";
import { holdBalance } from "./open-payment.ts";
import { authorizedLeft, capturableOf, isInFlight, ownerOf, type Payment, taxOfCapture } from "./payment.ts";
import { appendEvent, savePayment } from "./payment-rows.ts";
import { refuseAmount } from "./providers/refuse-amount.ts";

export interface CaptureRequest {
  /** Minor units; undefined: all that can be captured. */
  readonly amountMinor?: bigint | undefined;
  /** The tax contained in the amount; undefined: the payment's share. */
  readonly taxMinor?: bigint | undefined;
  /** Keeps the rest authorized for a later capture; otherwise the rest is given back. */
  readonly keepsRest?: boolean | undefined;
  readonly actorId: string;
}

/**
 * Captures: decide-time, inside a command whose scope has `scopeOf` the payment. Everything is booked and left, or nothing.
 * Returns the payment: captured (balance, manual), or with the amount in `capturingMinor` (card).
 * Refuses `capture_exceeds_authorized`, `payment_in_flight`, `tax_exceeds_payment`, `amount_not_payable`, and what the ledger refuses.
 */
export function capturePayment(desk: Desk, payment: Payment, request: CaptureRequest): Payment | AppError {
  const amountMinor = request.amountMinor ?? capturableOf(payment);
  if (amountMinor <= 0n || amountMinor > capturableOf(payment))
    return paymentsError(isInFlight(payment) ? "payment_in_flight" : "capture_exceeds_authorized");
  const taxMinor = request.taxMinor ?? taxOfCapture(payment, amountMinor);
  if (taxMinor < 0n || taxMinor > amountMinor || taxMinor > payment.taxMinor - payment.taxCapturedMinor)
    return paymentsError("tax_exceeds_payment");
  const refused = refuseAmount(desk, payment, { amountMinor, isCharge: false, field: "amount" });
  if (refused !== undefined) return refused;
  return allOrError(desk, () =>
    savePayment(desk, capture(desk, payment, { ...request, amountMinor, taxMinor })),
  );
}

type CheckedCapture = CaptureRequest & Money;

function capture(desk: Desk, payment: Payment, request: CheckedCapture): Payment {
  if (payment.provider === "balance") return captureBalance(desk, payment, request);
  if (payment.provider === "manual") return captureManual(desk, payment, request);
  return beginAttempt(desk, payment, { ...request, act: "capture" }).payment;
}

/** The hold is released and its money is paid in the same step; any part to be kept is held again. */
function captureBalance(desk: Desk, payment: Payment, request: CheckedCapture): Payment {
  const { amountMinor, actorId, keepsRest = false } = request;
  const rest = { amountMinor: authorizedLeft(payment) - amountMinor, actorId };
  releasePaymentHold(desk, payment);
  const captured = noteCapture(desk, { ...payment, holdId: null }, request);
  if (rest.amountMinor === 0n) return captured;
  return keepsRest
    ? { ...captured, holdId: holdBalance(desk, captured, rest).id }
    : appendEvent(desk, captured, { ...rest, type: "voided" });
}

function captureManual(desk: Desk, payment: Payment, request: CheckedCapture): Payment {
  const { amountMinor, actorId } = request;
  const authorized = appendEvent(desk, payment, { type: "authorized", amountMinor, actorId });
  return noteCapture(desk, authorized, request);
}

/** Books what was captured and appends the event. The caller saves the payment. @throws AppError as `bookCapture` */
export function noteCapture(
  desk: Desk,
  payment: Payment,
  capture: Money & { actorId: string; attemptId?: number | undefined },
): Payment {
  const journal = bookCapture(desk, payment, capture);
  return appendEvent(desk, payment, { ...capture, type: "captured", journalId: journal.id });
}

/** Releases a balance's hold. @throws AppError `try_again` where the payment's hold is not the one that was read ahead */
export function releasePaymentHold(desk: Desk, payment: Payment): void {
  const { holdId } = payment;
  if (holdId === null || !desk.book.holds.has(holdId)) throw rereadFirst();
  unlessRefused(releaseHold(desk.book, holdId, ownerOf(payment)));
}
