// What a line costs, in exact minor units: net, tax, gross. Tax is rounded per line and once, half up, and an order's sums are
// the sums of its lines. Tax is rounded per line so that the printed lines add up to the printed total, whatever is returned
// later; half up, because that is how invoices are checked by hand and what tax offices take ("5 rounds up"). Half to even
// (which conversions of money use) would surprise anybody who recalculates a single line.
import { AMOUNT_MINOR_MAX, divideHalfUp } from "../../../values/money.ts";

/** Tax rates are whole millionths: 0.2 is 200,000. */
export const TAX_RATE_ONE = 1_000_000;

export interface LinePrice {
  readonly quantity: number;
  /** Minor units. */
  readonly unitPrice: bigint;
  readonly includesTax: boolean;
  /** Millionths. */
  readonly taxRate: number;
  /** Taken off quantity × unit price before tax is computed; default nothing. */
  readonly discount?: bigint;
}

/** Minor units; gross = net + tax. */
export interface LineTotals {
  readonly net: bigint;
  readonly tax: bigint;
  readonly gross: bigint;
}

/** Prices one line; undefined where its worth is larger than an amount can be. */
export function priceLine(line: LinePrice): LineTotals | undefined {
  const totals = taxLine(line);
  return totals.gross > AMOUNT_MINOR_MAX ? undefined : totals;
}

function taxLine(line: LinePrice): LineTotals {
  const { quantity, unitPrice, includesTax, taxRate, discount = 0n } = line;
  const amount = unitPrice * BigInt(quantity) - discount;
  const rate = BigInt(taxRate);
  const one = BigInt(TAX_RATE_ONE);
  const tax = includesTax ? divideHalfUp(amount * rate, one + rate) : divideHalfUp(amount * rate, one);
  return includesTax ? { net: amount - tax, tax, gross: amount } : { net: amount, tax, gross: amount + tax };
}

/** Quantity × unit price, at the stated price. */
export function listPriceOf({ unitPrice, quantity }: Pick<LinePrice, "unitPrice" | "quantity">): bigint {
  return unitPrice * BigInt(quantity);
}

/**
 * Spreads a discount, which is at most the lines' listed worth, over them in proportion to their worth; tax is computed from what
 * is left of each. However large.
 */
export function priceDiscounted<Line extends LinePrice>(
  lines: readonly Line[],
  discount: bigint,
): (Line & LineTotals & { readonly discount: bigint })[] {
  const parts = discount === 0n ? [] : apportion(discount, lines.map(listPriceOf));
  return lines.map((line, index) => {
    const discounted = { ...line, discount: parts[index] ?? 0n };
    return { ...discounted, ...taxLine(discounted) };
  });
}

/** Sums lines; undefined where the sum is larger than an amount can be. */
export function sumTotals(lines: readonly LineTotals[]): LineTotals | undefined {
  const totals = addTotals(lines);
  return totals.gross > AMOUNT_MINOR_MAX ? undefined : totals;
}

/** Sums lines, however large. */
export function addTotals(lines: readonly LineTotals[]): LineTotals {
  let [net, tax] = [0n, 0n];
  for (const line of lines) {
    net += line.net;
    tax += line.tax;
  }
  return { net, tax, gross: net + tax };
}

/**
 * What the units from `before` to `after` of `of` are worth, as a share of `amount`. Rounded so that however many parts the units
 * are split into, the parts add up to the whole.
 */
export function shareOfUnits(amount: bigint, units: { before: number; after: number; of: number }): bigint {
  const upTo = (count: number) => divideHalfUp(amount * BigInt(count), BigInt(units.of));
  return upTo(units.after) - upTo(units.before);
}

/** The tax within a part of a gross amount, by the whole's own ratio; the parts' taxes add up to the whole's tax. */
export function taxWithin(whole: LineTotals, part: { before: bigint; after: bigint }): bigint {
  if (whole.gross === 0n) return 0n;
  const upTo = (gross: bigint) => divideHalfUp(whole.tax * gross, whole.gross);
  return upTo(part.after) - upTo(part.before);
}

/**
 * Splits an amount by weights whose sum is at least as large, and above zero: each part gets its exact share rounded
 * down, and the minor units left over go one each to the parts that lost most, the first of equals first. So the parts add
 * up to the amount, and none is more than its weight.
 */
export function apportion(amount: bigint, weights: readonly bigint[]): bigint[] {
  const whole = weights.reduce((sum, weight) => sum + weight, 0n);
  const cut = weights.map((weight, index) => ({
    index,
    part: (amount * weight) / whole,
    lost: (amount * weight) % whole,
  }));
  let left = cut.reduce((rest, { part }) => rest - part, amount);
  const parts = cut.map(({ part }) => part);
  for (const { index } of cut.toSorted((a, b) => Number(b.lost > a.lost) - Number(a.lost > b.lost))) {
    if (left === 0n) break;
    parts[index] = (parts[index] ?? 0n) + 1n;
    left -= 1n;
  }
  return parts;
}
