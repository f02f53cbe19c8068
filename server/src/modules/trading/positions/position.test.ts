import fc from "fast-check";
import { expect, it } from "vitest";
import { applyFill, type Position, type PositionFill } from "./position.ts";

const EMPTY: Position = {
  ...{ assetAccountId: 1, currency: "USD", asset: "SHARE", ownerId: "alice" },
  ...{ quantity: 0n, cost: 0n, realized: 0n, fees: 0n, version: 0 },
};
const buy = (quantity: bigint, money: bigint, fee = 0n): PositionFill => ({
  side: "buy",
  quantity,
  money,
  fee,
});
const sell = (quantity: bigint, money: bigint, fee = 0n): PositionFill => ({
  side: "sell",
  quantity,
  money,
  fee,
});
const play = (...fills: readonly PositionFill[]) =>
  fills.reduce((position, fill) => applyFill(position, fill).position, EMPTY);

it("T35 leaves the average cost as it was where something is sold, and begins anew when flat", () => {
  const held = play(buy(100n, 10_000n), buy(100n, 20_000n), sell(50n, 9_000n));
  expect(held).toMatchObject({ quantity: 150n, cost: 22_500n, realized: 1_500n });
  expect(play(buy(100n, 10_000n), sell(100n, 12_000n), buy(10n, 500n))).toMatchObject({
    quantity: 10n,
    cost: 500n,
  });
});

it("T37 once flat, what was gained is the net cash, fees included, however often one went round", () => {
  const trade = fc.tuple(
    fc.bigInt({ min: 1n, max: 1_000n }),
    fc.bigInt({ min: 1n, max: 100_000n }),
    fc.bigInt({ min: 0n, max: 500n }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(trade, trade), { minLength: 1, maxLength: 10 }), (rounds) => {
      let cash = 0n;
      let position = EMPTY;
      for (const [[quantity, cost, fee], [, proceeds, charge]] of rounds) {
        const sold = charge < proceeds ? charge : proceeds; // a sale's fee is never more than it brings
        const part = quantity / 2n;
        const fills = [
          buy(quantity, cost, fee),
          ...(part === 0n ? [] : [sell(part, proceeds, sold)]),
          sell(quantity - part, proceeds, sold),
        ];
        for (const fill of fills) {
          position = applyFill(position, fill).position;
          cash += fill.side === "buy" ? -fill.money - fill.fee : fill.money - fill.fee;
        }
      }
      expect(position).toMatchObject({ quantity: 0n, cost: 0n, realized: cash });
    }),
  );
});

it("T38 units that came without a trade bring no gain when they are sold", () => {
  expect(play(sell(10n, 5_000n))).toMatchObject({ quantity: 0n, cost: 0n, realized: 0n });
  expect(play(buy(10n, 1_000n), sell(20n, 4_000n))).toMatchObject({
    quantity: 0n,
    cost: 0n,
    realized: 1_000n,
  });
});
