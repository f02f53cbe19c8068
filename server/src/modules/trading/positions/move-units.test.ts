import fc from "fast-check";
import { expect, it } from "vitest";
import { sellFraction, splitHolding, splitQuantity } from "./move-units.ts";
import { addLot, type Basis, costOfLot, emptyHolding, type Holding, takeUnits } from "./position.ts";

const EMPTY = emptyHolding({ assetAccountId: 1, currency: "USD", asset: "SHARE", ownerId: "alice" });
const CENTS = { from: 2, to: 2 };

/** Lots of [quantity, cost], the oldest first. */
function hold(...lots: readonly (readonly [bigint, bigint])[]): Holding {
  return lots.reduce((holding, [quantity, cost], index) => {
    const at = index + 1;
    const lot = { id: at, isBought: true, acquiredAt: at, quantity, cost, rate: "1", costReporting: cost };
    return addLot(holding, lot).holding;
  }, EMPTY);
}

it("T40 a split leaves the cost and the dates, and multiplies the units", () => {
  const { holding, fraction } = splitHolding(
    hold([10n, 1_000n], [5n, 900n]),
    { numerator: 4n, denominator: 1n },
    "average",
  );
  expect(fraction.quantity).toBe(0n);
  expect(holding.position).toMatchObject({ quantity: 60n, cost: 1_900n, pooledQuantity: 0n });
  expect(holding.lots).toMatchObject([
    { id: 1, acquiredAt: 1, quantity: 40n, remaining: 40n, cost: 1_000n },
    { id: 2, acquiredAt: 2, quantity: 20n, remaining: 20n, cost: 900n },
  ]);
});

it("T40 a reverse split pays for the fraction, whose cost is that of what it was made of", () => {
  // 1 for 10: 25 units, that have cost 2,500, become 2 and a half; the half has cost 500 and brings 600
  const split = splitHolding(
    hold([10n, 1_000n], [15n, 1_500n]),
    { numerator: 1n, denominator: 10n },
    "average",
  );
  expect(split.fraction).toMatchObject({ quantity: 5n, cost: 500n });
  const sold = sellFraction(split, { cash: 600n, rate: "1" }, CENTS);
  expect(sold.realized).toBe(100n);
  expect(sold.holding.position).toMatchObject({ quantity: 2n, cost: 2_000n, realized: 100n });
});

it("T40 takes the fraction from the oldest lot where the oldest are sold first", () => {
  const lots = hold([5n, 100n], [20n, 2_000n]);
  const { holding, fraction } = splitHolding(lots, { numerator: 1n, denominator: 10n }, "fifo");
  expect(fraction.cost).toBe(100n);
  expect(holding.lots).toMatchObject([{ id: 2, remaining: 2n, cost: 2_000n }]);
});

it("T40 keeps all cost and whole units, whatever the lots, the ratio and the pool", () => {
  const lot = fc.tuple(fc.bigInt({ min: 1n, max: 500n }), fc.bigInt({ min: 0n, max: 100_000n }));
  const factor = fc.bigInt({ min: 1n, max: 20n });
  const given = fc.record({
    lots: fc.array(lot, { minLength: 1, maxLength: 8 }),
    ratio: fc.record({ numerator: factor, denominator: factor }),
    basis: fc.constantFrom<Basis>("average", "fifo"),
    isPooled: fc.boolean(),
  });
  fc.assert(
    fc.property(given, ({ lots, ratio, basis, isPooled }) => {
      const whole = hold(...lots);
      const part = { quantity: whole.position.quantity / 3n, basis: "average" } as const;
      const before = isPooled ? takeUnits(whole, part).holding : whole;
      const { holding, fraction } = splitHolding(before, ratio, basis);
      const { position } = holding;
      expect(position.quantity).toBe(splitQuantity(before.position.quantity, ratio).whole);
      expect(position.cost + fraction.cost).toBe(before.position.cost);
      expect(holding.lots.reduce((all, { remaining }) => all + remaining, 0n)).toBe(position.quantity);
      const own = holding.lots.filter(({ id }) => id > position.pooledUntil);
      expect(own.reduce((all, { cost }) => all + cost, position.pooledCost)).toBe(position.cost);
      for (const each of holding.lots) {
        expect(each.quantity >= each.remaining).toBe(true);
        expect(costOfLot(holding, each).cost >= 0n).toBe(true);
      }
    }),
  );
});
