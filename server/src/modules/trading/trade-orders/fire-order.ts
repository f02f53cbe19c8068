// Lets a waiting order meet a quote at the desk: a trailing stop moves, a condition comes true, or the order is fired and must be
// filled at this quote. The order records what happened, with the quote.
import type { Desk } from "../../desk/index.ts";
import type { Instrument } from "../instruments/instrument.ts";
import { dealtPrice, meetQuote, priceOf, type Quote } from "../matching/meet-quote.ts";
import { keepOrder, saveOrder } from "./save-order.ts";
import { moved, type TradeOrder } from "./trade-order.ts";

export interface Met {
  readonly instrument: Instrument;
  readonly quote: Quote;
  readonly actorId: string;
}

/** The changed order; the same one where the quote does nothing to it. */
export function fireOrder(desk: Desk, order: TradeOrder, { instrument, quote, actorId }: Met): TradeOrder {
  const { watch } = order;
  if (watch === null) return order;
  const isConditional = order.state === "waiting";
  const met = meetQuote({ ...order, watch, isConditional }, quote, instrument.tick);
  if (!met.isTriggered && !met.isFilled) {
    if (met.extreme === order.extreme) return order;
    const trailed = { ...order, watch: met.watch, extreme: met.extreme, version: order.version + 1 };
    keepOrder(desk, trailed);
    return trailed;
  }
  // In a book, an order that is triggered goes there, whether or not anybody stands at its limit.
  const isFired = met.isFilled || instrument.venue === "book";
  const price = priceOf(quote, watch.by);
  const dealt = dealtPrice(quote, order.side);
  const firing = { quoteId: quote.id, price, at: quote.time, extreme: met.extreme, dealt };
  const state = isFired ? "fired" : "resting";
  const next = moved(order, { state, watch: isFired ? null : met.watch, extreme: met.extreme, firing });
  const event = isFired ? "fired" : "triggered";
  saveOrder(desk, next, { event, actorId, instrument, note: `by quote ${quote.id}` });
  return next;
}
