// Matches orders with each other: commands in, events out, by price, then by time, at the price of the order that rested. Pure; the
// same events put into an empty book give the same book.
import type { Side } from "./meet-quote.ts";
import {
  addOrder,
  BOOK_NUMBER_MAX,
  type BookOrder,
  bestLevel,
  type NewBookOrder,
  type OrderBook,
  ordersOf,
  otherSide,
  setLeft,
  takeOut,
} from "./order-book.ts";

/** What happens where an order would be dealt with another one of its owner. `newest`: the rest of the one that comes ends. */
export type SelfTradePrevention = "newest" | "oldest" | "both" | "decrement";

export interface PlaceInBook extends Omit<NewBookOrder, "left" | "price"> {
  readonly do: "place";
  /** Ticks; null: at any price, and it never rests. */
  readonly price: number | null;
  readonly quantity: number;
  /** What is not dealt at once: rests, or ends. `all_or_none`: nothing is dealt unless all of it is. */
  readonly remainder: "rests" | "ends" | "all_or_none";
  /** Refused where it would be dealt at once. */
  readonly isPostOnly: boolean;
  readonly selfTrade: SelfTradePrevention;
}

export type MatchCommand =
  | PlaceInBook
  | { readonly do: "cancel"; readonly id: number }
  /** By so many lots; all of it: it ends. It keeps its place. */
  | { readonly do: "reduce"; readonly id: number; readonly by: number }
  /** Takes it out and places it anew, behind all others of its price; `price` must not be null. */
  | (Omit<PlaceInBook, "do" | "remainder"> & { readonly do: "replace"; readonly price: number });

/** The moment of a command: an order that is over is not dealt with, whether or not anybody has ended it. */
export interface Moment {
  readonly now: number;
  readonly session: number;
}

export type EndReason = "asked" | "self_trade" | "not_dealt" | "not_all";
export type RefusalReason = "would_be_dealt" | "unknown_order" | "known_order" | "bad_number";

export type MatchEvent =
  | { readonly is: "rested"; readonly order: NewBookOrder }
  | {
      readonly is: "filled";
      readonly takerId: number;
      readonly makerId: number;
      readonly price: number;
      readonly quantity: number;
      readonly makerLeft: number;
    }
  | {
      readonly is: "reduced";
      readonly id: number;
      readonly by: number;
      readonly left: number;
      readonly reason: EndReason;
    }
  | { readonly is: "cancelled"; readonly id: number; readonly left: number; readonly reason: EndReason }
  | { readonly is: "expired"; readonly id: number }
  | { readonly is: "replaced"; readonly id: number }
  | { readonly is: "refused"; readonly id: number; readonly reason: RefusalReason };

/** Changes the book, and tells what was changed. A refused command changes nothing. */
export function matchCommand(book: OrderBook, command: MatchCommand, moment: Moment): MatchEvent[] {
  switch (command.do) {
    case "place":
      return place(book, command, moment);
    case "cancel":
      return cancel(book, command.id);
    case "reduce":
      return reduce(book, command.id, command.by);
    case "replace":
      return replace(book, command, moment);
  }
}

/** Repeats what an event tells, on a book in which all events before it were repeated. */
export function repeatEvent(book: OrderBook, event: MatchEvent): void {
  if (event.is === "rested") addOrder(book, event.order);
  else if (event.is === "filled") keepLeft(book, event.makerId, event.makerLeft);
  else if (event.is === "reduced") keepLeft(book, event.id, event.left);
  else if (event.is !== "refused") keepLeft(book, event.id, 0);
}

/** Events of the order that comes name an order that does not rest: for the book they mean nothing. */
function keepLeft(book: OrderBook, id: number, left: number): void {
  const order = book.orders.get(id);
  if (order === undefined) return;
  if (left === 0) takeOut(book, order);
  else setLeft(book, order, left);
}

function refused(id: number, reason: RefusalReason): MatchEvent[] {
  return [{ is: "refused", id, reason }];
}

function isCountable(number: number): boolean {
  return Number.isInteger(number) && number >= 1 && number <= BOOK_NUMBER_MAX;
}

function place(book: OrderBook, command: PlaceInBook, moment: Moment): MatchEvent[] {
  const { id, price, quantity, remainder } = command;
  if (book.orders.has(id)) return refused(id, "known_order");
  if (!isCountable(quantity) || (price !== null && !isCountable(price))) return refused(id, "bad_number");
  if (command.isPostOnly && isDealtAtOnce(book, command, moment)) return refused(id, "would_be_dealt");
  if (remainder === "all_or_none" && !canFillAll(book, command, moment))
    return [{ is: "cancelled", id, left: quantity, reason: "not_all" }];
  return take(book, command, moment);
}

function cancel(book: OrderBook, id: number): MatchEvent[] {
  const order = book.orders.get(id);
  if (order === undefined) return refused(id, "unknown_order");
  takeOut(book, order);
  return [{ is: "cancelled", id, left: order.left, reason: "asked" }];
}

function reduce(book: OrderBook, id: number, by: number): MatchEvent[] {
  const order = book.orders.get(id);
  if (order === undefined) return refused(id, "unknown_order");
  if (!isCountable(by)) return refused(id, "bad_number");
  return [shrink(book, order, { by, reason: "asked" })];
}

