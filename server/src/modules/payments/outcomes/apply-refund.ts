// What a provider reports of a refund. A refund that we did not ask for (made on the provider's own pages) becomes a row of
// its own, so that our refunds always add up to the provider's.
import type { AppError } from "../../../values/app-error.ts";
import type { Desk } from "../../desk/index.ts";
import { ledgerError } from "../../ledger/index.ts";
import { type Attempt, isOpen } from "../attempts/attempt.ts";
import { addUnderWay, noteAttempt } from "../attempts/begin-attempt.ts";
import { attemptsOf, PROVIDER_ACTOR, settle } from "../attempts/settle-attempt.ts";
import { bookCapture } from "../book-money.ts";
import { paymentsError } from "../errors.ts";
import { netCaptured, type Payment, taxOfReturn } from "../payment.ts";
import { appendEvent, saveAttempt } from "../payment-rows.ts";
import type { RefundReport } from "../providers/card-provider.ts";
import { noteReturn } from "../return-payment.ts";

export function applyRefund(desk: Desk, payment: Payment, report: RefundReport): Payment | AppError {
  const known = findRefund(desk, payment, report);
  if (known === undefined) return adoptRefund(desk, payment, report);
  const reference = report.reference ?? known.providerReference;
  if (report.state === "pending") return notePending(desk, payment, { known, reference });
  if (report.state === "failed") return refuse(desk, payment, { known, reference, code: report.code });
  return succeed(desk, payment, { known, reference });
}

interface Told {
  /** Our refund as it is by now. */
  readonly known: Attempt;
  /** The provider's id of it. */
  readonly reference: string | null;
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

function notePending(desk: Desk, payment: Payment, { known, reference }: Told): Payment {
  if (isOpen(known) && known.providerReference !== reference)
    saveAttempt(desk, { ...known, providerReference: reference });
  return payment;
}

/** By the table of its life; one that the provider said had failed never succeeds any more: that report is an older one. */
function succeed(desk: Desk, before: Payment, { known, reference }: Told): Payment | AppError {
  const set = { providerReference: reference };
  const settled = settle(desk, before, { attempt: known, event: "done", set });
  if (settled === undefined) return before;
  const { payment } = settled;
  const { amountMinor, taxMinor, id, reason, actorId } = known;
  return noteReturn(desk, payment, {
    type: "refunded",
    amountMinor,
    taxMinor: smaller(taxMinor, payment.taxCapturedMinor - payment.taxReturnedMinor),
    attemptId: id,
    actorId,
    detail: reason ?? undefined,
  });
}

/** It failed; or it had been reported as done and came back, as to a closed card: we have the money again. */
function refuse(
  desk: Desk,
  payment: Payment,
  { known, reference, code = "refund_failed" }: Told & { code: string | undefined },
): Payment | AppError {
  const { amountMinor, id } = known;
  const source = { amountMinor, attemptId: id, actorId: PROVIDER_ACTOR, detail: code };
  const set = { providerReference: reference, failureCode: code };
  const settled = settle(desk, payment, { attempt: known, event: "refused", set });
  if (settled === undefined) return payment;
  if (settled.effect === "note")
    return appendEvent(desk, settled.payment, { ...source, type: "refund_failed" });
  const taxMinor = smaller(known.taxMinor, payment.taxReturnedMinor);
  const journal = bookCapture(desk, payment, { amountMinor, taxMinor, actorId: PROVIDER_ACTOR });
  if ("refused" in journal) return ledgerError(journal.refused, journal.details);
  const reversed = { ...source, taxMinor, journalId: journal.id };
  return appendEvent(desk, settled.payment, { ...reversed, type: "refund_reversed" });
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
    saveAttempt(desk, { ...noted, state, failureCode: report.code ?? "refund_failed" });
    return payment;
  }
  const dueAt = new Date(desk.book.now / 1_000);
  const attempt: Attempt = { ...noted, state: "sent", settledAt: null, isAnswered: true, dueAt };
  saveAttempt(desk, attempt);
  const begun = addUnderWay(payment, "refund", amountMinor);
  return state === "pending" ? begun : succeed(desk, begun, { known: attempt, reference });
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
