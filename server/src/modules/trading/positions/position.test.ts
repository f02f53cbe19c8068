import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addLot,
  applyFill,
  type Basis,
  costOfLot,
  emptyHolding,
  type Holding,
  OPEN_LOTS_MAX,
  type PositionFill,
  takeUnits,
} from "./position.ts";

const EMPTY = emptyHolding({ assetAccountId: 1, currency: "USD", asset: "SHARE", ownerId: "alice" });
const CENTS = { from: 2, to: 2 };
let id = 0;
type Given = Partial<PositionFill>;
const fillOf = (side: PositionFill["side"], [quantity, money, fee = 0n]: Sums, more: Given): PositionFill => {
  id += 1;
  return { id, side, quantity, money, fee, rate: "1", basis: "average", ...more };
};
type Sums = readonly [quantity: bigint, money: bigint, fee?: bigint];
const buy = (sums: Sums, more: Given = {}) => fillOf("buy", sums, more);
const sell = (sums: Sums, more: Given = {}) => fillOf("sell", sums, more);
const playFrom = (holding: Holding, ...fills: readonly PositionFill[]) =>
  fills.reduce((before, fill) => applyFill(before, fill, CENTS).holding, holding);
const play = (...fills: readonly PositionFill[]) => playFrom(EMPTY, ...fills);

it("T35 leaves the average cost as it was where something is sold, and begins anew when flat", () => {
  const held = play(buy([100n, 10_000n]), buy([100n, 20_000n]), sell([50n, 9_000n]));
  expect(held.position).toMatchObject({ quantity: 150n, cost: 22_500n, realized: 1_500n });
  expect(play(buy([100n, 10_000n]), sell([100n, 12_000n]), buy([10n, 500n])).position).toMatchObject({
    ...{ quantity: 10n, cost: 500n, pooledQuantity: 0n, pooledCost: 0n },
  });
});

it("T36 a sale of more than there is closes the position, as if it were two sales", () => {
  const once = play(buy([10n, 1_000n]), sell([25n, 5_000n]));
  const twice = play(buy([10n, 1_000n]), sell([10n, 2_000n]), sell([15n, 3_000n]));
  const { version: _, ...sums } = once.position;
  expect(twice.position).toMatchObject(sums);
  expect(sums).toMatchObject({ quantity: 0n, realized: 1_000n });
});

it("T37 once flat, what was gained is the net cash, fees included, however often one went round", () => {
  const trade = fc.tuple(
    fc.bigInt({ min: 1n, max: 1_000n }),
    fc.bigInt({ min: 1n, max: 100_000n }),
    fc.bigInt({ min: 0n, max: 500n }),
  );
  const basis = fc.constantFrom<Basis>("average", "fifo");
  fc.assert(
    fc.property(fc.array(fc.tuple(trade, trade, basis), { minLength: 1, maxLength: 10 }), (rounds) => {
      let cash = 0n;
      let holding = EMPTY;
      for (const [[quantity, cost, fee], [, proceeds, charge], by] of rounds) {
        const sold = charge < proceeds ? charge : proceeds; // a sale's fee is never more than it brings
        const part = quantity / 2n;
        const fills = [
          buy([quantity, cost, fee]),
          ...(part === 0n ? [] : [sell([part, proceeds, sold], { basis: by })]),
          sell([quantity - part, proceeds, sold], { basis: by }),
        ];
        for (const fill of fills) {
          holding = applyFill(holding, fill, CENTS).holding;
          cash += fill.side === "buy" ? -fill.money - fill.fee : fill.money - fill.fee;
        }
      }
      expect(holding.position).toMatchObject({
        quantity: 0n,
        cost: 0n,
        realized: cash,
        realizedReporting: cash,
      });
      expect(holding.lots).toEqual([]);
    }),
  );
});

it("T38 units that came without a trade bring no gain when they are sold", () => {
  expect(play(sell([10n, 5_000n])).position).toMatchObject({ quantity: 0n, cost: 0n, realized: 0n });
  expect(play(buy([10n, 1_000n]), sell([20n, 4_000n])).position).toMatchObject({
    ...{ quantity: 0n, cost: 0n, realized: 1_000n },
  });
});

