// The books as this process keeps them in memory. Under an instrument's lock it first reads what other processes have changed since
// (by the count of changes), so that each command decides on the book as it is. A book that holds changes of a batch that was not
// committed is read anew: the stamp of its last change tells. So memory is only ever a copy, and a restart needs no special step.
import type { Tx } from "../../../runtime/transaction.ts";
import type { RowReader } from "../../desk/index.ts";
import { isCrossed } from "../matching/match-orders.ts";
import type { Side } from "../matching/meet-quote.ts";
import {
  addOrder,
  BOOK_NUMBER_MAX,
  type BookOrder,
  createOrderBook,
  type OrderBook,
  ordersOf,
  otherSide,
  setLeft,
  takeOut,
} from "../matching/order-book.ts";
import { sideOf } from "../trade-orders/trade-order-store.ts";
import * as store from "./book-store.ts";

/** What a command that deals with a resting order must lock and read. */
export interface Maker {
  readonly id: number;
  readonly cashAccountId: number;
  readonly assetAccountId: number;
  readonly holdId: number | null;
  readonly priority: number;
}

type Version = Pick<store.BookHead, "seq" | "stamp">;

export interface LiveBook {
  readonly instrumentId: number;
  readonly book: OrderBook;
  readonly makers: Map<number, Maker>;
  /** Prices in the core are multiples of the tick, quantities of the lot. */
  readonly grid: { readonly tick: bigint; readonly lot: bigint };
  /** With what the commands of a batch under way did. */
  version: Version;
  /** What is known to be committed. */
  committed: Version;
  readonly forecasts: WeakMap<object, Record<Side, Forecast>>;
}

export interface LiveBooks {
  readonly reader: RowReader<LiveBook>;
  /** The book as last seen by this process; undefined where it was not needed yet. */
  readonly peek: (instrumentId: number) => LiveBook | undefined;
}

const BOOKS_MAX = 1_000;

export function createLiveBooks(): LiveBooks {
  const books = new Map<number, LiveBook>();

  async function read(tx: Tx, ids: readonly number[]): Promise<Map<number, LiveBook>> {
    const known = ids.flatMap((id) => books.get(id) ?? []);
    const missing = ids.filter((id) => !books.has(id));
    const [heads, changed, resting] = await Promise.all([
      store.selectBookHeads(tx, ids),
      store.selectChangedOrders(
        tx,
        known.map(({ instrumentId: id, version }) => ({ id, seq: version.seq })),
      ),
      store.selectRestingOrders(tx, missing),
    ]);
    const stale = heads.filter((head) => !catchUp(books, head, changed));
    for (const head of stale) if (!missing.includes(head.id)) books.delete(head.id);
    const again = stale.filter(({ id }) => !missing.includes(id)).map(({ id }) => id);
    const more = [...resting, ...(await store.selectRestingOrders(tx, again))];
    for (const head of stale) books.set(head.id, load(head, more));
    for (const id of books.keys()) {
      if (books.size <= BOOKS_MAX) break;
      books.delete(id);
    }
    return new Map(heads.flatMap(({ id }) => pairOf(id, books.get(id))));
  }

  return { reader: { kind: "trading.books", read }, peek: (id) => books.get(id) };
}

function pairOf(id: number, live: LiveBook | undefined): [number, LiveBook][] {
  if (live === undefined) return [];
  live.book.undoLog = [];
  return [[id, live]];
}

/** Whether the copy is, or can be made, what the head says. */
function catchUp(
  books: Map<number, LiveBook>,
  head: store.BookHead,
  changed: readonly store.BookRow[],
): boolean {
  const live = books.get(head.id);
  if (live === undefined) return false;
  if (live.grid.tick !== head.tick || live.grid.lot !== head.lot) return false;
  if (!isSame(live.version, head)) {
    if (!isSame(live.version, live.committed)) return false;
    live.book.undoLog = null;
    for (const row of changed) if (Number(row.instrument_id) === head.id) apply(live, row);
  }
  live.version = { seq: head.seq, stamp: head.stamp };
  live.committed = live.version;
  return true;
}

