// The measures of a portfolio and of orders. Pure: exact fractions of integers, written as decimals with six digits. Amounts are
// in the smallest unit of one currency.

/** Decimals of a measure: 0.123457 is 12.3457 %. */
const SCALE = 6;
const ONE = 10n ** BigInt(SCALE);

/** An exact fraction; the denominator is more than zero. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** As a decimal, rounded half away from zero. */
export function formatFraction({ numerator, denominator }: Fraction): string {
  const isNegative = numerator < 0n;
  const size = isNegative ? -numerator : numerator;
  const scaled = (2n * size * ONE + denominator) / (2n * denominator);
  const text = `${scaled / ONE}.${String(scaled % ONE).padStart(SCALE, "0")}`;
  return isNegative && scaled > 0n ? `-${text}` : text;
}

/** A day of a portfolio: its value at the end, what was put into it and what was taken out. */
export interface PortfolioDay {
  readonly value: bigint;
  readonly bought: bigint;
  readonly sold: bigint;
}

/**
 * The growth of each day: (value + sold) / (value before + bought). Money put in counts from the beginning of the day, money taken
 * out until its end (the daily valuation of the time-weighted rate of return, CFA Institute, Global Investment Performance
 * Standards). A day with nothing at work is left out.
 */
export function growthOf(days: readonly PortfolioDay[], before = 0n): Fraction[] {
  let previous = before;
  return days.flatMap(({ value, bought, sold }) => {
    const atWork = previous + bought;
    previous = value;
    return atWork === 0n ? [] : [{ numerator: value + sold, denominator: atWork }];
  });
}

/** Enough that the product of thousands of days is exact to six decimals, and stays small. */
const PRECISION = 10n ** 24n;

/** The index of a portfolio that begins with 1, after each day; in 24 decimals. */
function indexOf(growth: readonly Fraction[]): bigint[] {
  let index = PRECISION;
  return growth.map(({ numerator, denominator }) => {
    index = (index * numerator) / denominator;
    return index;
  });
}

/** The time-weighted return: the product of the days' growth, less one. Undefined without a day. */
export function returnOf(growth: readonly Fraction[]): Fraction | undefined {
  const last = indexOf(growth).at(-1);
  return last === undefined ? undefined : { numerator: last - PRECISION, denominator: PRECISION };
}

/**
 * The largest drawdown: the deepest fall of the index below its highest value before, as a part of that (Magdon-Ismail and Atiya,
 * "Maximum Drawdown", Risk 17(10), 2004). Zero where it never fell.
 */
export function largestDrawdownOf(growth: readonly Fraction[]): Fraction {
  let peak = PRECISION;
  let worst: Fraction = { numerator: 0n, denominator: 1n };
  for (const index of indexOf(growth)) {
    if (index > peak) peak = index;
    const fall = { numerator: peak - index, denominator: peak };
    if (fall.numerator * worst.denominator > worst.numerator * fall.denominator) worst = fall;
  }
  return worst;
}

/**
 * Turnover: the smaller of purchases and sales, divided by the average value (SEC Form N-1A, Item 13, portfolio turnover rate).
 * Undefined where nothing was held.
 */
export function turnoverOf(days: readonly PortfolioDay[]): Fraction | undefined {
  const total = (of: (day: PortfolioDay) => bigint) => days.reduce((all, day) => all + of(day), 0n);
  const [value, bought, sold] = [total((d) => d.value), total((d) => d.bought), total((d) => d.sold)];
  const traded = bought < sold ? bought : sold;
  return value === 0n ? undefined : { numerator: traded * BigInt(days.length), denominator: value };
}

/** The win rate: of all sales with a gain or loss, those with a gain. Undefined without a sale. */
export function winRateOf({ won, sales }: { won: number; sales: number }): Fraction | undefined {
  return sales === 0 ? undefined : { numerator: BigInt(won), denominator: BigInt(sales) };
}

/** A filled order: what it was worth, and what it would have been worth at the quote when it was placed. */
export interface QuotedFill {
  readonly side: "buy" | "sell";
  readonly money: bigint;
  /** A purchase at the ask, a sale at the bid. */
  readonly quoted: bigint;
}

/**
 * Slippage against the quote at placing: what was paid more, or received less, as a part of what the quote promised (the price part
 * of the implementation shortfall, Perold, "The Implementation Shortfall", Journal of Portfolio Management 14(3), 1988).
 * Negative: better than the quote. Undefined where nothing was quoted.
 */
export function slippageOf(fills: readonly QuotedFill[]): Fraction | undefined {
  let [lost, promised] = [0n, 0n];
  for (const { side, money, quoted } of fills) {
    lost += side === "buy" ? money - quoted : quoted - money;
    promised += quoted;
  }
  return promised === 0n ? undefined : { numerator: lost, denominator: promised };
}
