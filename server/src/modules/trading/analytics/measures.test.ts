import { describe, expect, it } from "vitest";
import {
  formatFraction,
  growthOf,
  largestDrawdownOf,
  type PortfolioDay,
  returnOf,
  slippageOf,
  turnoverOf,
  winRateOf,
} from "./measures.ts";

const day = (value: bigint, bought = 0n, sold = 0n): PortfolioDay => ({ value, bought, sold });
const write = (fraction: Parameters<typeof formatFraction>[0] | undefined) =>
  fraction === undefined ? undefined : formatFraction(fraction);

it("writes fractions with six decimals, rounded half away from zero", () => {
  expect(write({ numerator: 1n, denominator: 3n })).toBe("0.333333");
  expect(write({ numerator: -2n, denominator: 3n })).toBe("-0.666667");
  expect(write({ numerator: -1n, denominator: 10_000_000n })).toBe("0.000000");
});

describe("return", () => {
  it("is what a day's money at work became, day after day", () => {
    // 1,000 grow to 1,100; 900 more are put in, and 2,000 fall to 1,800: 1.1 × 0.9 = 0.99
    expect(write(returnOf(growthOf([day(1_100n, 1_000n), day(1_800n, 900n)])))).toBe("-0.010000");
  });
  it("does not change with what is taken out", () => {
    // 1,000 grow to 1,200, of which 600 are sold; 600 grow to 900: 1.2 × 1.5
    expect(write(returnOf(growthOf([day(600n, 1_000n, 600n), day(900n)])))).toBe("0.800000");
  });
  it("is not known where nothing was at work", () => {
    expect(returnOf(growthOf([day(0n), day(0n)]))).toBeUndefined();
  });
});

describe("largest drawdown", () => {
  it("is the deepest fall below the highest value before", () => {
    // 100, 120, 90, 130, 117: 120 to 90 is a quarter, 130 to 117 a tenth
    const growth = growthOf([day(120n), day(90n), day(130n), day(117n)], 100n);
    expect(write(largestDrawdownOf(growth))).toBe("0.250000");
  });
  it("is none where money is taken out at no loss", () => {
    expect(write(largestDrawdownOf(growthOf([day(50n, 0n, 50n), day(50n)], 100n)))).toBe("0.000000");
  });
});

it("turnover is the smaller of purchases and sales by the average value", () => {
  // 300 bought, 100 sold, 400 held on average
  expect(write(turnoverOf([day(300n, 300n), day(500n, 0n, 100n)]))).toBe("0.250000");
  expect(turnoverOf([day(0n)])).toBeUndefined();
});

it("the win rate is the part of the sales that brought a gain", () => {
  expect(write(winRateOf({ won: 2, sales: 3 }))).toBe("0.666667");
  expect(winRateOf({ won: 0, sales: 0 })).toBeUndefined();
});

it("slippage is what was paid more or received less than quoted", () => {
  // bought for 10,100 where 10,000 were asked; sold for 4,950 where 5,000 were bid: 150 of 15,000
  const worse = [
    { side: "buy", money: 10_100n, quoted: 10_000n },
    { side: "sell", money: 4_950n, quoted: 5_000n },
  ] as const;
  expect(write(slippageOf(worse))).toBe("0.010000");
  expect(write(slippageOf([{ side: "buy", money: 99n, quoted: 100n }]))).toBe("-0.010000");
  expect(slippageOf([])).toBeUndefined();
});
