// The price that an order without limit may reach at most in its book: a collar around the best price of the other side.
import type { Side } from "../matching/meet-quote.ts";
import { bestLevel, otherSide } from "../matching/order-book.ts";
import type { LiveBook } from "./live-books.ts";

/** Basis points. */
const COLLAR = 500n;

/** Billionths, on the tick; undefined where nobody stands on the other side. */
export function collarInBook(live: LiveBook, side: Side): bigint | undefined {
  const best = bestLevel(live.book, otherSide(side));
  return best === undefined ? undefined : collarAround(live, side, BigInt(best.price) * live.grid.tick);
}

/** Purchases may pay so much more than the price, sales get so much less, but one tick at least. */
export function collarAround({ grid: { tick } }: Pick<LiveBook, "grid">, side: Side, price: bigint): bigint {
  const bound = (price * (side === "buy" ? 10_000n + COLLAR : 10_000n - COLLAR)) / 10_000n;
  const onTick = (bound / tick) * tick;
  if (side === "buy") return onTick > price ? onTick : price;
  return onTick > tick ? onTick : tick;
}
