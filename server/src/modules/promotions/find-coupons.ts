// Reads coupons, and says what one would take off an order now. Without locks: an order is judged anew when it is placed.
import type { AnySql } from "../../runtime/database.ts";
import type { AppError } from "../../values/app-error.ts";
import { type Coupon, type CouponAsk, judgeCoupon } from "./coupon.ts";
import * as store from "./coupon-store.ts";
import { promotionError } from "./errors.ts";
import { type CouponClaim, refuseUnknown } from "./use-coupon.ts";

/** @throws AppError `not_found/coupon_not_found` */
export async function getCoupon(sql: AnySql, code: string | undefined): Promise<Coupon> {
  const coupon = code === undefined ? undefined : await store.selectCoupon(sql, code);
  if (coupon === undefined) throw promotionError("coupon_not_found");
  return coupon;
}

/** Newest first, one more than `limit` where there are more. */
export function findCoupons(sql: AnySql, filter: store.CouponFilter): Promise<Coupon[]> {
  return store.selectCoupons(sql, { ...filter, limit: filter.limit + 1 });
}

/** What the coupon would take off an order placed now, or why it would be refused. */
export async function checkCoupon(
  sql: AnySql,
  { code, customerId }: CouponClaim,
  order: Omit<CouponAsk, "usedByCustomer" | "customerId" | "now">,
): Promise<bigint | AppError> {
  const coupon = await store.selectCoupon(sql, code);
  if (coupon === undefined) return refuseUnknown(code);
  const usedByCustomer = customerId === null ? 0 : await store.countUsesOf(sql, code, customerId);
  return judgeCoupon(coupon, { ...order, customerId, usedByCustomer, now: Date.now() * 1_000 });
}
