// The one place where a trade order's row changes at the desk: row, timeline entry and event are saved together, and later
// commands in the batch see the change.
import { type Desk, leaveRow, setRow, tellEvent } from "../../desk/index.ts";
import type { Instrument } from "../instruments/instrument.ts";
import { FEED_EVENTS } from "../streams/feed-store.ts";
import { describeTradeOrder } from "./describe-trade-order.ts";
import { isEnded, type TradeOrder } from "./trade-order.ts";
import type { TradeOrderDocument } from "./trade-order-schemas.ts";
import { NEW_TRADE_ENTRIES, RELATED_ORDERS, SAVED_TRADE_ORDERS, TRADE_ORDERS } from "./trade-order-store.ts";

export interface SavedStep {
  /** What happened, in one word. */
  readonly event: string;
  readonly actorId: string;
  readonly instrument: Instrument;
  readonly note?: string | undefined;
  readonly isNew?: boolean;
}

/** Saves the order and appends its event. Undone together with the book's bookings. */
export function saveOrder(desk: Desk, order: TradeOrder, step: SavedStep): void {
  const { event, actorId, instrument, note = null, isNew = false } = step;
  keepOrder(desk, { ...order, seenQuote: instrument.quote?.number ?? 0 }, isNew);
  const { id: orderId, entryCount: seq, state } = order;
  leaveRow(desk, NEW_TRADE_ENTRIES, { orderId, seq, at: desk.book.now, event, actorId, state, note });
  const document = describeTradeOrder(desk.assets, { order, instrument });
  tellEvent(desk, { topic: `trade_order.${event}`, payload: JSON.stringify(document) });
  leaveRow(desk, FEED_EVENTS, {
    ownerId: order.ownerId,
    at: desk.book.now,
    kind: "order",
    document: JSON.stringify({ step: event, order: shorten(document) }),
  });
}

/** Saves a change that is not a step of its life, such as a moved trailing stop. */
export function keepOrder(desk: Desk, order: TradeOrder, isNew = false): void {
  setRow(desk, TRADE_ORDERS, [order.id, order]);
  for (const key of [order.groupId, order.parentId]) {
    if (key === null) continue;
    const others = (desk.rows.of(RELATED_ORDERS).get(key) ?? []).filter(({ id }) => id !== order.id);
    setRow(desk, RELATED_ORDERS, [key, isEnded(order) ? others : [...others, order]]);
  }
  leaveRow(desk, SAVED_TRADE_ORDERS, { order, isNew });
}

/** What a stream tells of an order; GET /trade-orders/{id} has the rest. */
function shorten(order: TradeOrderDocument) {
  const { id, client_order_id, instrument_id, symbol, side, type, status, state, version, reason } = order;
  const { quantity, filled_quantity, limit_price, trigger_price, average_price, money, fees } = order;
  return {
    ...{ id, client_order_id, instrument_id, symbol, side, type, status, state },
    ...{ quantity, filled_quantity, limit_price, trigger_price, average_price, money, fees, reason, version },
  };
}
