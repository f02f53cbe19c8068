// A payment: its amounts, what each event does to them, and what may be done next. Pure. Amounts are never set directly: they are
// the sums of the events, so a late or repeated report can only add its own event and never overwrite a newer one.
import type { Owner } from "../ledger/index.ts";

export const PROVIDER_NAMES = ["balance", "sandbox", "stripe", "manual"] as const;
/** `balance`: the customer's account here. `manual`: an invoice or cash, marked paid by staff. */
export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** `automatic`: a card is captured with its authorization. */
export type CaptureMode = "manual" | "automatic";

/** Amounts are minor units of `currency`. */
export interface Payment {
  readonly id: number;
  readonly orderId: number | null;
  /** A further charge of an order: its first one, which it adds to. */
  readonly addsTo: number | null;
  /** The user; null for an order without a customer. */
  readonly customerId: string | null;
  readonly provider: ProviderName;
  readonly assetId: number;
  readonly currency: string;
  /** The amount asked for: it may have grown since opening; it may only have become less for a balance. */
  readonly amountMinor: bigint;
  /** The tax contained in `amountMinor`. */
  readonly taxMinor: bigint;
  readonly captureMode: CaptureMode;
  /** The text on statements and at the provider. */
  readonly reference: string | null;
  /** For a balance: the account that pays. */
  readonly accountId: number | null;
  /** For a balance: the hold that still sets its money aside. */
  readonly holdId: number | null;
  readonly methodToken: string | null;
  readonly providerReference: string | null;
  readonly actionUrl: string | null;
  readonly failureCode: string | null;
  readonly authorizedMinor: bigint;
  readonly voidedMinor: bigint;
  readonly capturedMinor: bigint;
  readonly refundedMinor: bigint;
  /** Lost to disputes. */
  readonly chargedBackMinor: bigint;
  /** In open disputes: money that may still be lost. */
  readonly disputedMinor: bigint;
  readonly taxCapturedMinor: bigint;
  readonly taxReturnedMinor: bigint;
  /** Under way at the provider: the sums of the open attempts. */
  readonly authorizingMinor: bigint;
  readonly capturingMinor: bigint;
  readonly voidingMinor: bigint;
  readonly refundingMinor: bigint;
  /** Everything is to be given back as soon as the attempts under way are final. */
  readonly cancelRequested: boolean;
  readonly eventCount: number;
  /** Of an order's first charge: itself and those that add to it. */
  readonly chargeCount: number;
  readonly version: number;
}

/** Who owns its journals and holds in the ledger: the order that it pays, or the payment itself. */
export function ownerOf({ id, orderId }: Pick<Payment, "id" | "orderId">): Owner {
  return orderId === null ? { type: "payment", id } : { type: "order", id: orderId };
}

