// A trade order: an instruction to buy or sell an instrument, from its placing to its end.
import type { Owner } from "../../ledger/index.ts";
import type { SelfTradePrevention } from "../matching/match-orders.ts";
import type { PriceSource, Side, Watch } from "../matching/meet-quote.ts";
import type { Basis, ChosenLot } from "../positions/position.ts";

export const SIDES = { buy: 1, sell: 2 } as const;
export const PRICE_SOURCES = { last: 1, bid: 2, ask: 3, mid: 4 } as const;

export const SELF_TRADES: Readonly<Record<SelfTradePrevention, number>> = {
  newest: 1,
  oldest: 2,
  both: 3,
  decrement: 4,
};

export const ORDER_TYPES = {
  market: 1,
  limit: 2,
  stop: 3,
  stop_limit: 4,
  take_profit: 5,
  take_profit_limit: 6,
  trailing_stop: 7,
} as const;
export type OrderType = keyof typeof ORDER_TYPES;

export const TIMES_IN_FORCE = { GTC: 1, IOC: 2, FOK: 3, DAY: 4, GTD: 5 } as const;
export type TimeInForce = keyof typeof TIMES_IN_FORCE;

/**
 * `dormant`: an exit whose entry is not filled. `waiting`: for its condition. `resting`: a limit waiting for its price. `fired`:
 * a quote has reached it, and it is being filled. `filled` and all states after it are ends.
 */
export const TRADE_ORDER_STATES = {
  dormant: 1,
  waiting: 2,
  resting: 3,
  fired: 4,
  filled: 5,
  cancelled: 6,
  failed: 7,
  expired: 8,
} as const;
export type TradeOrderState = keyof typeof TRADE_ORDER_STATES;

/** The names of the states for clients that know eight of them; the module's README has the table. */
export const STATUSES: Readonly<Record<TradeOrderState, TradeOrderStatus>> = {
  dormant: "PENDING",
  waiting: "CONFIRMED",
  resting: "QUEUED",
  fired: "PROCESSING",
  filled: "COMPLETED",
  cancelled: "CANCELLED",
  failed: "FAILED",
  expired: "EXPIRED",
};
export type TradeOrderStatus =
  | "PENDING"
  | "CONFIRMED"
  | "QUEUED"
  | "PROCESSING"
  | "COMPLETED"
  | "CANCELLED"
  | "FAILED"
  | "EXPIRED";

/** The quote that fired it, kept with the order as the reason for the fill. */
export interface Firing {
  readonly quoteId: number;
  /** Of the source whose price it watched. */
  readonly price: bigint;
  /** Stamp: the quote's time according to its source. */
  readonly at: number;
  /** For a trailing stop: the best price that it had seen. */
  readonly extreme: bigint | null;
  /** The price at which an order of its side was filled then. */
  readonly dealt: bigint;
}