describe("the cost of what is sold", () => {
  // ten at 10.00 and ten at 30.00; five are sold at 40.00
  const bought = () => [buy([10n, 10_000n]), buy([10n, 30_000n])] as const;
  const gainOf = (basis: Basis, pick?: 0 | 1) => {
    const fills = bought();
    const chosen = pick === undefined ? [] : [{ lotId: fills[pick].id, quantity: 5n }];
    return applyFill(play(...fills), sell([5n, 20_000n], { basis, chosen }), CENTS);
  };

  it("is what the units cost on average, what the oldest cost, or what the chosen lots cost", () => {
    expect(gainOf("average").realized).toBe(10_000n);
    expect(gainOf("fifo").realized).toBe(15_000n);
    expect(gainOf("lots", 1).realized).toBe(5_000n);
    expect(gainOf("lots", 0).realized).toBe(15_000n);
  });

  it("is written down lot by lot", () => {
    const [first, second] = bought();
    const { uses, holding } = applyFill(play(first, second), sell([15n, 60_000n], { basis: "fifo" }), CENTS);
    expect(uses).toMatchObject([
      { lotId: first.id, quantity: 10n, cost: 10_000n },
      { lotId: second.id, quantity: 5n, cost: 15_000n },
    ]);
    expect(holding.lots).toMatchObject([{ id: second.id, remaining: 5n, cost: 15_000n }]);
  });

  it("of lots that an average sale has met is the average from then on, and of a later one its own", () => {
    const [first, second] = bought();
    const averaged = play(first, second, sell([10n, 20_000n]), buy([10n, 50_000n]));
    expect(averaged.position).toMatchObject({ quantity: 20n, cost: 70_000n, pooledCost: 20_000n });
    const [old, fresh] = averaged.lots;
    expect(old === undefined ? undefined : costOfLot(averaged, old).cost).toBe(20_000n);
    expect(fresh).toMatchObject({ remaining: 10n, cost: 50_000n });
    const chosen = [{ lotId: second.id, quantity: 5n }];
    const sold = applyFill(averaged, sell([5n, 11_000n], { basis: "lots", chosen }), CENTS);
    expect(sold.realized).toBe(1_000n);
  });

  it("adds up however the three are mixed: lots to the quantity, pool and lots to the cost", () => {
    const step = fc.record({
      isSale: fc.boolean(),
      quantity: fc.bigInt({ min: 1n, max: 50n }),
      money: fc.bigInt({ min: 1n, max: 10_000n }),
      basis: fc.constantFrom<Basis>("average", "fifo", "lots"),
      pick: fc.nat(9),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let holding = EMPTY;
        for (const { isSale, quantity, money, basis, pick } of steps) {
          const lot = holding.lots[pick % Math.max(1, holding.lots.length)];
          const chosen = lot === undefined ? [] : [{ lotId: lot.id, quantity }];
          const fill = isSale ? sell([quantity, money], { basis, chosen }) : buy([quantity, money]);
          holding = applyFill(holding, fill, CENTS).holding;
          const { position, lots } = holding;
          const own = lots.filter((each) => each.id > position.pooledUntil);
          const total = (of: (each: (typeof lots)[number]) => bigint, among = lots) =>
            among.reduce((all, each) => all + of(each), 0n);
          expect(total(({ remaining }) => remaining)).toBe(position.quantity);
          expect(total(({ cost }) => cost, own) + position.pooledCost).toBe(position.cost);
          expect(position.costReporting).toBe(position.cost);
          expect(position.quantity > 0n || position.cost === 0n).toBe(true);
        }
      }),
    );
  });
});

describe("T39 in the reporting currency", () => {
  it("gain = price part + currency part, each trade at its own rate", () => {
    // bought for EUR 100.00 at 1.10, sold for EUR 150.00 at 1.30: 195.00 - 110.00 = 65.00 + 20.00
    const held = play(buy([10n, 10_000n], { rate: "1.1" }));
    const sold = applyFill(held, sell([10n, 15_000n], { rate: "1.3" }), CENTS);
    expect(sold).toMatchObject({ realized: 5_000n, realizedReporting: 8_500n, currencyGain: 2_000n });
  });

  it("a gain in the currency can be a loss in the reporting one", () => {
    const held = play(buy([10n, 10_000n], { rate: "1.5" }));
    const sold = applyFill(held, sell([10n, 11_000n], { rate: "1" }), CENTS);
    expect(sold).toMatchObject({ realized: 1_000n, realizedReporting: -4_000n, currencyGain: -5_000n });
  });

  it("what a missing rate touches is not known, and the rest is", () => {
    const mixed = play(buy([10n, 10_000n], { rate: null }), buy([10n, 10_000n], { rate: "2" }));
    expect(mixed.position).toMatchObject({ cost: 20_000n, costReporting: null });
    const rest = applyFill(mixed, sell([10n, 10_000n], { basis: "fifo", rate: "2" }), CENTS);
    expect(rest).toMatchObject({ realized: 0n, realizedReporting: null });
    expect(rest.holding.position).toMatchObject({ costReporting: 20_000n, realizedReporting: null });
  });
});

it("has a bound of open lots: what is bought beyond joins the newest", () => {
  let holding = EMPTY;
  for (let count = 0; count < OPEN_LOTS_MAX + 2; count += 1)
    holding = addLot(holding, {
      ...{ id: count + 1, isBought: true, acquiredAt: count + 1, rate: "1" },
      ...{ quantity: 1n, cost: 100n, costReporting: 100n },
    }).holding;
  expect(holding.lots).toHaveLength(OPEN_LOTS_MAX);
  expect(holding.lots.at(-1)).toMatchObject({ id: OPEN_LOTS_MAX, remaining: 3n, cost: 300n });
  const { cost, quantity } = takeUnits(holding, { quantity: 1_002n, basis: "fifo" });
  expect([quantity, cost]).toEqual([1_002n, 100_200n]);
});
