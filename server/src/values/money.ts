// Amounts: `bigint` minor units inside, decimal strings outside. Amounts are never floating-point numbers.

/** The largest amount one transfer may carry: what fits PostgreSQL's bigint. */
export const AMOUNT_MINOR_MAX = 9_223_372_036_854_775_807n;

const DECIMAL = /^(0|[1-9]\d{0,18})(?:\.(\d{1,20}))?$/;

export type AmountProblem = "not_decimal" | "too_many_decimals" | "too_large" | "too_many_digits";

/** A decimal with up to this many significant digits survives being read into a JSON number; a longer one may change. */
const NUMBER_DIGITS_MAX = 15;

/** For the problem line of a field. */
export const TOO_MANY_DIGITS = `has more than the ${NUMBER_DIGITS_MAX} digits that a JSON number keeps exactly: send it as a string`;

/**
 * Reads a positive or zero amount at an asset's scale (0-9 decimals) into minor units.
 *
 * A JSON number is read by its shortest decimal form (ECMAScript Number::toString), so 299.99 is exact. A number of more than 15
 * digits, such as 0.1 + 0.2, is refused: the client may have meant something else before it became a number.
 * Trailing zeros beyond the scale are harmless and accepted ("1.500" at scale 2).
 */
export function parseAmount(input: string | number, scale: number): bigint | AmountProblem {
  if (typeof input === "number" && hasLostDigits(input)) return "too_many_digits";
  const match = DECIMAL.exec(typeof input === "number" ? String(input) : input);
  if (match === null) return "not_decimal";
  const fraction = match[2] ?? "";
  const excess = fraction.slice(scale);
  if (excess !== "" && /[1-9]/.test(excess)) return "too_many_decimals";
  const minor = BigInt(`${match[1]}${fraction.slice(0, scale).padEnd(scale, "0")}`);
  return minor > AMOUNT_MINOR_MAX ? "too_large" : minor;
}

/** Whether a JSON number may differ from the decimal that was sent. */
export function hasLostDigits(number: number): boolean {
  const digits = String(Math.abs(number)).replace(".", "").replace(/^0+/, "");
  return digits.length > NUMBER_DIGITS_MAX || Math.abs(number) > Number.MAX_SAFE_INTEGER;
}

/**
 * Reads a limit in whole units, plain digits with or without decimals, into minor units. A limit finer than the asset's smallest
 * unit is rounded down to it, so that nothing above the limit passes.
 */
export function parseLimit(limit: string, scale: number): bigint {
  const [whole = "0", decimals = ""] = limit.split(".");
  return BigInt(whole + decimals.slice(0, scale).padEnd(scale, "0"));
}

/** Writes minor units as a decimal string with exactly `scale` decimals: (12345n, 2) is "123.45". */
export function formatAmount(minor: bigint, scale: number): string {
  if (scale === 0) return minor.toString();
  const digits = (minor < 0n ? -minor : minor).toString().padStart(scale + 1, "0");
  const point = digits.length - scale;
  return `${minor < 0n ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Says in words what is wrong with an amount, for the field's problem line. */
export function describeAmountProblem(problem: AmountProblem, scale: number): string {
  if (problem === "too_many_decimals") return `has more than the ${scale} decimals of its currency`;
  if (problem === "too_many_digits") return TOO_MANY_DIGITS;
  if (problem === "too_large") return "is larger than can be kept exactly";
  return 'must be a decimal such as "10.50", without sign, exponent or separators';
}

/** An exact decimal fraction, such as an exchange rate: `digits` / 10^`scale`. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

const RATE = /^(\d{1,12})(?:\.(\d{1,12}))?$/;

/** Reads a positive decimal with up to 12 digits on each side of the point; undefined where it is not one. */
export function parseDecimal(input: string): Decimal | undefined {
  const match = RATE.exec(input);
  if (match === null) return undefined;
  const fraction = match[2] ?? "";
  return { digits: BigInt(`${match[1]}${fraction}`), scale: fraction.length };
}

/**
 * Converts minor units of one asset into another's at `rate` units of target per unit of source, rounded half to
 * even (the usual rounding of banks: no drift over many conversions).
 */
export function convertAmount(minor: bigint, rate: Decimal, scales: { from: number; to: number }): bigint {
  const numerator = minor * rate.digits * 10n ** BigInt(scales.to);
  const denominator = 10n ** BigInt(rate.scale + scales.from);
  return divideHalfEven(numerator, denominator);
}

/** Divides non-negative integers, rounding half to even. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twiceRemainder = (numerator % denominator) * 2n;
  if (twiceRemainder > denominator) return quotient + 1n;
  if (twiceRemainder === denominator && quotient % 2n === 1n) return quotient + 1n;
  return quotient;
}

/** Divides non-negative integers, rounding half up. */
export function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator);
}

export function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function least(...amounts: readonly bigint[]): bigint {
  return amounts.reduce((smallest, amount) => (amount < smallest ? amount : smallest));
}

export function most(...amounts: readonly bigint[]): bigint {
  return amounts.reduce((largest, amount) => (amount > largest ? amount : largest));
}

export function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
