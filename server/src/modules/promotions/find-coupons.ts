// Reads coupons, and tells what one would take off an order now. Without locks: placing the order checks again.
import type { AnySql } from "../../runtime/database.ts";
import { type Actor, actsForAll } from "../../values/actor.ts";
import { AppError, invalidField } from "../../values/app-error.ts";
import { describeAmountProblem, formatAmount, parseAmount } from "../../values/money.ts";
import { type Page, toPage } from "../../values/page.ts";
import { readCurrency } from "../ledger/index.ts";
import { type Coupon, type CouponAsk, judgeCoupon, normalizeCode } from "./coupon.ts";
import type { CouponServices } from "./coupon-routes.ts";
import * as store from "./coupon-store.ts";
import { promotionError } from "./errors.ts";
import { type CouponClaim, refuseUnknown } from "./use-coupon.ts";

/** @throws AppError `not_found/coupon_not_found` */
export async function getCoupon(sql: AnySql, code: string | undefined): Promise<Coupon> {
  const coupon = code === undefined ? undefined : await store.selectCoupon(sql, code);
  if (coupon === undefined) throw promotionError("coupon_not_found");
  return coupon;
}

/** Newest first. */
export async function findCoupons(sql: AnySql, filter: store.CouponFilter): Promise<Page<Coupon>> {
  const found = await store.selectCoupons(sql, { ...filter, limit: filter.limit + 1 });
  return toPage(found, filter.limit, ({ id }) => id);
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

export interface CouponQuestion {
  /** The code as it was typed. */
  readonly code: string;
  /** Decimal: what the lines are worth together, before the discount. */
  readonly subtotal: string;
  readonly currency?: string;
}

/**
 * What the coupon would take off an order that the actor placed now. Nothing is reserved.
 * @throws AppError `invalid/…` naming the field, and the reasons for which the order would be refused
 */
export async function quoteCoupon(
  { db, assets, defaultCurrency }: CouponServices,
  actor: Actor,
  { code: typed, subtotal, currency: asked = defaultCurrency }: CouponQuestion,
) {
  const { code: currency, scale } = readCurrency(assets, asked);
  const subtotalMinor = parseAmount(subtotal, scale);
  if (typeof subtotalMinor !== "bigint")
    throw invalidField("subtotal", describeAmountProblem(subtotalMinor, scale));
  const code = normalizeCode(typed);
  if (code === undefined) throw refuseUnknown(typed);
  const write = (minor: bigint) => formatAmount(minor, scale);
  const claim = { code, customerId: actsForAll(actor) ? null : actor.id };
  const discount = await checkCoupon(db, claim, { currency, subtotalMinor, write });
  if (discount instanceof AppError) throw discount;
  return { code, subtotal: write(subtotalMinor), discount: write(discount), currency };
}
