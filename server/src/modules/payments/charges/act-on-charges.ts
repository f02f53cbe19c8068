// The acts of a payment on all its charges: an amount is captured from the oldest first, and given back by the newest that can give
// it alone, so that one refund is one line on the customer's statement; only where none can, it is spread, newest first. A payment
// with one charge is acted on as it is. Decide-time, all or nothing, with every charge locked; refuses what the act on one charge does.
import { AppError } from "../../../values/app-error.ts";
import { most, sum } from "../../../values/money.ts";
import type { Desk } from "../../desk/index.ts";
import type { Attempt } from "../attempts/attempt.ts";
import { allOrError, type Money } from "../book-money.ts";
import { type CaptureRequest, capturePayment } from "../capture-payment.ts";
import { paymentsError } from "../errors.ts";
import { fitPayment } from "../fit-payment.ts";
import { capturableOf, isGivenBack, isInFlight, type Payment, refundableOf, voidableOf } from "../payment.ts";
import {
  cancelPayment,
  isAbandoned,
  type RefundRequest,
  refundPayment,
  voidPayment,
} from "../return-payment.ts";
import { fill, spreadTax } from "./spread.ts";
import { chargesOf, countedCharges, type WholePayment, wholeOf } from "./whole-payment.ts";

/** Acts on each charge that `act` changes. */
function actOnEach(
  desk: Desk,
  payment: WholePayment,
  act: (charge: Payment) => Payment | AppError,
): WholePayment | AppError {
  return allOrError(desk, () => {
    const changed: Payment[] = [];
    for (const charge of chargesOf(payment)) {
      const after = act(charge);
      if (after instanceof AppError) return after;
      changed.push(after);
    }
    return wholeOf(changed);
  });
}

/** Captures an amount, oldest charge first. Without `keepsRest`, what is left of any charge is given back. */
export function captureCharges(
  desk: Desk,
  payment: WholePayment,
  request: CaptureRequest & Partial<Money>,
): WholePayment | AppError {
  const { charges } = payment;
  if (charges === undefined) return capturePayment(desk, payment, request);
  const { actorId, keepsRest = false } = request;
  const rooms = charges.map((charge) => most(capturableOf(charge), 0n));
  const amountMinor = request.amountMinor ?? sum(rooms);
  if (amountMinor <= 0n || amountMinor > sum(rooms))
    return paymentsError(isInFlight(payment) ? "payment_in_flight" : "capture_exceeds_authorized");
  const amounts = fill(rooms, amountMinor);
  const taxes = spreadTax(
    amounts,
    charges.map(({ taxMinor, taxCapturedMinor }) => taxMinor - taxCapturedMinor),
    request.taxMinor ?? payment.taxMinor - payment.taxCapturedMinor,
  );
  const shareOf = new Map(charges.map(({ id }, index) => [id, [amounts[index], taxes[index]] as const]));
  return actOnEach(desk, payment, (charge) => {
    const [amount = 0n, taxMinor = 0n] = shareOf.get(charge.id) ?? [];
    if (amount > 0n) return capturePayment(desk, charge, { ...request, amountMinor: amount, taxMinor });
    return keepsRest || voidableOf(charge) <= 0n ? charge : voidPayment(desk, charge, { actorId });
  });
}

/** Gives back what is authorized and not captured, of every charge. Refuses as `voidPayment`. */
export function voidCharges(
  desk: Desk,
  payment: WholePayment,
  by: { actorId: string },
): WholePayment | AppError {
  if (payment.charges === undefined) return voidPayment(desk, payment, by);
  if (voidableOf(payment) <= 0n)
    return paymentsError(isInFlight(payment) ? "payment_in_flight" : "nothing_to_void");
  return actOnEach(desk, payment, (charge) =>
    voidableOf(charge) > 0n ? voidPayment(desk, charge, by) : charge,
  );
}

/** Cancels every charge, as `cancelPayment`. */
export function cancelCharges(
  desk: Desk,
  payment: WholePayment,
  by: Parameters<typeof cancelPayment>[2],
): WholePayment | AppError {
  return actOnEach(desk, payment, (charge) => cancelPayment(desk, charge, by));
}

export interface RefundedCharges {
  readonly payment: WholePayment;
  /** One for each charge that gives something back. */
  readonly refunds: readonly Attempt[];
}

