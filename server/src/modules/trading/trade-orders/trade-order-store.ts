// The SQL of trade orders at the desk: read under the locks of their instruments, written once for a whole batch.
import type { AnySql } from "../../../runtime/database.ts";
import { type ColumnTable, columnsOf } from "../../../runtime/row-columns.ts";
import { toArray, toTextArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { RowReader, RowWriter } from "../../desk/index.ts";
import type { SelfTradePrevention } from "../matching/match-orders.ts";
import type { PriceSource, Side } from "../matching/meet-quote.ts";
import { formatLots, toLots } from "../positions/chosen-lots.ts";
import { BASES, type Basis } from "../positions/position.ts";
import {
  ORDER_TYPES,
  type OrderType,
  PRICE_SOURCES,
  SELF_TRADES,
  SIDES,
  TIMES_IN_FORCE,
  type TimeInForce,
  TRADE_ORDER_STATES,
  type TradeOrder,
  type TradeOrderEntry,
  type TradeOrderState,
} from "./trade-order.ts";

const WATCHED_FROM = { above: 1, below: 2 } as const;

const PLACED: ColumnTable<TradeOrder> = {
  owner_id: ["text", (order) => order.ownerId],
  placed_by: ["text", (order) => order.placedBy],
  client_order_id: ["text", (order) => order.clientOrderId],
  request_hash: ["text", (order) => order.requestHash],
  instrument_id: ["bigint", (order) => order.instrumentId],
  cash_account_id: ["bigint", (order) => order.cashAccountId],
  asset_account_id: ["bigint", (order) => order.assetAccountId],
  side: ["smallint", (order) => SIDES[order.side]],
  type: ["smallint", (order) => ORDER_TYPES[order.type]],
  time_in_force: ["smallint", (order) => TIMES_IN_FORCE[order.timeInForce]],
  trail_percent: ["integer", (order) => order.trailPercent],
  trigger_by: ["smallint", (order) => PRICE_SOURCES[order.triggerBy]],
  group_id: ["bigint", (order) => order.groupId],
  parent_id: ["bigint", (order) => order.parentId],
  quoted_bid: ["bigint", (order) => order.quoted?.bid],
  quoted_ask: ["bigint", (order) => order.quoted?.ask],
  post_only: ["boolean", (order) => order.postOnly],
  reduce_only: ["boolean", (order) => order.reduceOnly],
  self_trade: ["smallint", (order) => SELF_TRADES[order.selfTrade]],
};

const CHANGING: ColumnTable<TradeOrder> = {
  quantity: ["bigint", (order) => order.quantity],
  limit_price: ["bigint", (order) => order.limitPrice],
  trail_amount: ["bigint", (order) => order.trailAmount],
  stop_price: ["bigint", (order) => order.stopPrice],
  expires_at: ["bigint", (order) => order.expiresAt],
  session: ["integer", (order) => order.session],
  state: ["smallint", (order) => TRADE_ORDER_STATES[order.state]],
  watch_price: ["bigint", (order) => order.watch?.price],
  watch_by: ["smallint", (order) => order.watch && PRICE_SOURCES[order.watch.by]],
  watch_from: ["smallint", (order) => order.watch && WATCHED_FROM[order.watch.from]],
  extreme: ["bigint", (order) => order.extreme],
  seen_quote: ["bigint", (order) => order.seenQuote],
  filled: ["bigint", (order) => order.filled],
  money: ["bigint", (order) => order.money],
  fees: ["bigint", (order) => order.fees],
  hold_id: ["bigint", (order) => order.holdId],
  held: ["bigint", (order) => order.held],
  fired_quote_id: ["bigint", (order) => order.firing?.quoteId],
  fired_price: ["bigint", (order) => order.firing?.price],
  fired_at: ["bigint", (order) => order.firing?.at],
  fired_extreme: ["bigint", (order) => order.firing?.extreme],
  fired_dealt: ["bigint", (order) => order.firing?.dealt],
  chosen_lots: ["text", (order) => formatLots(order.lots)],
  reason: ["text", (order) => order.reason],
  maker_money: ["bigint", (order) => order.makerMoney],
  priority: ["bigint", (order) => order.priority],
  book_seq: ["bigint", (order) => order.bookSeq],
  entry_count: ["smallint", (order) => order.entryCount],
  version: ["integer", (order) => order.version],
};

const ID: ColumnTable<TradeOrder> = { id: ["bigint", (order) => order.id] };
const ORDER_COLUMNS = columnsOf<TradeOrder>({ ...ID, ...PLACED, ...CHANGING });
const CHANGING_COLUMNS = columnsOf<TradeOrder>(CHANGING);
const CHANGE_COLUMNS = columnsOf<TradeOrder>({ ...ID, ...CHANGING });

/** The columns from which an order's row is read everywhere. */
export const TRADE_ORDER_COLUMNS = ["id", ...Object.keys(PLACED), ...Object.keys(CHANGING)].join(", ");

export interface TradeOrderRow {
  id: bigint;
  owner_id: string;
  placed_by: string;
  client_order_id: string | null;
  request_hash: string;
  instrument_id: bigint;
  cash_account_id: bigint;
  asset_account_id: bigint;
  side: number;
  type: number;
  time_in_force: number;
  quantity: bigint;
  limit_price: bigint | null;
  stop_price: bigint | null;
  trail_amount: bigint | null;
  trail_percent: number | null;
  trigger_by: number;
  expires_at: bigint | null;
  session: number | null;
  state: number;
  watch_price: bigint | null;
  watch_by: number | null;
  watch_from: number | null;
  extreme: bigint | null;
  seen_quote: bigint;
  filled: bigint;
  money: bigint;
  fees: bigint;
  hold_id: bigint | null;
  held: bigint;
  group_id: bigint | null;
  parent_id: bigint | null;
  fired_quote_id: bigint | null;
  fired_price: bigint | null;
  fired_at: bigint | null;
  fired_extreme: bigint | null;
  fired_dealt: bigint | null;
  quoted_bid: bigint | null;
  quoted_ask: bigint | null;
  chosen_lots: string | null;
  reason: string | null;
  post_only: boolean;
  reduce_only: boolean;
  self_trade: number;
  maker_money: bigint;
  priority: bigint | null;
  book_seq: bigint | null;
  entry_count: number;
  version: number;
}

export function toTradeOrder(row: TradeOrderRow): TradeOrder {
  return {
    id: Number(row.id),
    ownerId: row.owner_id,
    placedBy: row.placed_by,
    clientOrderId: row.client_order_id,
    requestHash: row.request_hash,
    instrumentId: Number(row.instrument_id),
    cashAccountId: Number(row.cash_account_id),
    assetAccountId: Number(row.asset_account_id),
    side: sideOf(row.side),
    type: nameOf(TYPE_NAMES, row.type),
    timeInForce: nameOf(FORCE_NAMES, row.time_in_force),
    quantity: row.quantity,
    limitPrice: row.limit_price,
    stopPrice: row.stop_price,
    trailAmount: row.trail_amount,
    trailPercent: row.trail_percent,
    triggerBy: nameOf(SOURCE_NAMES, row.trigger_by),
    expiresAt: toNumber(row.expires_at),
    session: row.session,
    state: tradeStateOf(row.state),
    watch:
      row.watch_price === null || row.watch_by === null
        ? null
        : {
            by: nameOf(SOURCE_NAMES, row.watch_by),
            from: row.watch_from === WATCHED_FROM.above ? "above" : "below",
            price: row.watch_price,
          },
    extreme: row.extreme,
    seenQuote: Number(row.seen_quote),
    filled: row.filled,
    money: row.money,
    fees: row.fees,
    holdId: toNumber(row.hold_id),
    held: row.held,
    groupId: toNumber(row.group_id),
    parentId: toNumber(row.parent_id),
    firing:
      row.fired_quote_id === null || row.fired_price === null || row.fired_dealt === null
        ? null
        : {
            quoteId: Number(row.fired_quote_id),
            price: row.fired_price,
            at: Number(row.fired_at),
            extreme: row.fired_extreme,
            dealt: row.fired_dealt,
          },
    quoted:
      row.quoted_bid === null || row.quoted_ask === null
        ? null
        : { bid: row.quoted_bid, ask: row.quoted_ask },
    lots: toLots(row.chosen_lots),
    reason: row.reason,
    postOnly: row.post_only,
    reduceOnly: row.reduce_only,
    selfTrade: nameOf(SELF_TRADE_NAMES, row.self_trade),
    makerMoney: row.maker_money,
    priority: toNumber(row.priority),
    bookSeq: toNumber(row.book_seq),
    entryCount: row.entry_count,
    version: row.version,
  };
}

const TYPE_NAMES = namesOf<OrderType>(ORDER_TYPES);
const FORCE_NAMES = namesOf<TimeInForce>(TIMES_IN_FORCE);
const SOURCE_NAMES = namesOf<PriceSource>(PRICE_SOURCES);
const STATE_NAMES = namesOf<TradeOrderState>(TRADE_ORDER_STATES);
const SELF_TRADE_NAMES = namesOf<SelfTradePrevention>(SELF_TRADES);
const SIDE_NAMES = namesOf<Side>(SIDES);
const BASIS_NAMES = namesOf<Basis>(BASES);

function namesOf<Name extends string>(numbers: Readonly<Record<Name, number>>): ReadonlyMap<number, Name> {
  return new Map((Object.entries(numbers) as [Name, number][]).map(([name, number]) => [number, name]));
}

function nameOf<Name extends string>(names: ReadonlyMap<number, Name>, number: number): Name {
  const name = names.get(number);
  if (name === undefined) throw new Error(`unknown number ${number}`);
  return name;
}

export function sideOf(number: number): Side {
  return nameOf(SIDE_NAMES, number);
}

export function sourceOf(number: number): PriceSource {
  return nameOf(SOURCE_NAMES, number);
}

export function basisOf(number: number): Basis {
  return nameOf(BASIS_NAMES, number);
}

export function tradeStateOf(number: number): TradeOrderState {
  return nameOf(STATE_NAMES, number);
}

function toNumber(value: bigint | null): number | null {
  return value === null ? null : Number(value);
}

/** Orders by id. Covered by their instruments' locks. */
export const TRADE_ORDERS: RowReader<TradeOrder> = {
  kind: "trading.orders",
  read: async ({ sql }, ids) => toOrders(await selectByIds(sql, ids)),
};

export function selectByIds(sql: AnySql, ids: readonly number[]): Promise<TradeOrderRow[]> {
  return sql<TradeOrderRow[]>`
    SELECT ${sql.unsafe(TRADE_ORDER_COLUMNS)}
    FROM trading.orders
    WHERE id = ANY(${toArray(ids)}::bigint[])
    ORDER BY id`.execute();
}

function toOrders(rows: readonly TradeOrderRow[]): Map<number, TradeOrder> {
  return new Map(rows.map((row) => [Number(row.id), toTradeOrder(row)]));
}

/** The open orders of a pair, and the exits of an entry: by the group's or the entry's id. */
export const RELATED_ORDERS: RowReader<readonly TradeOrder[]> = {
  kind: "trading.related_orders",
  read: async ({ sql }, ids) => {
    const rows = await sql<TradeOrderRow[]>`
      SELECT ${sql.unsafe(TRADE_ORDER_COLUMNS)}
      FROM trading.orders
      WHERE state < 5
        AND (group_id = ANY(${toArray(ids)}::bigint[]) OR parent_id = ANY(${toArray(ids)}::bigint[]))
      ORDER BY id`.execute();
    const orders = rows.map(toTradeOrder);
    return new Map(
      ids.map((id) => [id, orders.filter((order) => order.groupId === id || order.parentId === id)]),
    );
  },
};

/** How many orders an owner has open, and placed in the last minute. Locks the owner until the batch ends. */
export interface OwnerCounts {
  readonly open: number;
  readonly recent: number;
}

/** Classes the advisory locks of owners: "TR" above 48 bits of the owner's hash. */
const LOCK_CLASS = 0x5452;

export const OWNER_COUNTS: RowReader<OwnerCounts, string> = {
  kind: "trading.owners",
  read: async ({ sql }, owners) => {
    const names = toTextArray(owners);
    const locked = sql`
      SELECT pg_advisory_xact_lock(
        (${LOCK_CLASS}::bigint << 48) | (hashtextextended(o.id, 0) & 281474976710655))
      FROM unnest(${names}::text[]) AS o (id)`.execute();
    const counted = sql<{ id: string; open: number; recent: number }[]>`
      SELECT o.id, (
          SELECT count(*)::int FROM trading.orders t WHERE t.owner_id = o.id AND t.state < 5) AS open, (
          SELECT count(*)::int
          FROM trading.orders t
          WHERE t.owner_id = o.id
            AND t.id > ((extract(epoch FROM clock_timestamp()) - 60) * 1000000)::bigint) AS recent
      FROM unnest(${names}::text[]) AS o (id)`.execute();
    const [, rows] = await Promise.all([locked, counted]);
    return new Map(rows.map(({ id, open, recent }) => [id, { open, recent }]));
  },
};

/** The key for an order by its client's own name. An owner's id has no line break. */
export function clientKey(ownerId: string, clientOrderId: string): string {
  return `${ownerId}\n${clientOrderId}`;
}

const CLIENT_COLUMNS = columnsOf<string>({
  owner_id: ["text", (key) => key.slice(0, key.indexOf("\n"))],
  client_order_id: ["text", (key) => key.slice(key.indexOf("\n") + 1)],
});

/** Orders by their owner and the client's own name. Read under the owner's lock. */
export const CLIENT_ORDERS: RowReader<TradeOrder, string> = {
  kind: "trading.client_orders",
  read: async ({ sql }, keys) => {
    const rows = await sql<TradeOrderRow[]>`
      SELECT ${sql.unsafe(TRADE_ORDER_COLUMNS)}
      FROM trading.orders
      WHERE (owner_id, client_order_id) IN (
        SELECT k.owner_id, k.client_order_id
        FROM unnest(${CLIENT_COLUMNS.arrays(sql, keys)}) AS k (${CLIENT_COLUMNS.names(sql)}))`.execute();
    return new Map(
      rows.map((row) => [clientKey(row.owner_id, row.client_order_id ?? ""), toTradeOrder(row)]),
    );
  },
};

export interface SavedOrder {
  readonly order: TradeOrder;
  readonly isNew: boolean;
}

/** Saves the batch's orders. Where several commands changed one, the last has seen the changes of the others. */
export const SAVED_TRADE_ORDERS: RowWriter<SavedOrder> = {
  name: "trading.saved_orders",
  write: (tx, saved) => {
    const last = [...new Map(saved.map(({ order }) => [order.id, order])).values()];
    const newIds = new Set(saved.filter(({ isNew }) => isNew).map(({ order }) => order.id));
    const [added, changed] = [
      last.filter(({ id }) => newIds.has(id)),
      last.filter(({ id }) => !newIds.has(id)),
    ];
    return Promise.all([
      ...(added.length === 0 ? [] : [insertOrders(tx, added)]),
      ...(changed.length === 0 ? [] : [updateOrders(tx, changed)]),
    ]);
  },
};

function insertOrders({ sql }: Tx, orders: readonly TradeOrder[]): Promise<unknown> {
  return sql`INSERT INTO trading.orders ${ORDER_COLUMNS.rows(sql, orders)}`.execute();
}

function updateOrders({ sql }: Tx, orders: readonly TradeOrder[]): Promise<unknown> {
  return sql`
    WITH written AS (
      UPDATE trading.orders o
      SET ${CHANGING_COLUMNS.assignments(sql, "n")}
      FROM unnest(${CHANGE_COLUMNS.arrays(sql, orders)}) AS n (${CHANGE_COLUMNS.names(sql)})
      WHERE o.id = n.id AND o.version < n.version
      RETURNING 1)
    SELECT trading.expect_rows(count(*), ${orders.length}, 'orders')
    FROM written`.execute();
}

const ENTRY_COLUMNS = columnsOf<TradeOrderEntry>({
  order_id: ["bigint", (entry) => entry.orderId],
  seq: ["smallint", (entry) => entry.seq],
  at: ["bigint", (entry) => entry.at],
  event: ["text", (entry) => entry.event],
  actor_id: ["text", (entry) => entry.actorId],
  state: ["smallint", (entry) => TRADE_ORDER_STATES[entry.state]],
  note: ["text", (entry) => entry.note],
});

export const NEW_TRADE_ENTRIES: RowWriter<TradeOrderEntry> = {
  name: "trading.new_entries",
  write: ({ sql }, entries) => sql`INSERT INTO trading.entries ${ENTRY_COLUMNS.rows(sql, entries)}`.execute(),
};
