import { expect, it } from "vitest";
import type { InstrumentQuote } from "../instruments/instrument.ts";
import { stepOf } from "./random-walk.ts";

const TICK = 10_000_000n;

function walkFor(seed: number, steps: number): bigint[] {
  const prices: bigint[] = [];
  let quote: InstrumentQuote | null = null;
  for (let step = 0; step < steps; step += 1) {
    const { instrumentId, ...next } = stepOf({ id: 1, tick: TICK, quote }, { seed, time: step });
    expect(instrumentId).toBe(1);
    expect(next.ask - next.bid).toBe(TICK);
    prices.push(next.last);
    quote = { ...next, id: step, number: step + 1, fires: true };
  }
  return prices;
}

it("is the same for the same seed, moves at most half a percent a step, up and down, on the tick, and never to zero", () => {
  const prices = walkFor(7, 2_000);
  expect(walkFor(7, 2_000)).toEqual(prices);
  expect(walkFor(8, 2_000)).not.toEqual(prices);
  const steps = prices.slice(1).map((price, index) => price - (prices[index] ?? 0n));
  expect(steps.some((step) => step > 0n) && steps.some((step) => step < 0n)).toBe(true);
  for (const [index, step] of steps.entries()) {
    const most = (prices[index] ?? 0n) / 200n + TICK;
    expect(step <= most && step >= -most).toBe(true);
  }
  expect(prices.every((price) => price > 0n && price % TICK === 0n)).toBe(true);
});