export const EVENT_TYPES = [
  "opened",
  "amount_changed",
  "action_required",
  "authorized",
  "failed",
  "captured",
  "capture_failed",
  "voided",
  "void_failed",
  "refunded",
  "refund_failed",
  "refund_reversed",
  "disputed",
  "dispute_won",
  "dispute_lost",
  "cancel_requested",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export interface PaymentEvent {
  readonly paymentId: number;
  /** From 1, without gaps. */
  readonly seq: number;
  readonly type: EventType;
  readonly amountMinor: bigint;
  readonly taxMinor: bigint;
  readonly attemptId: number | null;
  readonly journalId: number | null;
  /** Where the money went, if not to the account that paid. */
  readonly accountId: number | null;
  /** Stamp. */
  readonly at: number;
  readonly actorId: string;
  readonly detail: string | null;
}

/** Sums of the money that moved, computed from the events. */
export type MovedMoney = Pick<
  Payment,
  "authorizedMinor" | "voidedMinor" | "capturedMinor" | "refundedMinor" | "chargedBackMinor" | "disputedMinor"
>;
type Sums = MovedMoney & Pick<Payment, "taxCapturedMinor" | "taxReturnedMinor">;
/** Nothing moved and nothing is under way, as for a payment that was just opened. */
export const NO_MONEY: Sums & PaymentMoney = {
  authorizedMinor: 0n,
  voidedMinor: 0n,
  capturedMinor: 0n,
  refundedMinor: 0n,
  chargedBackMinor: 0n,
  disputedMinor: 0n,
  taxCapturedMinor: 0n,
  taxReturnedMinor: 0n,
  authorizingMinor: 0n,
  capturingMinor: 0n,
  voidingMinor: 0n,
  refundingMinor: 0n,
  cancelRequested: false,
};

/** What one event adds to the sums: the only place where they change. */
export function addEvent<S extends Sums>(
  sums: S,
  { type, amountMinor: amount, taxMinor: tax }: Pick<PaymentEvent, "type" | "amountMinor" | "taxMinor">,
): S {
  if (type === "authorized") return { ...sums, authorizedMinor: sums.authorizedMinor + amount };
  if (type === "voided") return { ...sums, voidedMinor: sums.voidedMinor + amount };
  if (type === "captured")
    return {
      ...sums,
      capturedMinor: sums.capturedMinor + amount,
      taxCapturedMinor: sums.taxCapturedMinor + tax,
    };
  if (type === "disputed") return { ...sums, disputedMinor: sums.disputedMinor + amount };
  if (type === "dispute_won") return { ...sums, disputedMinor: sums.disputedMinor - amount };
  const taxReturnedMinor = sums.taxReturnedMinor + tax;
  if (type === "refunded") return { ...sums, refundedMinor: sums.refundedMinor + amount, taxReturnedMinor };
  if (type === "refund_reversed")
    return {
      ...sums,
      refundedMinor: sums.refundedMinor - amount,
      taxReturnedMinor: sums.taxReturnedMinor - tax,
    };
  if (type === "dispute_lost")
    return {
      ...sums,
      disputedMinor: sums.disputedMinor - amount,
      chargedBackMinor: sums.chargedBackMinor + amount,
      taxReturnedMinor,
    };
  return sums;
}

/** The money of a payment: what moved, and what is under way. */
export type PaymentMoney = MovedMoney &
  Pick<
    Payment,
    "authorizingMinor" | "capturingMinor" | "voidingMinor" | "refundingMinor" | "cancelRequested"
  >;

export const PAYMENT_STATUSES = [
  "requested",
  "action_required",
  "authorized",
  "partly_captured",
  "captured",
  "partly_refunded",
  "refunded",
  "voided",
  "failed",
  "cancelling",
] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/** Derived, never stored: "paid" is not final. */
export function statusOf(payment: Payment): PaymentStatus {
  if (payment.cancelRequested && !isGivenBack(payment)) return "cancelling";
  if (payment.capturedMinor > 0n) return statusOfCaptured(payment);
  if (authorizedLeft(payment) > 0n) return "authorized";
  if (payment.authorizedMinor > 0n || (payment.cancelRequested && payment.failureCode === null))
    return "voided";
  if (payment.failureCode !== null) return "failed";
  return payment.actionUrl === null ? "requested" : "action_required";
}

function statusOfCaptured(payment: Payment): PaymentStatus {
  const returned = payment.refundedMinor + payment.chargedBackMinor;
  if (returned === payment.capturedMinor) return "refunded";
  if (returned > 0n) return "partly_refunded";
  const isWhole = payment.capturedMinor >= payment.amountMinor && authorizedLeft(payment) === 0n;
  return isWhole ? "captured" : "partly_captured";
}

/** Authorized and neither captured nor given back. */
export function authorizedLeft(
  payment: Pick<Payment, "authorizedMinor" | "voidedMinor" | "capturedMinor">,
): bigint {
  return payment.authorizedMinor - payment.voidedMinor - payment.capturedMinor;
}

/** The most that a capture may still take: excludes what other attempts may be taking or giving back. */
export function capturableOf(payment: Payment): bigint {
  if (payment.cancelRequested) return 0n;
  if (payment.provider === "manual") return payment.amountMinor - payment.capturedMinor;
  return authorizedLeft(payment) - payment.capturingMinor - payment.voidingMinor;
}

/** The most that a void may still give back. */
export function voidableOf(payment: PaymentMoney): bigint {
  return authorizedLeft(payment) - payment.capturingMinor - payment.voidingMinor;
}

/** The most that a refund may still give back: excludes disputed money, which the bank has already taken from us. */
export function refundableOf(payment: PaymentMoney): bigint {
  const left = netCaptured(payment) - payment.refundingMinor - payment.disputedMinor;
  return left > 0n ? left : 0n;
}

/** Money of this payment that we have: captured, less refunded and charged back. */
export function netCaptured(payment: PaymentMoney): bigint {
  return payment.capturedMinor - payment.refundedMinor - payment.chargedBackMinor;
}

/** A provider has not yet reported the outcome of something. */
export function isInFlight(payment: PaymentMoney): boolean {
  const { authorizingMinor, capturingMinor, voidingMinor, refundingMinor } = payment;
  return authorizingMinor + capturingMinor + voidingMinor + refundingMinor > 0n;
}

/** More may have been captured than we know: a report about that money came too early. */
export function mayStillBeCaptured(payment: Payment): boolean {
  return isInFlight(payment) || authorizedLeft(payment) > 0n;
}

/** Nothing is authorized, captured or under way any more: the order may be called cancelled. */
export function isGivenBack(payment: PaymentMoney): boolean {
  return authorizedLeft(payment) === 0n && netCaptured(payment) === 0n && !isInFlight(payment);
}

/** All of the amount is captured, whatever was refunded later. */
export function isPaid(payment: Payment): boolean {
  return payment.capturedMinor >= payment.amountMinor;
}

/**
 * The tax in the next `amount` captured (rounded down over all captures together, so that capturing everything captures
 * exactly the whole tax).
 */
export function taxOfCapture(payment: Payment, amount: bigint): bigint {
  const { amountMinor, taxMinor, capturedMinor, capturingMinor, taxCapturedMinor } = payment;
  const all = capturedMinor + capturingMinor + amount;
  const tax = (taxMinor * all) / amountMinor - (taxMinor * (capturedMinor + capturingMinor)) / amountMinor;
  if (all < amountMinor || capturingMinor > 0n) return tax;
  return taxMinor - taxCapturedMinor; // the last capture takes the tax that is left; earlier ones may have named their own
}

/**
 * The tax in the next `amount` given back; giving back all that is left gives back all tax that is left. The tax of refunds
 * under way counts as left until they are done, so the result may be more than `amount`.
 */
export function taxOfReturn(payment: Payment, amount: bigint): bigint {
  const left = netCaptured(payment) - payment.refundingMinor;
  const taxLeft = payment.taxCapturedMinor - payment.taxReturnedMinor;
  const tax = left <= 0n ? 0n : (taxLeft * amount) / left;
  return tax < amount ? tax : amount;
}
