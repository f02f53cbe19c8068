import fc from "fast-check";
import { expect, it } from "vitest";
import { feeOf, moneyOf, quantityFor } from "./price.ts";

const SCALES = { asset: 2, money: 2 };
const price = (units: number) => BigInt(units) * 10_000_000n; // hundredths of the currency

it("T45 charges the same fee however an order is sliced", () => {
  const slices = fc.array(fc.bigInt({ min: 1n, max: 10_000_000n }), { minLength: 1, maxLength: 20 });
  const terms = fc.record({
    fee: fc.integer({ min: 0, max: 500 }),
    leastFee: fc.bigInt({ min: 0n, max: 500n }),
  });
  fc.assert(
    fc.property(slices, terms, (moneys, fees) => {
      let [moved, charged] = [0n, 0n];
      for (const money of moneys) {
        moved += money;
        const due = feeOf(moved, fees) - charged;
        expect(due >= 0n).toBe(true);
        charged += due;
      }
      expect(charged).toBe(feeOf(moved, fees));
    }),
  );
});

it("T44 spends at most the amount, with the fee, and a lot more would be too much", () => {
  const lot = 25n;
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: 10_000_000n }),
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.integer({ min: 0, max: 1_000 }),
      (amount, units, fee) => {
        const terms = { lot, scales: SCALES, fees: { fee, leastFee: 3n } };
        const quantity = quantityFor(amount, price(units), terms);
        const costOf = (count: bigint) => {
          const money = moneyOf(count, price(units), SCALES);
          return money + feeOf(money, terms.fees);
        };
        expect(quantity % lot).toBe(0n);
        if (quantity > 0n) expect(costOf(quantity) <= amount).toBe(true);
        expect(costOf(quantity + lot) > amount).toBe(true);
      },
    ),
  );
});

it("rounds money half up to the currency's smallest unit", () => {
  expect(moneyOf(50n, price(1), SCALES)).toBe(1n); // half a cent
  expect(moneyOf(49n, price(1), SCALES)).toBe(0n);
  expect(moneyOf(12_345n, price(10_000), SCALES)).toBe(1_234_500n);
});
