import fc from "fast-check";
import { expect, it } from "vitest";
import { divideHalfUp } from "../../../values/money.ts";
import { formatTaxRate, readTaxRate, readTaxRates } from "./tax-rates.ts";
import { apportion, priceLine, shareOfUnits, sumTotals, taxWithin } from "./totals.ts";

const rate = fc.integer({ min: 0, max: 1_000_000 });
const line = fc.record({
  quantity: fc.integer({ min: 1, max: 1_000_000 }),
  unitPrice: fc.bigInt({ min: 0n, max: 10_000_000n }),
  includesTax: fc.boolean(),
  taxRate: rate,
});

it("adds tax to a price without it, rounded half up on the line and not on the unit", () => {
  const cents = { unitPrice: 105n, includesTax: false, taxRate: 200_000 };
  expect(priceLine({ ...cents, quantity: 1 })).toEqual({ net: 105n, tax: 21n, gross: 126n });
  // 2.5 cents of tax become 3 on one unit; 7.5 become 8 on three, not 9
  expect(priceLine({ quantity: 1, unitPrice: 25n, includesTax: false, taxRate: 100_000 })?.tax).toBe(3n);
  expect(priceLine({ quantity: 3, unitPrice: 25n, includesTax: false, taxRate: 100_000 })?.tax).toBe(8n);
});

it("finds the tax within a price that includes it", () => {
  const price = { quantity: 2, unitPrice: 29_999n, includesTax: true, taxRate: 200_000 };
  expect(priceLine(price)).toEqual({ net: 49_998n, tax: 10_000n, gross: 59_998n });
});

it("prices every line exactly: gross is net and tax, and what the price says is one of them", () => {
  fc.assert(
    fc.property(line, (price) => {
      const totals = priceLine(price);
      if (totals === undefined) throw new Error("too large");
      const amount = price.unitPrice * BigInt(price.quantity);
      expect(totals.net + totals.tax).toBe(totals.gross);
      expect(price.includesTax ? totals.gross : totals.net).toBe(amount);
      expect(totals.tax >= 0n && totals.net >= 0n).toBe(true);
    }),
  );
});

it("gives back a line in any parts, and the parts add up to the line, tax included", () => {
  fc.assert(
    fc.property(line, fc.array(fc.integer({ min: 1, max: 400_000 }), { maxLength: 20 }), (price, parts) => {
      const whole = priceLine(price);
      if (whole === undefined) throw new Error("too large");
      let [units, gross, tax] = [0, 0n, 0n];
      for (const part of [...parts, price.quantity]) {
        const after = Math.min(price.quantity, units + part);
        const value = shareOfUnits(whole.gross, { before: units, after, of: price.quantity });
        tax += taxWithin(whole, { before: gross, after: gross + value });
        gross += value;
        units = after;
      }
      expect({ gross, tax }).toEqual({ gross: whole.gross, tax: whole.tax });
    }),
  );
});

it("cuts a discount by what lines are worth: exactly, none below nothing, none above its line, fair to a minor unit", () => {
  expect(
    apportion(
      100n,
      [1n, 1n, 1n].map((n) => n * 100n),
    ),
  ).toEqual([34n, 33n, 33n]);
  expect(apportion(1n, [1n, 2n, 2n])).toEqual([0n, 1n, 0n]);
  const worths = fc.array(fc.bigInt({ min: 0n, max: 10_000_000_000n }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(worths, fc.bigInt({ min: 0n, max: 1_000_000n }), (weights, share) => {
      const whole = weights.reduce((sum, weight) => sum + weight, 0n);
      if (whole === 0n) return;
      const amount = (whole * share) / 1_000_000n;
      const parts = apportion(amount, weights);
      expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(amount);
      for (const [index, weight] of weights.entries()) {
        const part = parts[index] ?? -1n;
        expect(part >= 0n && part <= weight).toBe(true);
        expect(part - (amount * weight) / whole).toBeLessThanOrEqual(1n);
      }
    }),
  );
});

it("refuses what is larger than an amount can be", () => {
  const huge = { quantity: 1_000_000, unitPrice: 2n ** 62n, includesTax: true, taxRate: 0 };
  expect(priceLine(huge)).toBeUndefined();
  const half = { net: 2n ** 62n, tax: 0n, gross: 2n ** 62n };
  expect(sumTotals([half, half])).toBeUndefined();
  expect(sumTotals([])).toEqual({ net: 0n, tax: 0n, gross: 0n });
});

it("rounds half up", () => {
  expect([1n, 2n, 3n, 4n, 5n].map((n) => divideHalfUp(n, 2n))).toEqual([1n, 1n, 2n, 2n, 3n]);
  expect(divideHalfUp(1n, 3n)).toBe(0n);
});

it("reads and writes tax rates to the millionth, and says what is wrong with others", () => {
  expect(["0", "0.2", "0.20", "0.055", "1", "1.0"].map(readTaxRate)).toEqual([
    0, 200_000, 200_000, 55_000, 1_000_000, 1_000_000,
  ]);
  for (const bad of ["", "-0.1", "1.1", "20", "0.1234567", "20%", ".2"])
    expect(readTaxRate(bad)).toBeUndefined();
  fc.assert(
    fc.property(rate, (millionths) => {
      expect(readTaxRate(formatTaxRate(millionths))).toBe(millionths);
    }),
  );
  const rates = readTaxRates({ taxRate: "0.20", taxClasses: { reduced: "0.05", zero: 0 } });
  if (typeof rates === "string") throw new Error(rates);
  expect(["standard", "reduced", "zero", "luxury"].map(rates.rateOf)).toEqual([
    200_000,
    50_000,
    0,
    undefined,
  ]);
  expect(readTaxRates({ taxRate: "20", taxClasses: {} })).toMatch(/^TAX_RATE must/);
  expect(readTaxRates({ taxRate: "0.2", taxClasses: [] })).toMatch(/^TAX_CLASSES must/);
  expect(readTaxRates({ taxRate: "0.2", taxClasses: { a: "x" } })).toMatch(/"a" must/);
});
