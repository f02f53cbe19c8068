// Verifies coupons: compares each coupon's count of uses with its rows. Whether those rows belong to the orders that
// name the coupon is checked with the orders.
import type { Sql } from "../../runtime/database.ts";
import { inReadTransaction, type Tx } from "../../runtime/transaction.ts";
import type { Difference } from "../../values/difference.ts";
import { selectMiscount, selectUses } from "./verify-coupons-store.ts";

export type CouponDifference = Difference<"coupon_uses", "couponCode">;

/** The first difference, as of one moment. Locks nothing. */
export async function verifyCoupons(db: Sql): Promise<CouponDifference[]> {
  const found = await inReadTransaction(db, selectMiscount);
  if (found === undefined) return [];
  const { code: couponCode, used, counted, usageLimit } = found;
  const what =
    used === counted
      ? `coupon ${couponCode} was used ${used} times and may be used ${usageLimit}`
      : `coupon ${couponCode} says that it was used ${used} times, and ${counted} orders use it`;
  return [{ check: "coupon_uses", what, couponCode, expected: String(counted), stored: String(used) }];
}

/** A use of a coupon, to be compared with its order. */
export interface CouponUse {
  readonly orderId: number;
  readonly code: string;
  readonly customerId: string | null;
  readonly isReturned: boolean;
}

/** Uses of the orders after `afterId` up to `untilId`, by order. */
export async function findUses(
  tx: Tx,
  range: { readonly afterId: number; readonly untilId: number },
): Promise<Map<number, CouponUse>> {
  return new Map((await selectUses(tx, range)).map((use) => [use.orderId, use]));
}
