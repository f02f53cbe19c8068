// Applies what a provider reports of a refund. A refund that we did not ask for (made on the provider's own pages) becomes a
// row of its own, so that our refunds always add up to the provider's.
import type { Desk } from "../../desk/index.ts";
import { type Attempt, isOpen } from "../attempts/attempt.ts";
import { addUnderWay, noteAttempt } from "../attempts/begin-attempt.ts";
import { paymentsError } from "../errors.ts";
import { netCaptured, type Payment, taxOfReturn } from "../payment.ts";
import { saveAttempt } from "../payment-rows.ts";
import type { RefundReport } from "../providers/card-provider.ts";
import { applyEnding, attemptsOf, PROVIDER_ACTOR } from "./apply-ending.ts";
import type { Ending } from "./read-endings.ts";

/**
 * Returns the payment after the report. The caller saves it.
 * @throws AppError `payment_in_flight` where it is more than we have: repeat the report later; and what the ledger refuses
 */
export function applyRefund(desk: Desk, payment: Payment, report: RefundReport): Payment {
  const known = findRefund(attemptsOf(desk, payment), report);
  const refund = known === undefined ? adoptRefund(desk, payment, report) : { payment, attempt: known };
  if (refund === undefined) return payment;
  if (report.state === "pending") return notePending(desk, refund, report);
  return applyEnding(desk, refund.payment, toEnding(refund.attempt, report));
}

interface OnRefund {
  readonly payment: Payment;
  /** The refund as the command has left it so far. */
  readonly attempt: Attempt;
}

/** The refund that the report is about: found by our id, else by the provider's. */
export function findRefund(attempts: readonly Attempt[], report: RefundReport): Attempt | undefined {
  const refunds = attempts.filter(({ act }) => act === "refund");
  return (
    refunds.find(({ id }) => id === report.attemptId) ??
    refunds.find(
      ({ providerReference }) => report.reference !== undefined && providerReference === report.reference,
    )
  );
}

function notePending(desk: Desk, { payment, attempt }: OnRefund, { reference }: RefundReport): Payment {
  const isNew = reference !== undefined && reference !== attempt.providerReference;
  if (isOpen(attempt) && isNew) saveAttempt(desk, { ...attempt, providerReference: reference });
  return payment;
}

/** By the table of its life, a refund that the provider reported as failed never succeeds later: that report is an older one. */
function toEnding(attempt: Attempt, { reference, state, code = "refund_failed" }: RefundReport): Ending {
  const { id: attemptId, amountMinor, taxMinor } = attempt;
  const providerReference = reference ?? attempt.providerReference;
  const ending = { act: "refund", attempt, attemptId, amountMinor, taxMinor } as const;
  if (state === "failed")
    return { ...ending, event: "refused", detail: code, set: { providerReference, failureCode: code } };
  const { actorId, reason } = attempt;
  return { ...ending, event: "done", actorId, detail: reason ?? undefined, set: { providerReference } };
}

/**
 * Undefined: nothing identifies the refund. Refuses `payment_in_flight` where it is more than we have: the capture, or the
 * return of another refund, is not known yet. A failed one is recorded too, because an older report of success may be on its way.
 */
function adoptRefund(desk: Desk, payment: Payment, report: RefundReport): OnRefund | undefined {
  const { amountMinor, reference, state, code = "refund_failed" } = report;
  if (reference === undefined || amountMinor <= 0n) return undefined;
  const isTooMuch = amountMinor > netCaptured(payment) - payment.refundingMinor;
  if (state !== "failed" && isTooMuch) throw paymentsError("payment_in_flight");
  const taxMinor = state === "failed" ? 0n : taxOfReturn(payment, amountMinor);
  const reason = "made at the provider";
  const request = { act: "refund", amountMinor, taxMinor, actorId: PROVIDER_ACTOR, reason } as const;
  const noted = { ...noteAttempt(desk, payment, request), providerReference: reference };
  const dueAt = new Date(desk.book.now / 1_000);
  const attempt: Attempt =
    state === "failed"
      ? { ...noted, state, failureCode: code }
      : { ...noted, state: "sent", settledAt: null, isAnswered: true, dueAt };
  saveAttempt(desk, attempt);
  return { attempt, payment: isOpen(attempt) ? addUnderWay(payment, "refund", amountMinor) : payment };
}
