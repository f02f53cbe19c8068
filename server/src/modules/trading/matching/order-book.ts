// The orders that rest in one book, in memory: by price, then in the order in which they came. Pure: nothing is read or written
// elsewhere, and no clock is asked. All numbers are whole, from 1 to 2^53 - 1, so that JavaScript's numbers are exact: prices in
// ticks, quantities in lots.
//
// Reducing and taking out an order costs the same however many rest: each is a link of its level's chain, found by its id. A
// level that becomes empty stays in its place until it is the best one, or until most levels are empty.
import type { Side } from "./meet-quote.ts";

/** The largest price in ticks, and the largest quantity in lots. */
export const BOOK_NUMBER_MAX = Number.MAX_SAFE_INTEGER;

export interface NewBookOrder {
  readonly id: number;
  readonly owner: string;
  readonly side: Side;
  /** Ticks. */
  readonly price: number;
  /** Lots that are not filled. */
  readonly left: number;
  /** From this moment on it is no longer dealt with, whatever the unit of time; Infinity: never. */
  readonly expiresAt: number;
  /** It ends with this session; Infinity: with none. */
  readonly session: number;
}

export interface BookOrder extends NewBookOrder {
  left: number;
  expiresAt: number;
  level: Level;
  before: BookOrder | null;
  after: BookOrder | null;
}

export interface Level {
  readonly price: number;
  first: BookOrder | null;
  last: BookOrder | null;
  /** Lots of all its orders. */
  total: number;
  count: number;
}

interface BookSide {
  /** The best price is the last one: there most levels come and go. */
  readonly levels: Level[];
  readonly byPrice: Map<number, Level>;
  emptyCount: number;
}

export interface OrderBook {
  readonly buy: BookSide;
  readonly sell: BookSide;
  readonly orders: Map<number, BookOrder>;
  /** How to take back what was done, newest last; null: nothing is noted. */
  undoLog: (() => void)[] | null;
}

export function createOrderBook(): OrderBook {
  return { buy: createSide(), sell: createSide(), orders: new Map(), undoLog: null };
}

function createSide(): BookSide {
  return { levels: [], byPrice: new Map(), emptyCount: 0 };
}

export function otherSide(side: Side): Side {
  return side === "buy" ? "sell" : "buy";
}

/** Puts an order behind all others of its price. Its id must be new. */
export function addOrder(book: OrderBook, order: NewBookOrder): BookOrder {
  const level = levelAt(book[order.side], order.side, order.price);
  const { id, owner, side, price, left, expiresAt, session } = order;
  const added: BookOrder = {
    ...{ id, owner, side, price, left, expiresAt, session },
    ...{ level, before: level.last, after: null },
  };
  link(book, added);
  book.undoLog?.push(() => unlink(book, added));
  return added;
}

export function takeOut(book: OrderBook, order: BookOrder): void {
  unlink(book, order);
  book.undoLog?.push(() => link(book, order));
}

/** Sets what is left of it, more than nothing: it keeps its place. */
export function setLeft(book: OrderBook, order: BookOrder, left: number): void {
  const before = order.left;
  order.level.total += left - before;
  order.left = left;
  book.undoLog?.push(() => {
    order.level.total += before - order.left;
    order.left = before;
  });
}

/** Takes back everything that was noted beyond the given length of the log. */
export function undoTo(book: OrderBook, length: number): void {
  const log = book.undoLog ?? [];
  book.undoLog = null;
  while (log.length > length) log.pop()?.();
  book.undoLog = log;
}

export function bestLevel(book: OrderBook, side: Side): Level | undefined {
  const { levels } = book[side];
  for (let at = levels.length - 1; at >= 0; at -= 1) {
    const level = levels[at];
    if (level !== undefined && level.count > 0) return level;
    dropLast(book[side]);
  }
  return undefined;
}

/** Resting orders of a side, best price first, and in their order in time. The book must not change meanwhile. */
export function* ordersOf(book: OrderBook, side: Side): Generator<BookOrder> {
  const { levels } = book[side];
  for (let at = levels.length - 1; at >= 0; at -= 1)
    for (let order = levels[at]?.first ?? null; order !== null; order = order.after) yield order;
}

/** Puts it between the neighbours that it names. Not for an order that others have been taken out around meanwhile. */
function link(book: OrderBook, order: BookOrder): void {
  const level = standingLevel(book[order.side], order);
  order.level = level;
  if (order.before === null) level.first = order;
  else order.before.after = order;
  if (order.after === null) level.last = order;
  else order.after.before = order;
  if (level.count === 0) book[order.side].emptyCount -= 1;
  level.count += 1;
  level.total += order.left;
  book.orders.set(order.id, order);
}

function unlink(book: OrderBook, order: BookOrder): void {
  const { level, before, after } = order;
  if (before === null) level.first = after;
  else before.after = after;
  if (after === null) level.last = before;
  else after.before = before;
  level.count -= 1;
  level.total -= order.left;
  book.orders.delete(order.id);
  if (level.count > 0) return;
  book[order.side].emptyCount += 1;
  clearOut(book[order.side]);
}

/** Its level, which may have been dropped as empty since it was taken out. */
function standingLevel(side: BookSide, order: BookOrder): Level {
  return side.byPrice.get(order.price) ?? levelAt(side, order.side, order.price);
}

function levelAt(side: BookSide, name: Side, price: number): Level {
  const known = side.byPrice.get(price);
  if (known !== undefined) return known;
  const level: Level = { price, first: null, last: null, total: 0, count: 0 };
  side.levels.splice(placeOf(side.levels, name, price), 0, level);
  side.byPrice.set(price, level);
  side.emptyCount += 1;
  return level;
}

/** Where a price belongs: purchases rise towards the end of the list, sales fall. */
function placeOf(levels: readonly Level[], name: Side, price: number): number {
  let [low, high] = [0, levels.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = levels[middle]?.price ?? 0;
    const isBefore = name === "buy" ? there < price : there > price;
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  return low;
}

function dropLast(side: BookSide): void {
  const level = side.levels.pop();
  if (level === undefined) return;
  side.byPrice.delete(level.price);
  side.emptyCount -= 1;
}

const EMPTY_MIN = 64;

/** Once most levels are empty, drops these: each change pays for one of them. */
function clearOut(side: BookSide): void {
  if (side.emptyCount < EMPTY_MIN || side.emptyCount * 2 < side.levels.length) return;
  const standing = side.levels.filter(({ count }) => count > 0);
  for (const level of side.levels) if (level.count === 0) side.byPrice.delete(level.price);
  side.levels.splice(0, side.levels.length, ...standing);
  side.emptyCount = 0;
}
