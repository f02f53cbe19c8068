// Makes the rows of new orders, and of the exits that they bring along, from what was asked.
import type { Desk } from "../../desk/index.ts";
import { takeStamps } from "../../ledger/index.ts";
import type { Instrument } from "../instruments/instrument.ts";
import { endOfTradingDay } from "../instruments/trading-hours.ts";
import type { TradingCaller } from "../services.ts";
import type { TradingAccounts } from "./find-trading-accounts.ts";
import type { NewTradeOrder } from "./new-trade-order.ts";
import type { TradeOrder } from "./trade-order.ts";
import { stateToWatch } from "./watch-of-order.ts";

interface Placer {
  readonly caller: TradingCaller;
  readonly accounts: TradingAccounts;
  readonly requestHash: string;
}

export function fieldsOf(order: NewTradeOrder) {
  return {
    side: order.side,
    type: order.type,
    limitPrice: order.limitPrice ?? null,
    stopPrice: order.stopPrice ?? null,
    trailAmount: order.trailAmount ?? null,
    trailPercent: order.trailPercent ?? null,
    triggerBy: order.triggerBy,
    timeInForce: order.timeInForce,
  };
}

/** In the state to wait, with no hold yet. */
export function toOrder(
  desk: Desk,
  { caller, accounts, requestHash }: Placer,
  placed: {
    instrument: Instrument;
    order: NewTradeOrder;
    id: number;
    groupId: number | null;
    quantity: bigint;
    watched: Pick<TradeOrder, "watch" | "extreme">;
  },
): TradeOrder {
  const { instrument, order, id, groupId, quantity, watched } = placed;
  const isForDay = order.timeInForce === "DAY";
  const { quote } = instrument;
  return {
    id,
    ...accounts,
    placedBy: caller.actor.id,
    clientOrderId: order.clientOrderId ?? null,
    requestHash,
    instrumentId: instrument.id,
    ...fieldsOf(order),
    quantity,
    expiresAt: isForDay ? endOfTradingDay(instrument, desk.book.now) : (order.expiresAt ?? null),
    session: isForDay ? instrument.session : null,
    state: stateToWatch(order),
    ...watched,
    seenQuote: quote?.number ?? 0,
    filled: 0n,
    money: 0n,
    fees: 0n,
    holdId: null,
    held: 0n,
    groupId,
    parentId: null,
    firing: null,
    quoted: quote === null ? null : { bid: quote.bid, ask: quote.ask },
    lots: order.lots ?? null,
    reason: null,
    ...{ postOnly: order.postOnly, reduceOnly: order.reduceOnly, selfTrade: order.selfTrade },
    ...{ makerMoney: 0n, priority: null, bookSeq: null },
    entryCount: 1,
    version: 1,
  };
}

/** The exits of an entry, dormant until it is filled: a take-profit, a stop-loss, or a pair of both. */
export function toExits(
  desk: Desk,
  { entry, order }: { entry: TradeOrder; order: NewTradeOrder },
): TradeOrder[] {
  const { takeProfit, stopLoss } = order;
  const count = Number(takeProfit !== undefined) + Number(stopLoss !== undefined);
  if (count === 0) return [];
  const first = takeStamps(desk.book, count);
  const common = {
    ...entry,
    ...({ side: "sell", timeInForce: "GTC", state: "dormant", watch: null, extreme: null } as const),
    ...{
      limitPrice: null,
      stopPrice: null,
      trailAmount: null,
      trailPercent: null,
      expiresAt: null,
      session: null,
    },
    ...{ clientOrderId: null, parentId: entry.id, groupId: count > 1 ? first : null, lots: null },
  };
  const exits: TradeOrder[] = [];
  if (takeProfit !== undefined)
    exits.push({ ...common, id: first, type: "limit", limitPrice: takeProfit.limitPrice });
  if (stopLoss !== undefined) {
    const { stopPrice, limitPrice = null } = stopLoss;
    const type = limitPrice === null ? "stop" : "stop_limit";
    exits.push({ ...common, id: first + exits.length, type, stopPrice, limitPrice });
  }
  return exits;
}
