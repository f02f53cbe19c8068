// Makes coupons and changes their terms. A change waits for orders that are using the coupon at the moment, and they wait for it.

import { checkVersion } from "../../http/version.ts";
import type { Sql } from "../../runtime/database.ts";
import type { Tx } from "../../runtime/transaction.ts";
import { appendEvents } from "../jobs/index.ts";
import type { Assets } from "../ledger/index.ts";
import type { Coupon, CouponTerms } from "./coupon.ts";
import type { CouponChange } from "./coupon-schemas.ts";
import * as store from "./coupon-store.ts";
import { promotionError } from "./errors.ts";
import { getCoupon } from "./find-coupons.ts";
import { readCouponChange } from "./read-coupon-input.ts";

export interface NewCoupon {
  readonly code: string;
  readonly terms: CouponTerms;
}

/** Appends `coupon.added`. @throws AppError `conflict/coupon_code_taken`, `refused/coupon_period_empty` */
export async function addCoupon(tx: Tx, { code, terms }: NewCoupon): Promise<Coupon> {
  refuseEmptyPeriod(terms);
  const coupon = await store.insertCoupon(tx, code, terms);
  if (coupon === undefined)
    throw promotionError("coupon_code_taken", { fields: [{ field: "code", reason: `${code} is taken` }] });
  await announce(tx, "coupon.added", coupon);
  return coupon;
}

export interface CouponPatch {
  readonly terms: Partial<CouponTerms>;
  /** The versions the coupon may have; any other is refused. */
  readonly versions: readonly number[] | undefined;
}

/**
 * Reads a change against the current coupon: amounts in its currency, which never changes. No locks.
 * @throws AppError `not_found/coupon_not_found`, `invalid/…` naming the field
 */
export async function prepareCouponChange(
  { db, assets }: { readonly db: Sql; readonly assets: Assets },
  code: string | undefined,
  input: CouponChange,
): Promise<Partial<CouponTerms>> {
  return readCouponChange(assets, input, await getCoupon(db, code));
}

/**
 * Locks the coupon. Appends `coupon.changed`.
 * @throws AppError `not_found/coupon_not_found`, `conflict/version_mismatch`, `refused/coupon_limit_below_uses`,
 * `refused/coupon_period_empty`
 */
export async function changeCoupon(tx: Tx, code: string | undefined, patch: CouponPatch): Promise<Coupon> {
  const before = code === undefined ? undefined : await store.lockCoupon(tx, code);
  if (before === undefined) throw promotionError("coupon_not_found");
  checkVersion(before.version, patch.versions);
  const terms: CouponTerms = { ...before, ...patch.terms };
  refuseEmptyPeriod(terms);
  if (terms.usageLimit !== null && terms.usageLimit < before.used)
    throw promotionError("coupon_limit_below_uses", {
      fields: [{ field: "usage_limit", reason: `is ${terms.usageLimit}, and ${before.used} are used` }],
    });
  const changed = await store.updateCoupon(tx, before.code, terms);
  if (changed === undefined) throw new Error(`coupon ${before.code} vanished`);
  await announce(tx, "coupon.changed", changed);
  return changed;
}

function refuseEmptyPeriod({ validFrom, validUntil }: CouponTerms): void {
  if (validFrom !== null && validUntil !== null && validFrom >= validUntil)
    throw promotionError("coupon_period_empty", {
      fields: [{ field: "valid_until", reason: "must be later than valid_from" }],
    });
}

async function announce(tx: Tx, topic: string, { code, version }: Coupon): Promise<void> {
  await appendEvents(tx, [{ topic, payload: JSON.stringify({ code, version }) }]);
}
