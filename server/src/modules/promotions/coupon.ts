// A coupon: its terms, and what it takes off an order. Pure: the caller passes in the order's value and the number of uses,
// read under the coupon's lock where a use is taken.
import type { AppError, CodeOf } from "../../values/app-error.ts";
import { foldCode } from "../../values/names.ts";
import { formatStamp } from "../../values/time.ts";
import { promotionError } from "./errors.ts";

/** Percentages are whole millionths: 10 % is 100,000. */
export const PERCENT_ONE = 1_000_000;

/** The terms that an operator sets. Amounts are minor units of the currency. */
export interface CouponTerms {
  readonly description: string | null;
  /** Millionths; null: a fixed amount. */
  readonly percent: number | null;
  readonly amountMinor: bigint | null;
  /** Null: a percentage without amounts, for orders of any currency. */
  readonly currency: string | null;
  /** The least that an order's lines must be worth together before the discount. */
  readonly minimumOrderMinor: bigint | null;
  /** The most that a percentage takes off. */
  readonly maximumDiscountMinor: bigint | null;
  /** Stamps, half-open. */
  readonly validFrom: number | null;
  readonly validUntil: number | null;
  readonly usageLimit: number | null;
  readonly customerLimit: number | null;
  readonly isActive: boolean;
}

/** The terms of a coupon where nothing is stated. */
export const NO_TERMS: CouponTerms = {
  description: null,
  percent: null,
  amountMinor: null,
  currency: null,
  minimumOrderMinor: null,
  maximumDiscountMinor: null,
  validFrom: null,
  validUntil: null,
  usageLimit: null,
  customerLimit: null,
  isActive: true,
};

export interface Coupon extends CouponTerms {
  /** Ids ascend in the order in which coupons were made. */
  readonly id: number;
  /** Upper case. */
  readonly code: string;
  /** Uses that are not returned. */
  readonly used: number;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const CODE = /^[A-Z0-9][A-Z0-9_-]{2,39}$/;

/** The code in its stored form: upper case, without surrounding spaces; undefined where no coupon can have this code. */
export function normalizeCode(typed: string): string | undefined {
  const code = foldCode(typed).trim();
  return /^[\x20-\x7e]*$/.test(code) && CODE.test(code.toUpperCase()) ? code.toUpperCase() : undefined;
}

/** What an order is worth: the sum of its lines' quantity × price, at the stated prices, before any discount. */
export interface OrderWorth {
  readonly currency: string;
  readonly subtotalMinor: bigint;
  /** Formats an amount of the currency. */
  readonly write: (minor: bigint) => string;
}

export interface CouponAsk extends OrderWorth {
  /** Null: no known customer. */
  readonly customerId: string | null;
  /** Uses of this customer that are not returned. */
  readonly usedByCustomer: number;
  /** Stamp. */
  readonly now: number;
}

/**
 * What the coupon takes off an order placed now. Refuses `coupon_inactive`, `coupon_not_yet_valid`, `coupon_expired`,
 * `coupon_used_up`, `coupon_needs_customer`, `coupon_already_used`, and what `discountOf` refuses.
 */
export function judgeCoupon(coupon: Coupon, ask: CouponAsk): bigint | AppError {
  const { code, validFrom, validUntil, usageLimit, customerLimit, used } = coupon;
  const refuse = (error: CodeOf<typeof promotionError>, reason: string) => refuseCoupon(error, code, reason);
  if (!coupon.isActive) return refuse("coupon_inactive", "is switched off");
  if (validFrom !== null && ask.now < validFrom)
    return refuse("coupon_not_yet_valid", `is valid from ${formatStamp(validFrom)} on`);
  if (validUntil !== null && ask.now >= validUntil)
    return refuse("coupon_expired", `was valid until ${formatStamp(validUntil)}`);
  if (usageLimit !== null && used >= usageLimit)
    return refuse("coupon_used_up", `has been used ${used} times of ${usageLimit}`);
  if (customerLimit !== null && ask.customerId === null)
    return refuse("coupon_needs_customer", `can be used ${customerLimit} times by a customer who is known`);
  if (customerLimit !== null && ask.usedByCustomer >= customerLimit)
    return refuse("coupon_already_used", `has been used ${ask.usedByCustomer} times by this customer`);
  return discountOf(coupon, ask);
}

/**
 * What the coupon takes off this value, for any customer: never more than the value; a percentage is rounded once, half up.
 * Refuses `coupon_currency_mismatch`, `coupon_minimum_not_reached`.
 */
export function discountOf(
  coupon: Coupon,
  { currency, subtotalMinor, write }: OrderWorth,
): bigint | AppError {
  const { code, minimumOrderMinor, maximumDiscountMinor, amountMinor, percent } = coupon;
  if (coupon.currency !== null && coupon.currency !== currency)
    return refuseCoupon(
      "coupon_currency_mismatch",
      code,
      `is for orders in ${coupon.currency}, and this one is in ${currency}`,
    );
  if (minimumOrderMinor !== null && subtotalMinor < minimumOrderMinor) {
    const reason = `needs an order of ${write(minimumOrderMinor)} ${currency}, and this one is worth ${write(subtotalMinor)}`;
    return refuseCoupon("coupon_minimum_not_reached", code, reason);
  }
  const wanted = amountMinor ?? shareOf(subtotalMinor, percent ?? 0);
  const discount = [wanted, subtotalMinor, maximumDiscountMinor ?? wanted].reduce((a, b) => (b < a ? b : a));
  return discount > 0n
    ? discount
    : refuseCoupon("coupon_minimum_not_reached", code, "takes nothing off an order of so little");
}

function shareOf(amount: bigint, percent: number): bigint {
  return (2n * amount * BigInt(percent) + BigInt(PERCENT_ONE)) / (2n * BigInt(PERCENT_ONE));
}

/** A refusal that names the field by its name in orders and carts. */
export function refuseCoupon(error: CodeOf<typeof promotionError>, code: string, reason: string): AppError {
  return promotionError(error, {
    message: `coupon ${code} ${reason}`,
    coupon_code: code,
    fields: [{ field: "coupon_code", reason }],
  });
}
