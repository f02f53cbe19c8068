// Prices and the amounts that follow from them, in integers only. A price is in billionths of the currency for one unit of the
// asset; a quantity is in the asset's smallest unit, money in the currency's.

import { divideHalfUp } from "../../../values/money.ts";

/** Decimals of a stored price. */
export const PRICE_SCALE = 9;

/** Decimals of the two sides of an instrument. */
export interface Scales {
  readonly asset: number;
  readonly money: number;
}

/** What a quantity is worth at a price, rounded half up to the currency's smallest unit. */
export function moneyOf(quantity: bigint, price: bigint, { asset, money }: Scales): bigint {
  return divideHalfUp(quantity * price * 10n ** BigInt(money), 10n ** BigInt(PRICE_SCALE + asset));
}

export interface FeeTerms {
  /** Basis points of the money. */
  readonly fee: number;
  readonly leastFee: bigint;
}

/**
 * The total fee of an order that has moved this much money, however many fills it took: a fill is charged this less the fees
 * charged before. Rounded half up.
 */
export function feeOf(money: bigint, { fee, leastFee }: FeeTerms): bigint {
  const share = divideHalfUp(money * BigInt(fee), 10_000n);
  return share > leastFee ? share : leastFee;
}

export interface BookFeeTerms extends FeeTerms {
  /** Basis points of what an order rested for. */
  readonly makerFee: number;
}

/** The same of an order in a book: of this money it rested for `makerMoney`. */
export function feeInBook(
  { money, makerMoney }: { readonly money: bigint; readonly makerMoney: bigint },
  { fee, makerFee, leastFee }: BookFeeTerms,
): bigint {
  const parts = (money - makerMoney) * BigInt(fee) + makerMoney * BigInt(makerFee);
  const share = divideHalfUp(parts, 10_000n);
  return share > leastFee ? share : leastFee;
}

/** The largest whole number of lots that costs at most `amount` at the price, its fee included. */
export function quantityFor(
  amount: bigint,
  price: bigint,
  { lot, scales, fees }: { readonly lot: bigint; readonly scales: Scales; readonly fees: FeeTerms },
): bigint {
  const costOf = (lots: bigint) => {
    const money = moneyOf(lots * lot, price, scales);
    return money + feeOf(money, fees);
  };
  let low = 0n;
  let high =
    (amount * 10n ** BigInt(PRICE_SCALE + scales.asset)) / (price * lot * 10n ** BigInt(scales.money)) + 1n;
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (costOf(middle) <= amount) low = middle;
    else high = middle - 1n;
  }
  return low * lot;
}

export function floorTo(value: bigint, step: bigint): bigint {
  return (value / step) * step;
}

export function ceilTo(value: bigint, step: bigint): bigint {
  return ((value + step - 1n) / step) * step;
}
