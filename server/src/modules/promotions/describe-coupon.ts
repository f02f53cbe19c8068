// The JSON document of a coupon. Amounts and percentages are decimal strings, times RFC 3339.
import { formatAmount } from "../../values/money.ts";
import { formatStamp } from "../../values/time.ts";
import type { Assets } from "../ledger/index.ts";
import type { Coupon } from "./coupon.ts";
import type { CouponDocument } from "./coupon-schemas.ts";

/** Decimals of a percentage, which is stored in millionths of the whole. */
export const PERCENT_SCALE = 4;

export function describeCoupon(assets: Assets, coupon: Coupon): CouponDocument {
  const scale = coupon.currency === null ? 0 : (assets.byCode(coupon.currency)?.scale ?? 0);
  const amount = (minor: bigint | null) => (minor === null ? null : formatAmount(minor, scale));
  const time = (stamp: number | null) => (stamp === null ? null : formatStamp(stamp));
  return {
    code: coupon.code,
    description: coupon.description,
    discount_type: coupon.percent === null ? "amount" : "percent",
    value:
      coupon.percent === null ? formatAmount(coupon.amountMinor ?? 0n, scale) : formatPercent(coupon.percent),
    currency: coupon.currency,
    minimum_order: amount(coupon.minimumOrderMinor),
    maximum_discount: amount(coupon.maximumDiscountMinor),
    valid_from: time(coupon.validFrom),
    valid_until: time(coupon.validUntil),
    usage_limit: coupon.usageLimit,
    usage_limit_per_customer: coupon.customerLimit,
    used: coupon.used,
    active: coupon.isActive,
    version: coupon.version,
    created_at: coupon.createdAt.toISOString(),
    updated_at: coupon.updatedAt.toISOString(),
  };
}

function formatPercent(percent: number): string {
  return formatAmount(BigInt(percent), PERCENT_SCALE).replace(/\.?0+$/, "");
}
