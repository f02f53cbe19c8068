// The door of promotions: coupons, what they take off, and how often they were used.
export { type Coupon, normalizeCode, type OrderWorth } from "./coupon.ts";
export { type CouponServices, couponRoutes } from "./coupon-routes.ts";
export { COUPONS } from "./coupon-store.ts";
export { PROMOTION_ERRORS } from "./errors.ts";
export { checkCoupon } from "./find-coupons.ts";
export {
  type CouponClaim,
  claimDiscount,
  couponNeeds,
  reclaimDiscount,
  refuseUnknown,
  returnUse,
  takeUse,
} from "./use-coupon.ts";
export { type CouponDifference, type CouponUse, findUses, verifyCoupons } from "./verify-coupons.ts";