/** Refunds an amount. Refuses as `refundPayment`. */
export function refundCharges(
  desk: Desk,
  payment: WholePayment,
  request: RefundRequest & Money,
): RefundedCharges | AppError {
  if (payment.charges === undefined) {
    const refunded = refundPayment(desk, payment, request);
    if (refunded instanceof AppError) return refunded;
    return { payment: refunded.payment, refunds: [refunded.refund] };
  }
  if (request.amountMinor > refundableOf(payment)) return paymentsError("refund_exceeds_captured");
  const shares = shareRefund(payment, request);
  const refunds: Attempt[] = [];
  const changed = actOnEach(desk, payment, (charge) => {
    const share = shares.get(charge.id);
    if (share === undefined) return charge;
    const refunded = refundPayment(desk, charge, { ...request, ...share });
    if (refunded instanceof AppError) return refunded;
    refunds.push(refunded.refund);
    return refunded.payment;
  });
  return changed instanceof AppError ? changed : { payment: changed, refunds };
}

/** What each charge gives back, by its id. */
function shareRefund(payment: WholePayment, { amountMinor, taxMinor }: Money): Map<number, Money> {
  const charges = countedCharges(chargesOf(payment)).toReversed();
  const alone = charges.find((charge) => refundableOf(charge) >= amountMinor);
  const giving = alone === undefined ? charges : [alone];
  const amounts = fill(giving.map(refundableOf), amountMinor);
  const taxes = spreadTax(
    amounts,
    giving.map(({ taxCapturedMinor, taxReturnedMinor }) => taxCapturedMinor - taxReturnedMinor),
    taxMinor,
  );
  const shares = giving.map(({ id }, index) => {
    return [id, { amountMinor: amounts[index] ?? 0n, taxMinor: taxes[index] ?? 0n }] as const;
  });
  return new Map(shares.filter(([, share]) => share.amountMinor > 0n));
}

/**
 * Fits the charges to the total they are to take, as `fitPayment` does one: a charge is voided once the others cover what is still
 * to be captured, because part of an authorization cannot be given back; further charges that came to nothing are closed once
 * nothing is missing.
 */
export function fitCharges(
  desk: Desk,
  payment: WholePayment,
  due: Money & { readonly actorId: string },
): WholePayment | AppError {
  if (payment.charges === undefined) return fitPayment(desk, payment, due);
  if (payment.cancelRequested) return payment;
  const rest = most(due.amountMinor - payment.capturedMinor - payment.capturingMinor, 0n);
  const needed = countedCharges(payment.charges).map((charge) => most(voidableOf(charge), 0n));
  const kept = fill(needed, rest);
  const keptOf = new Map(countedCharges(payment.charges).map(({ id }, index) => [id, kept[index] ?? 0n]));
  const isCovered = due.amountMinor <= payment.authorizedMinor - payment.voidedMinor;
  return actOnEach(desk, payment, (charge) => {
    const isUnneeded = !charge.cancelRequested && keptOf.get(charge.id) === 0n && voidableOf(charge) > 0n;
    if (isUnneeded) return voidPayment(desk, charge, due);
    return isCovered ? closeFailed(desk, charge, due.actorId) : charge;
  });
}

/** A further charge that came to nothing is closed: money that it takes late goes back by itself. */
export function closeFailed(desk: Desk, charge: Payment, actorId: string): Payment | AppError {
  const hasFailed = isGivenBack(charge) && charge.capturedMinor === 0n;
  if (charge.addsTo === null || charge.cancelRequested || !hasFailed) return charge;
  return cancelPayment(desk, charge, { actorId, reason: "charged in another way, or less is due" });
}

/** The payment without the further charges that wait for their customer, who has asked for something else now. */
export function withoutWaiting(payment: WholePayment): WholePayment {
  return wholeOf(chargesOf(payment).filter((charge) => charge.addsTo === null || !isAbandoned(charge)));
}

/** Closes those. */
export function closeWaiting(
  desk: Desk,
  payment: WholePayment,
  { actorId }: { actorId: string },
): WholePayment | AppError {
  if (payment.charges?.some((charge) => charge.addsTo !== null && isAbandoned(charge)) !== true)
    return payment;
  return actOnEach(desk, payment, (charge) =>
    charge.addsTo !== null && isAbandoned(charge)
      ? cancelPayment(desk, charge, { actorId, reason: "the customer has asked for something else" })
      : charge,
  );
}

/** Whether a further charge can add to it: it is a card's, and not being cancelled. */
export function takesCharges({ provider, cancelRequested }: Payment): boolean {
  return (provider === "sandbox" || provider === "stripe") && !cancelRequested;
}
