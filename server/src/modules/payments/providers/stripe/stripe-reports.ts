// Reads Stripe's objects about a payment as reports, from answers and webhooks alike. Pure.
import type Stripe from "stripe";
import { invalidField } from "../../../../values/app-error.ts";
import { ownOf } from "../../../../values/own-of.ts";
import type {
  DisputeReport,
  ProviderAnswer,
  ProviderNotice,
  ProviderReport,
  RefundReport,
} from "../card-provider.ts";
import { fromStripeAmount, stripeDecimals } from "./stripe-amounts.ts";

/** Where Stripe keeps our ids for us. */
export const PAYMENT_KEY = "countinghouse_payment";
export const ATTEMPT_KEY = "countinghouse_attempt";

/** Decimals of a currency's asset here; undefined where it is not known (yet). */
export type ScaleOf = (currency: string) => number | undefined;

/** An object of Stripe's has amounts that cannot be amounts of ours. */
class UnreadableAmountError extends Error {}

function amountOf(amount: number, currency: string, scaleOf: ScaleOf): bigint {
  const code = currency.toUpperCase();
  const minor = fromStripeAmount(amount, { currency, scale: scaleOf(code) ?? stripeDecimals(code) });
  if (minor === undefined)
    throw new UnreadableAmountError(`${amount} ${code} is no amount of this currency here`);
  return minor;
}

/** Signed content may still be wrong: invalid amounts are reported as a problem, without reports. */
function answerOf(
  reference: string | undefined,
  { currency }: { readonly currency?: string },
  read: () => Pick<ProviderAnswer, "reports" | "amountMinor">,
): ProviderAnswer {
  if (typeof currency !== "string") return { reference, reports: [], problem: "it names no currency" };
  try {
    return { reference, currency: currency.toUpperCase(), ...read() };
  } catch (error) {
    if (error instanceof UnreadableAmountError) return { reference, reports: [], problem: error.message };
    throw error;
  }
}

export function answerIntent(intent: Stripe.PaymentIntent, scaleOf: ScaleOf): ProviderAnswer {
  return answerOf(intent.id, intent, () => ({
    amountMinor: intent.amount === undefined ? undefined : amountOf(intent.amount, intent.currency, scaleOf),
    reports: reportIntent(intent, scaleOf),
  }));
}

export function answerRefunds(
  reference: string | undefined,
  refunds: readonly [Stripe.Refund, ...Stripe.Refund[]],
  scaleOf: ScaleOf,
): ProviderAnswer {
  return answerOf(reference, refunds[0], () => ({
    reports: refunds.map((refund) => reportRefund(refund, scaleOf)),
  }));
}

function answerDispute(dispute: Stripe.Dispute, scaleOf: ScaleOf): ProviderAnswer {
  return answerOf(idOf(dispute.payment_intent), dispute, () => ({
    reports: [reportDispute(dispute, scaleOf)],
  }));
}

function reportIntent(intent: Stripe.PaymentIntent, scaleOf: ScaleOf): ProviderReport[] {
  const totalMinor = amountOf(intent.amount_received, intent.currency, scaleOf);
  const captured = (isFinal: boolean): ProviderReport[] =>
    totalMinor > 0n ? [{ type: "captured", totalMinor, isFinal }] : [];
  switch (intent.status) {
    case "requires_payment_method":
      return intent.last_payment_error === null ? [] : [reportDecline(intent.last_payment_error)];
    case "requires_action":
      return reportAction(intent);
    case "requires_capture": {
      const capturable = amountOf(intent.amount_capturable, intent.currency, scaleOf);
      return [{ type: "authorized", totalMinor: capturable + totalMinor }, ...captured(false)];
    }
    case "succeeded":
      return captured(true);
    case "canceled":
      return [...captured(false), { type: "voided" }];
    default:
      return []; // Stripe works on it, and will report
  }
}

function reportAction({ next_action: action }: Stripe.PaymentIntent): ProviderReport[] {
  const url = action?.redirect_to_url?.url;
  return typeof url === "string" ? [{ type: "action_required", actionUrl: url }] : [];
}

interface StripeFailure {
  readonly code?: string | undefined;
  readonly decline_code?: string | undefined;
  readonly message?: string | undefined;
}