/** Judged before anything changes: post-only against the book without the order's own old place. */
function replace(
  book: OrderBook,
  command: Extract<MatchCommand, { do: "replace" }>,
  moment: Moment,
): MatchEvent[] {
  const { id, price, quantity } = command;
  const before = book.orders.get(id);
  if (before === undefined) return refused(id, "unknown_order");
  if (!isCountable(quantity) || !isCountable(price)) return refused(id, "bad_number");
  const placed: PlaceInBook = { ...command, do: "place", remainder: "rests" };
  if (command.isPostOnly && isDealtAtOnce(book, placed, moment)) return refused(id, "would_be_dealt");
  takeOut(book, before);
  return [{ is: "replaced", id }, ...take(book, placed, moment)];
}

/** Deals the order with what it crosses; what is left rests or ends. */
function take(book: OrderBook, command: PlaceInBook, moment: Moment): MatchEvent[] {
  const { id, owner, side, quantity } = command;
  const events: MatchEvent[] = [];
  let left = quantity;
  for (
    let maker = nextMaker(book, command);
    maker !== undefined && left > 0;
    maker = nextMaker(book, command)
  ) {
    if (isOver(maker, moment)) {
      takeOut(book, maker);
      events.push({ is: "expired", id: maker.id });
    } else if (maker.owner === owner) {
      left = preventSelfTrade(book, command, { maker, left, events });
      if (left === 0) return events;
    } else {
      const dealt = Math.min(left, maker.left);
      left -= dealt;
      events.push(fill(book, maker, { takerId: id, quantity: dealt }));
    }
  }
  if (left === 0) return events;
  const { price, remainder } = command;
  if (price === null || remainder !== "rests") {
    events.push({ is: "cancelled", id, left, reason: "not_dealt" });
    return events;
  }
  const { expiresAt, session } = command;
  const order = { id, owner, side, price, left, expiresAt, session };
  addOrder(book, order);
  events.push({ is: "rested", order });
  return events;
}

function fill(book: OrderBook, maker: BookOrder, deal: { takerId: number; quantity: number }): MatchEvent {
  const makerLeft = maker.left - deal.quantity;
  if (makerLeft === 0) takeOut(book, maker);
  else setLeft(book, maker, makerLeft);
  return { is: "filled", makerId: maker.id, price: maker.price, makerLeft, ...deal };
}

/** @returns what is left of the order that comes; 0: it has ended */
function preventSelfTrade(
  book: OrderBook,
  { id, selfTrade }: PlaceInBook,
  { maker, left, events }: { maker: BookOrder; left: number; events: MatchEvent[] },
): number {
  const reason = "self_trade";
  if (selfTrade === "decrement") {
    const by = Math.min(left, maker.left);
    events.push(shrink(book, maker, { by, reason }));
    if (by === left) events.push({ is: "cancelled", id, left, reason });
    else events.push({ is: "reduced", id, by, left: left - by, reason });
    return left - by;
  }
  if (selfTrade !== "newest") {
    takeOut(book, maker);
    events.push({ is: "cancelled", id: maker.id, left: maker.left, reason });
  }
  if (selfTrade === "oldest") return left;
  events.push({ is: "cancelled", id, left, reason });
  return 0;
}

function shrink(
  book: OrderBook,
  order: BookOrder,
  { by, reason }: { by: number; reason: EndReason },
): MatchEvent {
  const { id, left } = order;
  if (by >= left) {
    takeOut(book, order);
    return { is: "cancelled", id, left, reason };
  }
  setLeft(book, order, left - by);
  return { is: "reduced", id, by, left: left - by, reason };
}

function nextMaker(book: OrderBook, { side, price }: PlaceInBook): BookOrder | undefined {
  const level = bestLevel(book, otherSide(side));
  return level !== undefined && isCrossed(side, price, level.price) ? (level.first ?? undefined) : undefined;
}

export function isCrossed(side: Side, price: number | null, resting: number): boolean {
  if (price === null) return true;
  return side === "buy" ? resting <= price : resting >= price;
}

export function isOver({ expiresAt, session }: NewBookOrder, moment: Moment): boolean {
  return expiresAt <= moment.now || session < moment.session;
}

/** Whether an order that is not over stands at a price that this one crosses. */
function isDealtAtOnce(book: OrderBook, command: PlaceInBook, moment: Moment): boolean {
  for (const maker of ordersOf(book, otherSide(command.side))) {
    if (!isCrossed(command.side, command.price, maker.price)) return false;
    if (!isOver(maker, moment)) return true;
  }
  return false;
}

/** By the same rules as it would be dealt: its owner's own orders fill nothing, and may end it. */
function canFillAll(book: OrderBook, command: PlaceInBook, moment: Moment): boolean {
  let left = command.quantity;
  for (const maker of ordersOf(book, otherSide(command.side))) {
    if (!isCrossed(command.side, command.price, maker.price)) return false;
    if (isOver(maker, moment)) continue;
    if (maker.owner !== command.owner) left -= maker.left;
    else if (command.selfTrade !== "oldest") return false;
    if (left <= 0) return true;
  }
  return false;
}