function isSame(a: Version, b: Version): boolean {
  return a.seq === b.seq && a.stamp === b.stamp;
}

function load(head: store.BookHead, rows: readonly store.BookRow[]): LiveBook {
  const version = { seq: head.seq, stamp: head.stamp };
  const live: LiveBook = {
    ...{ instrumentId: head.id, book: createOrderBook(), makers: new Map() },
    grid: { tick: head.tick, lot: head.lot },
    ...{ version, committed: version, forecasts: new WeakMap() },
  };
  for (const row of rows) if (Number(row.instrument_id) === head.id) apply(live, row);
  return live;
}

function apply(live: LiveBook, row: store.BookRow): void {
  const { book, makers } = live;
  const id = Number(row.id);
  const before = book.orders.get(id);
  if (row.priority === null) {
    if (before !== undefined) takeOut(book, before);
    makers.delete(id);
    return;
  }
  const price = Number((row.limit_price ?? 0n) / live.grid.tick);
  const left = Number(row.remaining / live.grid.lot);
  const priority = Number(row.priority);
  const expiresAt = row.expires_at === null ? Number.POSITIVE_INFINITY : Number(row.expires_at);
  if (before?.price === price && makers.get(id)?.priority === priority) {
    setLeft(book, before, left);
    before.expiresAt = expiresAt;
  } else {
    if (before !== undefined) takeOut(book, before);
    const session = row.session ?? Number.POSITIVE_INFINITY;
    addOrder(book, { id, owner: row.owner_id, side: sideOf(row.side), price, left, expiresAt, session });
  }
  makers.set(id, {
    ...{ id, priority, holdId: row.hold_id === null ? null : Number(row.hold_id) },
    cashAccountId: Number(row.cash_account_id),
    assetAccountId: Number(row.asset_account_id),
  });
}

interface Forecast {
  /** Lots that the commands of the batch may take of this side so far. */
  wanted: number;
  found: number;
  /** The dearest price for which any of them takes; null: any. */
  price: number | null;
  readonly owners: Set<string>;
  readonly next: Iterator<BookOrder>;
  /** Looked at, but not crossed yet. */
  waiting: BookOrder | undefined;
}

/** Some more than needed: orders that are over, and such as end meanwhile. */
const SPARE = 8;
const MAKERS_MAX = 2_000;

/**
 * The resting orders that a command may deal with, after what the commands before it in the batch may take; those that these were
 * told of are not told again.
 */
export function forecastMakers(
  live: LiveBook,
  batch: object,
  want: {
    readonly side: Side;
    readonly price: number | null;
    readonly quantity: number;
    readonly owner: string;
  },
): Maker[] {
  const forecasts = live.forecasts.get(batch) ?? {
    buy: beginForecast(live, "buy"),
    sell: beginForecast(live, "sell"),
  };
  live.forecasts.set(batch, forecasts);
  const forecast = forecasts[want.side];
  forecast.wanted += want.quantity;
  forecast.owners.add(want.owner);
  forecast.price = dearer(want.side, forecast.price, want.price);
  const makers: Maker[] = [];
  let spare = SPARE;
  while ((forecast.found < forecast.wanted || spare > 0) && makers.length < MAKERS_MAX) {
    const order = forecast.waiting ?? forecast.next.next().value;
    forecast.waiting = order;
    if (order === undefined || !isCrossed(want.side, forecast.price, order.price)) break;
    forecast.waiting = undefined;
    if (forecast.found >= forecast.wanted) spare -= 1;
    if (!forecast.owners.has(order.owner)) forecast.found += order.left;
    const maker = live.makers.get(order.id);
    if (maker !== undefined) makers.push(maker);
  }
  return makers;
}

function beginForecast({ book }: LiveBook, side: Side): Forecast {
  return {
    ...{ wanted: 0, found: 0, owners: new Set<string>(), waiting: undefined },
    price: side === "buy" ? 0 : BOOK_NUMBER_MAX,
    next: ordersOf(book, otherSide(side)),
  };
}

function dearer(side: Side, a: number | null, b: number | null): number | null {
  if (a === null || b === null) return null;
  return side === "buy" ? Math.max(a, b) : Math.min(a, b);
}
