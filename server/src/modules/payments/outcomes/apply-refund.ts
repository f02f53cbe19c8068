// What a provider reports of a refund. A refund that we did not ask for (made on the provider's own pages) becomes a row of
// its own, so that our refunds always add up to the provider's.
import type { AppError } from "../../../values/app-error.ts";
import type { Desk } from "../../desk/index.ts";
import { ledgerError } from "../../ledger/index.ts";
import { type Attempt, isOpen, RESOLVED_AS_FAILED } from "../attempts/attempt.ts";
import { addUnderWay, noteAttempt } from "../attempts/begin-attempt.ts";
import { attemptsOf, PROVIDER_ACTOR, settle } from "../attempts/settle-attempt.ts";
import { bookCapture } from "../book-money.ts";
import { paymentsError } from "../errors.ts";
import { netCaptured, type Payment, taxOfReturn } from "../payment.ts";
import { appendEvent, leaveAttempt } from "../payment-rows.ts";
import type { RefundReport } from "../providers/card-provider.ts";
import { noteReturn } from "../return-payment.ts";

export function applyRefund(desk: Desk, payment: Payment, report: RefundReport): Payment | AppError {
  const known = findRefund(desk, payment, report);
  if (known === undefined) return adoptRefund(desk, payment, report);
  const attempt = { ...known, providerReference: report.reference ?? known.providerReference };
  if (report.state === "pending") return notePending(desk, payment, { known, attempt });
  if (report.state === "succeeded")
    return known.state === "succeeded" || hasComeBack(known) ? payment : succeed(desk, payment, attempt);
  if (known.state === "failed") return payment;
  return isOpen(known)
    ? fail(desk, payment, { attempt, code: report.code })
    : reverse(desk, payment, { attempt, code: report.code });
}

function findRefund(desk: Desk, payment: Payment, report: RefundReport): Attempt | undefined {
  const refunds = attemptsOf(desk, payment).filter(({ act }) => act === "refund");
  return (
    refunds.find(({ id }) => id === report.attemptId) ??
    refunds.find(
      ({ providerReference }) => report.reference !== undefined && providerReference === report.reference,
    )
  );
}

/** What the provider says to have failed never succeeds any more: such a report is an older one. A person may have been wrong. */
function hasComeBack({ state, providerReference, failureCode }: Attempt): boolean {
  return state === "failed" && providerReference !== null && failureCode !== RESOLVED_AS_FAILED;
}

function notePending(
  desk: Desk,
  payment: Payment,
  { known, attempt }: { known: Attempt; attempt: Attempt },
): Payment {
  if (isOpen(known) && known.providerReference !== attempt.providerReference) leaveAttempt(desk, attempt);
  return payment;
}

function succeed(desk: Desk, payment: Payment, attempt: Attempt): Payment | AppError {
  const settled = settle(desk, payment, { attempt, state: "succeeded" });
  const { amountMinor, taxMinor, id, reason } = attempt;
  return noteReturn(desk, settled, {
    type: "refunded",
    amountMinor,
    taxMinor: smaller(taxMinor, settled.taxCapturedMinor - settled.taxReturnedMinor),
    attemptId: id,
    actorId: attempt.actorId,
    detail: reason ?? undefined,
  });
}

interface Failure {
  readonly attempt: Attempt;
  readonly code: string | undefined;
}

function fail(desk: Desk, payment: Payment, { attempt, code = "refund_failed" }: Failure): Payment {
  const settled = settle(desk, payment, { attempt: { ...attempt, failureCode: code }, state: "failed" });
  const { amountMinor, id } = attempt;
  return appendEvent(desk, settled, {
    type: "refund_failed",
    amountMinor,
    attemptId: id,
    actorId: PROVIDER_ACTOR,
    detail: code,
  });
}

/** A refund that had been reported as done and then came back, as to a closed card: we have the money again. */
function reverse(
  desk: Desk,
  payment: Payment,
  { attempt, code = "refund_failed" }: Failure,
): Payment | AppError {
  const { amountMinor, id } = attempt;
  const taxMinor = smaller(attempt.taxMinor, payment.taxReturnedMinor);
  const journal = bookCapture(desk, payment, { amountMinor, taxMinor, actorId: PROVIDER_ACTOR });
  if ("refused" in journal) return ledgerError(journal.refused, journal.details);
  const settled = settle(desk, payment, { attempt: { ...attempt, failureCode: code }, state: "failed" });
  return appendEvent(desk, settled, {
    type: "refund_reversed",
    amountMinor,
    taxMinor,
    attemptId: id,
    journalId: journal.id,
    actorId: PROVIDER_ACTOR,
    detail: code,
  });
}

/**
 * Refuses `payment_in_flight` where it is more than we have: the capture, or that another refund came back, is not known
 * yet, and it is to be told again. One that failed is noted as well, for an older report that it succeeded may be on its way.
 */
function adoptRefund(desk: Desk, payment: Payment, report: RefundReport): Payment | AppError {
  const { amountMinor, reference, state } = report;
  if (reference === undefined || amountMinor <= 0n) return payment;
  const isTooMuch = amountMinor > netCaptured(payment) - payment.refundingMinor;
  if (state !== "failed" && isTooMuch) return paymentsError("payment_in_flight");
  const taxMinor = state === "failed" ? 0n : taxOfReturn(payment, amountMinor);
  const reason = "made at the provider";
  const request = { act: "refund", amountMinor, taxMinor, actorId: PROVIDER_ACTOR, reason } as const;
  const noted = { ...noteAttempt(desk, payment, request), providerReference: reference };
  if (state === "failed") {
    leaveAttempt(desk, { ...noted, state, failureCode: report.code ?? "refund_failed" });
    return payment;
  }
  const dueAt = new Date(desk.book.now / 1_000);
  const attempt: Attempt = { ...noted, state: "sent", settledAt: null, isAnswered: true, dueAt };
  leaveAttempt(desk, attempt);
  const begun = addUnderWay(payment, "refund", amountMinor);
  return state === "pending" ? begun : succeed(desk, begun, attempt);
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