function reportDecline(failure: StripeFailure): ProviderReport {
  return { type: "authorization_failed", code: failureCodeOf(failure), message: failureMessageOf(failure) };
}

/** The bank's own reason where it gives one. */
export function failureCodeOf({ code, decline_code: reason }: StripeFailure): string {
  const isTelling = reason !== undefined && reason !== "generic_decline";
  return (isTelling ? reason : code) ?? "failed";
}

export function failureMessageOf({ message }: StripeFailure): string {
  return message ?? "Stripe gave no reason";
}

/** Ours, where Stripe kept it for us. */
export function readAttemptId({ metadata }: Pick<Stripe.Refund, "metadata">): number | undefined {
  return readOurId(metadata, ATTEMPT_KEY);
}

function reportRefund(refund: Stripe.Refund, scaleOf: ScaleOf): RefundReport {
  const { status } = refund;
  const isFailed = status === "failed" || status === "canceled";
  return {
    type: "refund",
    reference: refund.id,
    attemptId: readAttemptId(refund),
    amountMinor: amountOf(refund.amount, refund.currency, scaleOf),
    state: isFailed ? "failed" : status === "succeeded" ? "succeeded" : "pending",
    code: isFailed ? (refund.failure_reason ?? "refund_failed") : undefined,
  };
}

function reportDispute(dispute: Stripe.Dispute, scaleOf: ScaleOf): DisputeReport {
  return {
    type: "dispute",
    reference: dispute.id,
    amountMinor: amountOf(dispute.amount, dispute.currency, scaleOf),
    state: stateOfDispute(dispute),
    reason: dispute.reason,
  };
}

/** An inquiry that was closed cost nothing; a dispute that was prevented cost the amount that was taken for it. */
function stateOfDispute({ status, balance_transactions: moved }: Stripe.Dispute): DisputeReport["state"] {
  if (status === "lost") return "lost";
  if (status === "won" || status === "warning_closed") return "won";
  if (status !== "prevented") return "open";
  return moved.reduce((sum, { amount }) => sum + amount, 0) < 0 ? "lost" : "won";
}

/** @throws AppError `invalid/invalid_request` */
export function readStripeIds(body: string): { eventId: string; type: string } {
  const { id, type } = parseEvent(body);
  return { eventId: id, type };
}

/**
 * Reads a webhook. One that is not about a payment, a refund or a dispute has no reports.
 * @throws AppError `invalid/invalid_request`
 */
export function readStripeNotice(body: string, scaleOf: ScaleOf): ProviderNotice {
  const { id, type, data } = parseEvent(body);
  const about = data.object as { readonly object?: string };
  const notice = { eventId: id, type };
  if (about.object === "payment_intent") {
    const intent = about as Stripe.PaymentIntent;
    const paymentId = readOurId(intent.metadata, PAYMENT_KEY);
    return { ...notice, paymentId, ...answerIntent(intent, scaleOf) };
  }
  if (about.object === "refund") {
    const refund = about as Stripe.Refund;
    const paymentId = readOurId(refund.metadata, PAYMENT_KEY);
    return { ...notice, paymentId, ...answerRefunds(idOf(refund.payment_intent), [refund], scaleOf) };
  }
  if (about.object === "dispute") {
    return { ...notice, paymentId: undefined, ...answerDispute(about as Stripe.Dispute, scaleOf) };
  }
  return { ...notice, paymentId: undefined, reference: undefined, reports: [] };
}

function parseEvent(body: string): { id: string; type: string; data: { object: object } } {
  let event: { id?: unknown; type?: unknown; data?: { object?: unknown } | null } | null;
  try {
    event = JSON.parse(body);
  } catch (error) {
    throw invalidField("body", `is no JSON: ${(error as Error).message}`);
  }
  const { id, type, data } = event ?? {};
  const object = data?.object;
  if (typeof id !== "string" || typeof type !== "string" || typeof object !== "object" || object === null)
    throw invalidField("body", "is no event of Stripe");
  return { id, type, data: { object } };
}

function readOurId(metadata: Stripe.Metadata | null, key: string): number | undefined {
  const text = metadata === null ? undefined : ownOf(metadata, key);
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

function idOf(object: string | { id: string } | null): string | undefined {
  return typeof object === "string" ? object : object?.id;
}
