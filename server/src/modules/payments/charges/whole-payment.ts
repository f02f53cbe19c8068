// An order's payment as a whole: its first charge with the further ones, which cards take where more became due after the first.
// Each charge is a payment of its own, with its own attempts and events; orders look at the sums. Pure.
import { sum } from "../../../values/money.ts";
import { authorizedLeft, type Payment, type PaymentMoney } from "../payment.ts";

/** A charge as far as sums need it. */
export type ChargeMoney = PaymentMoney & Pick<Payment, "id" | "addsTo" | "chargeCount">;

/** Amounts are sums over the charges; the rest is the first charge's. It is never saved: its charges are. */
export type WholePayment = Payment & {
  /** Oldest first; undefined: the payment is its only charge. */
  readonly charges?: readonly Payment[];
};

/** The charges of a payment, oldest first. */
export function chargesOf(payment: WholePayment): readonly Payment[] {
  return payment.charges ?? [payment];
}

/** The first charge with those that add to it, oldest first; empty where it is not among the payments. */
export function selectCharges<Charge extends ChargeMoney>(
  payments: readonly Charge[],
  firstId: number | null,
): Charge[] {
  const first = payments.find(({ id }) => id === firstId);
  if (first === undefined) return [];
  return [first, ...payments.filter(({ addsTo }) => addsTo === firstId).toSorted((a, b) => a.id - b.id)];
}

/**
 * Those that count: all of a payment that is cancelled as a whole, else those that were not cancelled alone. What a charge gives
 * back that was cancelled alone, the order never had.
 */
export function countedCharges<Charge extends ChargeMoney>(charges: readonly Charge[]): readonly Charge[] {
  const [first] = charges;
  return first?.cancelRequested === true ? charges : charges.filter((charge) => !charge.cancelRequested);
}

/** The money of some charges together. */
export function sumMoney(charges: readonly PaymentMoney[]): PaymentMoney {
  const total = (key: Exclude<keyof PaymentMoney, "cancelRequested">) =>
    sum(charges.map((charge) => charge[key]));
  return {
    authorizedMinor: total("authorizedMinor"),
    voidedMinor: total("voidedMinor"),
    capturedMinor: total("capturedMinor"),
    refundedMinor: total("refundedMinor"),
    chargedBackMinor: total("chargedBackMinor"),
    disputedMinor: total("disputedMinor"),
    authorizingMinor: total("authorizingMinor"),
    capturingMinor: total("capturingMinor"),
    voidingMinor: total("voidingMinor"),
    refundingMinor: total("refundingMinor"),
    cancelRequested: charges[0]?.cancelRequested ?? false,
  };
}

/** The payment that begins with that charge, as a whole; undefined where the charge is not among the payments. */
export function findWhole(payments: readonly Payment[], firstId: number | null): WholePayment | undefined {
  const charges = selectCharges(payments, firstId);
  return charges[0] && wholeOf(charges);
}

/** The first charge with the further ones, oldest first. */
export function wholeOf(charges: readonly Payment[]): WholePayment {
  const [first] = charges;
  if (first === undefined) throw new Error("a payment has at least one charge");
  if (charges.length === 1) return first;
  const counted = countedCharges(charges);
  const asked = counted.map(askedOf);
  return {
    ...first,
    ...sumMoney(counted),
    cancelRequested: first.cancelRequested,
    amountMinor: sum(asked.map(({ amountMinor }) => amountMinor)),
    taxMinor: sum(asked.map(({ taxMinor }) => taxMinor)),
    taxCapturedMinor: sum(counted.map(({ taxCapturedMinor }) => taxCapturedMinor)),
    taxReturnedMinor: sum(counted.map(({ taxReturnedMinor }) => taxReturnedMinor)),
    actionUrl: counted.findLast(({ authorizingMinor }) => authorizingMinor > 0n)?.actionUrl ?? null,
    failureCode: counted.at(-1)?.failureCode ?? null,
    version: charges.reduce((total, { version }) => total + version, 0),
    charges,
  };
}

/** What a charge has taken, or may still take. */
function askedOf(charge: Payment): { amountMinor: bigint; taxMinor: bigint } {
  if (charge.authorizingMinor > 0n || authorizedLeft(charge) > 0n) return charge;
  return { amountMinor: charge.capturedMinor, taxMinor: charge.taxCapturedMinor };
}

/** The tax that the charges have taken, or may still take. */
export function askedTaxOf(payment: WholePayment): bigint {
  const charges = countedCharges(chargesOf(payment));
  return sum(charges.map((charge) => askedOf(charge).taxMinor));
}
