// Coupons on orders: the discount is spread over the lines before their tax is computed, and the coupon's use follows the order:
// taken when it is placed, given back when it ends without a sale.
import { AppError } from "../../../values/app-error.ts";
import { formatAmount } from "../../../values/money.ts";
import type { Desk, RowNeed } from "../../desk/index.ts";
import type { Asset } from "../../ledger/index.ts";
import {
  type CouponClaim,
  claimDiscount,
  couponNeeds,
  reclaimDiscount,
  returnUse,
  takeUse,
} from "../../promotions/index.ts";
import { isFinal } from "../changing/states.ts";
import { orderError } from "../errors.ts";
import type { Order, OrderLine } from "../order.ts";
import { type LineTotals, listPriceOf, priceDiscounted, sumTotals } from "./totals.ts";

export interface PricedLines {
  readonly lines: readonly OrderLine[];
  readonly totals: LineTotals;
}

interface Coupon {
  readonly couponCode?: string | null | undefined;
  readonly customerId: string | null;
}

/** What an order with a coupon reads in addition; without a coupon, nothing. */
export function needsOfCoupon(order: Coupon): RowNeed[] {
  const claim = claimOf(order);
  return claim === undefined ? [] : couponNeeds(claim);
}

export function claimOf({ couponCode: code, customerId }: Coupon): CouponClaim | undefined {
  return code === undefined || code === null ? undefined : { code, customerId };
}

/** The lines of an order being placed, with its coupon's discount. Refuses what the coupon refuses. */
export function applyCoupon(
  desk: Desk,
  order: Coupon & { readonly asset: Asset },
  listed: PricedLines,
): PricedLines | AppError {
  const claim = claimOf(order);
  if (claim === undefined) return listed;
  const discount = claimDiscount(desk, claim, worthOf(listed.lines, order.asset));
  return discount instanceof AppError ? discount : discountLines(listed.lines, discount);
}

/** New lines of an order that already has its use of the coupon. Refuses what the coupon's current terms refuse. */
export function reapplyCoupon(desk: Desk, order: Order, listed: PricedLines): PricedLines | AppError {
  const asset = desk.assets.byCode(order.currency);
  if (order.couponCode === null || asset === undefined) return listed;
  const discount = reclaimDiscount(desk, order.couponCode, worthOf(listed.lines, asset));
  return discount instanceof AppError ? discount : discountLines(listed.lines, discount);
}

export function worthOf(lines: readonly OrderLine[], { code: currency, scale }: Asset) {
  const subtotalMinor = lines.reduce((sum, line) => sum + listPriceOf(line), 0n);
  return { currency, subtotalMinor, write: (minor: bigint) => formatAmount(minor, scale) };
}

/** Spreads a discount over the lines in proportion to their worth; tax is computed from what is left of each. */
export function discountLines(listed: readonly OrderLine[], discount: bigint): PricedLines | AppError {
  const lines = priceDiscounted(listed, discount);
  const totals = sumTotals(lines);
  return totals === undefined ? orderError("order_too_large") : { lines, totals };
}

export function discountOfLines(lines: readonly OrderLine[]): bigint {
  return lines.reduce((sum, line) => sum + line.discount, 0n);
}

/** Call this only after the last step that may refuse. */
export function takeUseFor(desk: Desk, order: Order): void {
  const claim = claimOf(order);
  if (claim !== undefined) takeUse(desk, claim, order.id);
}

/** For an order that `returnsUse`. Call this only after the last step that may refuse. */
export function returnUseOf(desk: Desk, order: Order): void {
  const claim = claimOf(order);
  if (claim !== undefined) returnUse(desk, claim, order.id);
}

/**
 * Whether the order's use of its coupon is returned if it ends now without a sale: always if the order was never confirmed,
 * otherwise if the shop is configured so. An order that is being cancelled has already returned it.
 */
export function returnsUse(
  { state, cancelReason }: Order,
  { afterConfirmed }: { afterConfirmed: boolean },
): boolean {
  const isOpen = state === "PENDING" || (afterConfirmed && !isFinal(state));
  return cancelReason === null && isOpen;
}
