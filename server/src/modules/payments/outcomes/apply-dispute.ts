// Applies what a provider reports of a dispute. "Paid" is not final: while a dispute is open its amount is at risk, and if it is
// lost the money goes back the way a refund does.
import type { Desk } from "../../desk/index.ts";
import { paymentsError } from "../errors.ts";
import { mayStillBeCaptured, netCaptured, type Payment, taxOfReturn } from "../payment.ts";
import { appendEvent, DISPUTES, saveDispute } from "../payment-rows.ts";
import type { DisputeReport } from "../providers/card-provider.ts";
import { noteReturn } from "../return-payment.ts";
import { PROVIDER_ACTOR } from "./apply-ending.ts";
import type { Dispute } from "./dispute.ts";

const ACTOR = { actorId: PROVIDER_ACTOR };

/**
 * If the end is reported before the beginning, it opens the dispute first; a beginning after the end changes nothing.
 * @throws AppError `payment_in_flight` where it is more than we have and more may be captured: the report must be repeated later
 */
export function applyDispute(desk: Desk, payment: Payment, report: DisputeReport): Payment {
  const known = desk.rows
    .of(DISPUTES)
    .get(payment.id)
    ?.find(({ reference }) => reference === report.reference);
  if (known !== undefined && (known.state !== "open" || report.state === "open")) return payment;
  const opened = known === undefined ? open(desk, payment, report) : { payment, dispute: known };
  if (opened === undefined || report.state === "open") return opened?.payment ?? payment;
  return close(desk, opened, report.state);
}

interface Opened {
  readonly payment: Payment;
  readonly dispute: Dispute;
}

/** At most the money that is still ours can be at risk; undefined where there is none. */
function open(desk: Desk, payment: Payment, report: DisputeReport): Opened | undefined {
  const max = atRiskMax(payment);
  if (report.amountMinor > max && mayStillBeCaptured(payment)) throw paymentsError("payment_in_flight");
  const amountMinor = report.amountMinor < max ? report.amountMinor : max;
  if (amountMinor <= 0n) return undefined;
  const { reference, reason = null } = report;
  const openedAt = desk.book.now;
  const dispute: Dispute = {
    paymentId: payment.id,
    reference,
    amountMinor,
    reportedMinor: report.amountMinor,
    state: "open",
    reason,
    openedAt,
    closedAt: null,
  };
  saveDispute(desk, dispute);
  const detail = `${reference}${reason === null ? "" : `: ${reason}`}`;
  return {
    dispute,
    payment: appendEvent(desk, payment, { ...ACTOR, type: "disputed", amountMinor, detail }),
  };
}

function atRiskMax(payment: Payment): bigint {
  return netCaptured(payment) - payment.refundingMinor - payment.disputedMinor;
}

function close(desk: Desk, { payment, dispute }: Opened, state: "won" | "lost"): Payment {
  const { amountMinor, reference: detail } = dispute;
  saveDispute(desk, { ...dispute, state, closedAt: desk.book.now });
  if (state === "won")
    return appendEvent(desk, payment, { ...ACTOR, type: "dispute_won", amountMinor, detail });
  const taxMinor = taxOfReturn(payment, amountMinor);
  return noteReturn(desk, payment, { ...ACTOR, type: "dispute_lost", amountMinor, taxMinor, detail });
}
