// Compares a provider's answer with the request before it is believed: its currency, the payment's amount, and for
// every report its amount with the attempt's. Pure. An answer that differs is shown to people, and changes nothing.
import { type Attempt, isOpen } from "../attempts/attempt.ts";
import { authorizedLeft, type Payment } from "../payment.ts";
import type {
  DisputeReport,
  ProviderAnswer,
  ProviderReport,
  RefundReport,
} from "../providers/card-provider.ts";
import { findRefund } from "./apply-refund.ts";
import type { Dispute } from "./dispute.ts";

export interface Asked {
  readonly payment: Payment;
  /** All attempts of the payment. */
  readonly attempts: readonly Attempt[];
  readonly disputes: readonly Dispute[];
  /** Formats an amount of the payment's currency. */
  readonly write: (minor: bigint) => string;
}

/** What does not fit in the answer as a whole, in words; undefined: it fits. */
export function compareAnswer({ payment, write }: Asked, answer: ProviderAnswer): string | undefined {
  const { currency, amountMinor, problem } = answer;
  if (problem !== undefined) return problem;
  if (currency !== undefined && currency !== payment.currency)
    return `it is in ${currency}, and the payment in ${payment.currency}`;
  if (amountMinor === undefined || amountMinor === payment.amountMinor) return undefined;
  return `it is of a payment of ${write(amountMinor)}, and ${write(payment.amountMinor)} were asked for`;
}

/** What does not fit between a report and the payment's current state, in words; undefined: it fits. */
export function compareReport(asked: Asked, report: ProviderReport): string | undefined {
  switch (report.type) {
    case "authorized":
      return compareAuthorized(asked, report.totalMinor);
    case "captured":
      return compareCaptured(asked, report.totalMinor);
    case "refund":
      return compareRefund(asked, report);
    case "dispute":
      return compareDispute(asked, report);
    default:
      return undefined; // it states no amount but the payment's own
  }
}

/** All of it, or the repetition of a late report. */
function compareAuthorized({ payment, write }: Asked, totalMinor: bigint): string | undefined {
  if (totalMinor === payment.amountMinor || totalMinor === payment.authorizedMinor) return undefined;
  return `${write(totalMinor)} are authorized, and ${write(payment.amountMinor)} were asked for`;
}

/** The new part is what was asked for: all of it where the card is charged at once, else what captures under way ask for. */
function compareCaptured({ payment, attempts, write }: Asked, totalMinor: bigint): string | undefined {
  const more = totalMinor - payment.capturedMinor;
  if (more <= 0n) return undefined; // a repeat, or an older report
  const wanted = attempts.filter((attempt) => attempt.act === "capture" && isOpen(attempt));
  if (payment.captureMode === "automatic" || wanted.length === 0) {
    const isWhole = totalMinor === payment.amountMinor;
    const isPart = payment.captureMode === "manual" && totalMinor < payment.amountMinor; // made on the provider's own pages
    if (isWhole || isPart) return undefined;
    return `${write(totalMinor)} are captured, and ${write(payment.amountMinor)} were asked for`;
  }
  const sums = sumsOf(wanted.map(({ amountMinor }) => amountMinor));
  if (sums.has(more)) return undefined;
  const asked = wanted.map(({ amountMinor }) => write(amountMinor)).join(" and ");
  return `${write(more)} more are captured, and ${asked} were asked for`;
}

/** Few captures are under way at once, so all sums can be tried. */
const SUMMED_MAX = 12;

/** All sums that some of the amounts add up to. */
function sumsOf(amounts: readonly bigint[]): ReadonlySet<bigint> {
  const sums = new Set([0n]);
  for (const amount of amounts.slice(-SUMMED_MAX)) for (const sum of [...sums]) sums.add(sum + amount);
  return sums;
}

/** A refund of ours must have its amount. One made on the provider's own pages may not exceed what was captured. */
function compareRefund(asked: Asked, report: RefundReport): string | undefined {
  const { attempts, write } = asked;
  const { amountMinor, reference, attemptId } = report;
  const known = findRefund(attempts, report);
  if (known !== undefined && known.amountMinor !== amountMinor)
    return `${write(amountMinor)} are refunded, and ${write(known.amountMinor)} were asked for`;
  if (known !== undefined || (reference === undefined && attemptId === undefined)) return undefined;
  if (amountMinor <= 0n) return "it refunds nothing";
  return compareWithCaptured(asked, amountMinor, "refunded");
}

/** A known dispute must have the amount that it began with. A new one may not exceed what was captured. */
function compareDispute(asked: Asked, { reference, amountMinor }: DisputeReport): string | undefined {
  const { disputes, write } = asked;
  const known = disputes.find((dispute) => dispute.reference === reference);
  if (known === undefined) return compareWithCaptured(asked, amountMinor, "in dispute");
  if (known.reportedMinor === amountMinor) return undefined;
  return `${write(amountMinor)} are in dispute, and ${write(known.reportedMinor)} were when it was opened`;
}

function compareWithCaptured(
  { payment, write }: Asked,
  amountMinor: bigint,
  what: string,
): string | undefined {
  if (amountMinor <= payment.capturedMinor || mayCaptureMore(payment)) return undefined;
  return `${write(amountMinor)} are ${what}, and ${write(payment.capturedMinor)} were captured`;
}

/** The thing that it reports may not be known here yet. */
function mayCaptureMore(payment: Payment): boolean {
  return payment.authorizingMinor > 0n || payment.capturingMinor > 0n || authorizedLeft(payment) > 0n;
}
