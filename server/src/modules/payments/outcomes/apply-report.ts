// Applies what a provider reports to a payment: each report says how things stand. Whatever is new compared with the payment's
// own events is booked and appended as an event of the attempt it belongs to.
import type { Desk } from "../../desk/index.ts";
import { isOpen } from "../attempts/attempt.ts";
import type { Payment } from "../payment.ts";
import { appendEvent } from "../payment-rows.ts";
import type { ProviderReport } from "../providers/card-provider.ts";
import { applyDispute } from "./apply-dispute.ts";
import { applyEnding, attemptsOf, PROVIDER_ACTOR } from "./apply-ending.ts";
import { applyRefund } from "./apply-refund.ts";
import { readEndings } from "./read-endings.ts";

export interface ToldReport {
  readonly report: ProviderReport;
  /** The attempt that the call asked about, where there was one. */
  readonly attemptId: number | undefined;
}

/**
 * Returns the payment after the report. The caller saves it.
 * @throws AppError `payment_in_flight`: the report came too early and must be repeated; and what the ledger refuses
 */
export function applyReport(desk: Desk, payment: Payment, { report, attemptId }: ToldReport): Payment {
  switch (report.type) {
    case "action_required":
      return askForAction(desk, payment, report.actionUrl);
    case "refund":
      return applyRefund(desk, payment, report);
    case "dispute":
      return applyDispute(desk, payment, report);
    default:
      return readEndings({ payment, attempts: attemptsOf(desk, payment), attemptId }, report).reduce(
        (after, ending) => applyEnding(desk, after, ending),
        payment,
      );
  }
}

/** The customer has to confirm; nobody is asked where the attempt has ended, or asked twice for the same. */
function askForAction(desk: Desk, payment: Payment, actionUrl: string): Payment {
  const attempt = attemptsOf(desk, payment).find(({ act }) => act === "authorize");
  if (attempt === undefined || !isOpen(attempt) || payment.actionUrl === actionUrl) return payment;
  const { amountMinor, id: attemptId } = attempt;
  const source = { amountMinor, attemptId, actorId: PROVIDER_ACTOR };
  return appendEvent(desk, { ...payment, actionUrl }, { ...source, type: "action_required" });
}