/** Prices in billionths, quantities in the asset's smallest unit, money in the currency's. */
export interface TradeOrder {
  /** Stamp. */
  readonly id: number;
  readonly ownerId: string;
  readonly placedBy: string;
  readonly clientOrderId: string | null;
  readonly requestHash: string;
  readonly instrumentId: number;
  readonly cashAccountId: number;
  readonly assetAccountId: number;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly quantity: bigint;
  readonly limitPrice: bigint | null;
  readonly stopPrice: bigint | null;
  readonly trailAmount: bigint | null;
  /** Basis points. */
  readonly trailPercent: number | null;
  readonly triggerBy: PriceSource;
  /** Stamp. */
  readonly expiresAt: number | null;
  /** For an order for the day: the session that it ends with. */
  readonly session: number | null;
  readonly state: TradeOrderState;
  readonly watch: Watch | null;
  readonly extreme: bigint | null;
  /** The number of the instrument's newest quote when it was saved last: only later ones can fire it. */
  readonly seenQuote: number;
  readonly filled: bigint;
  readonly money: bigint;
  readonly fees: bigint;
  /** A pair shares one hold. */
  readonly holdId: number | null;
  readonly held: bigint;
  /** The id of the first order of a pair or group in which one order ends the others. */
  readonly groupId: number | null;
  /** The entry whose fill activates it. */
  readonly parentId: number | null;
  readonly firing: Firing | null;
  /** Bid and ask when it was placed. */
  readonly quoted: { readonly bid: bigint; readonly ask: bigint } | null;
  /** Of a sale: the lots to be sold, in this order; null: those that the cost basis finds. */
  readonly lots: readonly ChosenLot[] | null;
  /** Why it ended without being filled. */
  readonly reason: string | null;
  /** Of orders in a book: refused rather than dealt at once. */
  readonly postOnly: boolean;
  /** Never sells more than its position. */
  readonly reduceOnly: boolean;
  readonly selfTrade: SelfTradePrevention;
  /** Of its money: what it rested for. */
  readonly makerMoney: bigint;
  /** Its place in the book among orders of its price; null: it is not in the book. */
  readonly priority: number | null;
  /** The last change of the book that concerned it. */
  readonly bookSeq: number | null;
  readonly entryCount: number;
  readonly version: number;
}

/** An entry of the timeline. */
export interface TradeOrderEntry {
  readonly orderId: number;
  readonly seq: number;
  /** Stamp. */
  readonly at: number;
  readonly event: string;
  readonly actorId: string;
  readonly state: TradeOrderState;
  readonly note: string | null;
}

export interface Execution {
  /** Stamp. */
  readonly id: number;
  readonly orderId: number;
  readonly instrumentId: number;
  readonly ownerId: string;
  readonly assetAccountId: number;
  readonly side: Side;
  readonly quantity: bigint;
  readonly price: bigint;
  readonly money: bigint;
  readonly fee: bigint;
  /** The gain: what was sold over what it had cost, fees included. */
  readonly realized: bigint;
  /** How much of the reporting currency one of the currency was then; null: no rate was known. */
  readonly rate: string | null;
  /** The gain in the reporting currency, and what of it the exchange rate brought. */
  readonly realizedReporting: bigint | null;
  readonly currencyGain: bigint | null;
  /** How the cost of a sale was found; null for a purchase. */
  readonly basis: Basis | null;
  readonly journalId: number;
  readonly quoteId: number | null;
  /** Of a trade in a book: the change of the book that made it. */
  readonly bookSeq: number | null;
  readonly isMaker: boolean;
}

export function isEnded({ state }: Pick<TradeOrder, "state">): boolean {
  return TRADE_ORDER_STATES[state] >= TRADE_ORDER_STATES.filled;
}

/** Whether its time is over by the row alone, even if its end is not written down yet. @param now stamp */
export function isOver(
  { expiresAt, session }: Pick<TradeOrder, "expiresAt" | "session">,
  { now, session: current }: { readonly now: number; readonly session: number },
): boolean {
  return (expiresAt !== null && expiresAt <= now) || (session !== null && session < current);
}

/** The owner of an order's journals and holds; a pair's hold belongs to its group. */
export function ownerOf({ id, groupId }: Pick<TradeOrder, "id" | "groupId">): Owner {
  return { type: "trade_order", id: groupId ?? id };
}

/** The account that its hold is on. */
export function heldAccountOf(order: Pick<TradeOrder, "side" | "cashAccountId" | "assetAccountId">): number {
  return order.side === "buy" ? order.cashAccountId : order.assetAccountId;
}

/** With its count of timeline entries raised by one. */
export function moved(order: TradeOrder, change: Partial<TradeOrder>): TradeOrder {
  return { ...order, ...change, entryCount: order.entryCount + 1, version: order.version + 1 };
}

/** The fields that end it: it watches no quote, holds nothing and is in no book. */
export const AT_ITS_END = { watch: null, holdId: null, held: 0n, priority: null } as const;
