// Exact money: prices are read as whole millionths of a pound, invoices are summed there and only then become pennies.
import { InputError } from "./input-error.ts";

/** Prices may have up to six decimals; real ones have two, at times three. */
const MILLIONTHS = 1_000_000n;
const MILLIONTHS_PER_PENNY = 10_000n;
const DECIMAL = /^(-?)(\d{1,12})(?:\.(\d{1,6}))?$/;

/** @throws InputError where `text` is no decimal of at most six decimals */
export function readMillionths(text: string): bigint {
  const match = DECIMAL.exec(text);
  if (match === null) throw new InputError(`"${text}" is not a decimal with at most 6 decimals`);
  const [, sign, whole = "0", fraction = ""] = match;
  const size = BigInt(whole) * MILLIONTHS + BigInt(fraction.padEnd(6, "0"));
  return sign === "-" ? -size : size;
}

/** To the nearest penny, half to even, as banks round; `exact` says whether nothing was rounded. */
export function toPennies(millionths: bigint): { pennies: bigint; exact: boolean } {
  const size = millionths < 0n ? -millionths : millionths;
  const rest = (size % MILLIONTHS_PER_PENNY) * 2n;
  const down = size / MILLIONTHS_PER_PENNY;
  const goesUp = rest > MILLIONTHS_PER_PENNY || (rest === MILLIONTHS_PER_PENNY && down % 2n === 1n);
  const rounded = goesUp ? down + 1n : down;
  return { pennies: millionths < 0n ? -rounded : rounded, exact: rest === 0n };
}

/** Reads an amount as the API writes it: "-12.34". */
export function readPennies(text: string): bigint {
  return toPennies(readMillionths(text)).pennies;
}

/** As the API takes it: "1234.50". */
export function writePennies(pennies: bigint): string {
  const digits = String(pennies < 0n ? -pennies : pennies).padStart(3, "0");
  return `${pennies < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** As people read it: "1,234.50". */
export function showPennies(pennies: bigint): string {
  const [whole = "", fraction = ""] = writePennies(pennies).split(".");
  return `${whole.replaceAll(/\B(?=(\d{3})+$)/g, ",")}.${fraction}`;
}

export function sumPennies(items: Iterable<{ readonly pennies: bigint }>): bigint {
  let sum = 0n;
  for (const { pennies } of items) sum += pennies;
  return sum;
}
