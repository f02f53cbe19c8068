// How a waiting order meets a quote. Pure: no clock, nothing read or written. A quote moves a trailing stop, fires orders that
// it reaches, and turns a stop-limit that it fires into a limit, all in one step.
import { ceilTo, floorTo } from "./price.ts";

export type Side = "buy" | "sell";
export type PriceSource = "last" | "bid" | "ask" | "mid";

/** A quote that counts. Prices are in billionths. */
export interface Quote {
  /** Stamp. */
  readonly id: number;
  readonly bid: bigint;
  readonly ask: bigint;
  readonly last: bigint;
  /** Stamp: the quote's time according to its source. */
  readonly time: number;
}

/** The price that a quote must reach, and from which side. */
export interface Watch {
  readonly by: PriceSource;
  /** `above`: reached by a quote at or below this price. */
  readonly from: "above" | "below";
  readonly price: bigint;
}

/** The part of an order that meeting a quote needs. */
export interface WaitingOrder {
  readonly side: Side;
  readonly limitPrice: bigint | null;
  readonly trailAmount: bigint | null;
  /** Basis points. */
  readonly trailPercent: number | null;
  readonly watch: Watch;
  /** For a trailing stop: the best price that it has seen. */
  readonly extreme: bigint | null;
  /** Whether a condition must still come true; otherwise it is a resting limit. */
  readonly isConditional: boolean;
}

export interface Meeting {
  readonly watch: Watch;
  readonly extreme: bigint | null;
  /** This quote made its condition come true. */
  readonly isTriggered: boolean;
  /** It must be filled at this quote. */
  readonly isFilled: boolean;
}

export function priceOf(quote: Omit<Quote, "id" | "time">, by: PriceSource): bigint {
  return by === "mid" ? (quote.bid + quote.ask) / 2n : quote[by];
}

/** The price at which an order of this side is filled. */
export function dealtPrice(quote: Pick<Quote, "bid" | "ask">, side: Side): bigint {
  return side === "buy" ? quote.ask : quote.bid;
}

export function isReached({ by, from, price }: Watch, quote: Omit<Quote, "id" | "time">): boolean {
  const now = priceOf(quote, by);
  return from === "above" ? now <= price : now >= price;
}

/** A resting limit is filled when the other side of the quote reaches it. */
export function watchOfLimit(side: Side, price: bigint): Watch {
  return side === "buy" ? { by: "ask", from: "above", price } : { by: "bid", from: "below", price };
}

/** A trailing order's stop behind the best price it has seen: on the tick, and never closer than requested. */
export function trailedPrice(
  order: Pick<WaitingOrder, "side" | "trailAmount" | "trailPercent">,
  extreme: bigint,
  tick: bigint,
): bigint {
  const { side, trailAmount, trailPercent } = order;
  const sign = side === "sell" ? -1n : 1n;
  if (trailAmount !== null) return toTick(extreme + sign * trailAmount, side, tick);
  const tenThousandths = extreme * (10_000n + sign * BigInt(trailPercent ?? 0));
  return toTick(
    side === "sell" ? tenThousandths / 10_000n : ceilTo(tenThousandths, 10_000n) / 10_000n,
    side,
    tick,
  );
}

function toTick(price: bigint, side: Side, tick: bigint): bigint {
  const placed = side === "sell" ? floorTo(price, tick) : ceilTo(price, tick);
  return placed > tick ? placed : tick;
}

/** With each quote, a trailing stop first moves and is then tested. */
export function meetQuote(order: WaitingOrder, quote: Quote, tick: bigint): Meeting {
  const { watch, extreme } = moveTrail(order, quote, tick);
  if (!isReached(watch, quote)) return { watch, extreme, isTriggered: false, isFilled: false };
  if (!order.isConditional) return { watch, extreme, isTriggered: false, isFilled: true };
  if (order.limitPrice === null) return { watch, extreme, isTriggered: true, isFilled: true };
  const resting = watchOfLimit(order.side, order.limitPrice);
  return { watch: resting, extreme, isTriggered: true, isFilled: isReached(resting, quote) };
}

function moveTrail(order: WaitingOrder, quote: Quote, tick: bigint): Pick<WaitingOrder, "watch" | "extreme"> {
  const { watch, extreme, side } = order;
  if (extreme === null) return { watch, extreme };
  const now = priceOf(quote, watch.by);
  const isBetter = side === "sell" ? now > extreme : now < extreme;
  if (!isBetter) return { watch, extreme };
  return { watch: { ...watch, price: trailedPrice(order, now, tick) }, extreme: now };
}
