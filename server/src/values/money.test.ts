import fc from "fast-check";
import { expect, it } from "vitest";
import {
  AMOUNT_MINOR_MAX,
  convertAmount,
  divideHalfEven,
  formatAmount,
  parseAmount,
  parseDecimal,
  parseLimit,
} from "./money.ts";

it("reads decimal strings and exact JSON numbers into minor units", () => {
  expect(parseAmount("10.50", 2)).toBe(1050n);
  expect(parseAmount(299.99, 2)).toBe(29999n);
  expect(parseAmount("7", 0)).toBe(7n);
  expect(parseAmount("1.500", 2)).toBe(150n);
});

it("refuses what is not an exact decimal of the asset", () => {
  expect(parseAmount("1.005", 2)).toBe("too_many_decimals");
  for (const bad of ["", "-1", "+1", "1e3", "01", ".5", "1.", "1,000", " 1", "NaN", "١"])
    expect(parseAmount(bad, 2)).toBe("not_decimal");
  for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY, 1e-7, -5])
    expect(typeof parseAmount(bad, 2)).toBe("string");
  expect(parseAmount("92233720368547758.08", 2)).toBe("too_large");
  expect(parseAmount("92233720368547758.07", 2)).toBe(AMOUNT_MINOR_MAX);
});

it("refuses JSON numbers of more than 15 digits, some of which are lost already", () => {
  for (const lost of [
    "900719925474099.37",
    "4503599627370497.5",
    "0.30000000000000004",
    "1e21",
    "9007199254740992",
  ])
    expect(parseAmount(Number(lost), 2)).toBe("too_many_digits");
  expect(parseAmount("900719925474099.37", 2)).toBe(90071992547409937n);
  expect(parseAmount(123456789012345, 2)).toBe(12345678901234500n);
  expect(parseAmount(9999999999999.99, 2)).toBe(999999999999999n);
});

it("reads a limit finer than the smallest unit as the next unit below", () => {
  expect([parseLimit("9999.99", 0), parseLimit("9999.99", 2), parseLimit("10", 3)]).toEqual([
    9_999n,
    999_999n,
    10_000n,
  ]);
});

it("writes back exactly what it read, at every scale", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: AMOUNT_MINOR_MAX }),
      fc.integer({ min: 0, max: 9 }),
      (minor, scale) => {
        expect(parseAmount(formatAmount(minor, scale), scale)).toBe(minor);
      },
    ),
  );
});

it("rounds half to even when converting", () => {
  expect(divideHalfEven(5n, 2n)).toBe(2n);
  expect(divideHalfEven(7n, 2n)).toBe(4n);
  expect(divideHalfEven(8n, 3n)).toBe(3n);
  const rate = parseDecimal("0.8655");
  if (rate === undefined) throw new Error("rate");
  expect(convertAmount(10000n, rate, { from: 2, to: 2 })).toBe(8655n);
  expect(convertAmount(10000n, rate, { from: 2, to: 0 })).toBe(87n);
});
