// Uses of coupons at the desk. They are checked on the locked coupon, so the commands of a batch see each other's uses and all
// processes wait for each other; they are taken or returned in the commit of the order.
import type { AppError } from "../../values/app-error.ts";
import type { Desk, RowNeed } from "../desk/index.ts";
import { type CouponAsk, discountOf, judgeCoupon, type OrderWorth, refuseCoupon } from "./coupon.ts";
import {
  COUNTED_COUPONS,
  COUPONS,
  CUSTOMER_USES,
  customerKey,
  NEW_USES,
  RETURNED_USES,
} from "./coupon-store.ts";

/** Which customer uses which coupon. */
export interface CouponClaim {
  /** As returned by `normalizeCode`. */
  readonly code: string;
  /** Null: no known customer. */
  readonly customerId: string | null;
}

/** What a command that takes or returns a use reads beforehand. Locks the coupon. */
export function couponNeeds({ code, customerId }: CouponClaim): RowNeed[] {
  const coupon = { reader: COUPONS, ids: [code] };
  return customerId === null
    ? [coupon]
    : [coupon, { reader: CUSTOMER_USES, ids: [customerKey(code, customerId)] }];
}

/** What the coupon takes off an order that is being placed. Refuses `coupon_unknown` and what `judgeCoupon` refuses. */
export function claimDiscount(
  desk: Desk,
  claim: CouponClaim,
  order: Omit<CouponAsk, "usedByCustomer" | "now" | "customerId">,
): bigint | AppError {
  const { code, customerId } = claim;
  const coupon = desk.rows.of(COUPONS).get(code);
  if (coupon === undefined) return refuseUnknown(code);
  return judgeCoupon(coupon, {
    ...order,
    customerId,
    usedByCustomer: usesOf(desk, claim),
    now: desk.book.now,
  });
}

/** What it takes off an order that already has its use and whose value has changed. */
export function reclaimDiscount(desk: Desk, code: string, order: OrderWorth): bigint | AppError {
  const coupon = desk.rows.of(COUPONS).get(code);
  return coupon === undefined ? refuseUnknown(code) : discountOf(coupon, order);
}

export function refuseUnknown(code: string): AppError {
  return refuseCoupon("coupon_unknown", code, "does not exist");
}

/** Takes the use that `claimDiscount` allowed. Call this only after the last step that may refuse. */
export function takeUse(desk: Desk, claim: CouponClaim, orderId: number): void {
  count(desk, claim, 1);
  desk.rows.add(NEW_USES, { ...claim, orderId });
}

/** Gives an order's use back. Call this only after the last step that may refuse. */
export function returnUse(desk: Desk, claim: CouponClaim, orderId: number): void {
  count(desk, claim, -1);
  desk.rows.add(RETURNED_USES, { orderId, at: desk.book.now });
}

function count(desk: Desk, claim: CouponClaim, by: 1 | -1): void {
  const { code, customerId } = claim;
  const coupon = desk.rows.of(COUPONS).get(code);
  if (coupon === undefined) throw new Error(`coupon ${code} was not read`);
  const counted = { ...coupon, used: coupon.used + by };
  desk.rows.of(COUPONS).set(code, counted);
  desk.rows.add(COUNTED_COUPONS, counted);
  if (customerId !== null)
    desk.rows.of(CUSTOMER_USES).set(customerKey(code, customerId), usesOf(desk, claim) + by);
}

function usesOf(desk: Desk, { code, customerId }: CouponClaim): number {
  return customerId === null ? 0 : (desk.rows.of(CUSTOMER_USES).get(customerKey(code, customerId)) ?? 0);
}
