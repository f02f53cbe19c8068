import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isReached,
  meetQuote,
  type Quote,
  trailedPrice,
  type WaitingOrder,
  watchOfLimit,
} from "./meet-quote.ts";

const TICK = 10_000_000n;
const at = (cents: number) => BigInt(cents) * TICK;
const quoteOf = (cents: number, more: Partial<Quote> = {}): Quote => ({
  ...{ id: 1, time: 1, bid: at(cents), ask: at(cents), last: at(cents) },
  ...more,
});
const NONE = { limitPrice: null, trailAmount: null, trailPercent: null, extreme: null } as const;
const stop = (cents: number, by: "last" | "bid" = "last"): WaitingOrder => ({
  ...NONE,
  ...{ side: "sell", isConditional: true, watch: { by, from: "above", price: at(cents) } },
});

describe("an order that waits meets a quote", () => {
  it("T1 a stop on the last price is not fired by a bid that touches it", () => {
    const touch = quoteOf(9_700, { bid: at(9_400) });
    expect(meetQuote(stop(9_500), touch, TICK)).toMatchObject({ isTriggered: false, isFilled: false });
    expect(meetQuote(stop(9_500, "bid"), touch, TICK)).toMatchObject({ isTriggered: true, isFilled: true });
  });

  it("T3 a stop-limit once triggered is a limit for good: crossed, retreated, touched, dealt", () => {
    const order = { ...stop(9_500), limitPrice: at(9_600) };
    const crossed = meetQuote(order, quoteOf(9_400), TICK);
    expect(crossed).toMatchObject({
      isTriggered: true,
      isFilled: false,
      watch: watchOfLimit("sell", at(9_600)),
    });
    const resting = { ...order, watch: crossed.watch, isConditional: false };
    expect(meetQuote(resting, quoteOf(9_300), TICK).isFilled).toBe(false);
    expect(meetQuote(resting, quoteOf(9_600), TICK).isFilled).toBe(true);
  });

  it("T4 a trailing stop is moved and then tested, so that none stands beyond the market", () => {
    const prices = fc.array(fc.integer({ min: 100, max: 100_000 }), { minLength: 1, maxLength: 50 });
    const trails = fc.oneof(
      fc.record({ trailPercent: fc.integer({ min: 1, max: 9_999 }), trailAmount: fc.constant(null) }),
      fc.record({ trailPercent: fc.constant(null), trailAmount: fc.integer({ min: 1, max: 500 }).map(at) }),
    );
    fc.assert(
      fc.property(prices, trails, fc.constantFrom("buy", "sell"), (cents, trail, side) => {
        const [first = 100, ...rest] = cents;
        const from = side === "sell" ? "above" : "below";
        const price = trailedPrice({ side, ...trail }, at(first), TICK);
        let order: WaitingOrder = {
          ...{ ...NONE, ...trail, side, isConditional: true, extreme: at(first) },
          watch: { by: "last", from, price },
        };
        for (const cent of rest) {
          const met = meetQuote(order, quoteOf(cent), TICK);
          expect(met.isFilled).toBe(isReached(met.watch, quoteOf(cent)));
          const isTighter =
            side === "sell" ? met.watch.price >= order.watch.price : met.watch.price <= order.watch.price;
          expect(isTighter).toBe(true);
          expect(met.watch.price % TICK).toBe(0n);
          if (met.isFilled) break;
          order = { ...order, watch: met.watch, extreme: met.extreme };
        }
      }),
    );
  });

  it("T44 rounds a trailing stop away from the market, to the tick", () => {
    const percent = { trailAmount: null, trailPercent: 500 };
    expect(trailedPrice({ side: "sell", ...percent }, at(10_001), TICK)).toBe(at(9_500)); // 95.0095
    expect(trailedPrice({ side: "buy", ...percent }, at(10_001), TICK)).toBe(at(10_502)); // 105.0105
  });
});
