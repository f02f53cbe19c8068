// What an order watches from the beginning: the price at which a quote would change it.
import type { Instrument } from "../instruments/instrument.ts";
import { priceOf, trailedPrice, type Watch, watchOfLimit } from "../matching/meet-quote.ts";
import type { OrderType, TradeOrder, TradeOrderState } from "./trade-order.ts";

type Watcher = Pick<
  TradeOrder,
  "side" | "type" | "limitPrice" | "stopPrice" | "trailAmount" | "trailPercent" | "triggerBy"
>;

const STOPS: ReadonlySet<OrderType> = new Set(["stop", "stop_limit", "trailing_stop"]);

export function isConditional({ type }: Pick<TradeOrder, "type">): boolean {
  return type !== "market" && type !== "limit";
}

/** The state of an order that waits for a quote. */
export function stateToWatch(order: Pick<TradeOrder, "type">): TradeOrderState {
  return isConditional(order) ? "waiting" : "resting";
}

/** A trailing stop begins with the newest quote, which must exist. A market order watches nothing. */
export function watchAtFirst(
  order: Watcher,
  instrument: Pick<Instrument, "quote" | "tick">,
): Pick<TradeOrder, "watch" | "extreme"> {
  const { side, type, limitPrice, stopPrice, triggerBy: by } = order;
  if (type === "market") return { watch: null, extreme: null };
  if (type === "limit") return { watch: watchOfLimit(side, limitPrice ?? 0n), extreme: null };
  const isSale = side === "sell";
  const from: Watch["from"] = STOPS.has(type) === isSale ? "above" : "below";
  if (type !== "trailing_stop") return { watch: { by, from, price: stopPrice ?? 0n }, extreme: null };
  if (instrument.quote === null) throw new Error("a trailing stop needs a quote to begin with");
  const extreme = priceOf(instrument.quote, by);
  return { watch: { by, from, price: trailedPrice(order, extreme, instrument.tick) }, extreme };
}
