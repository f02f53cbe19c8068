// The SQL that reads trade orders for people, and reads ahead for commands; without locks.
import type { AnySql, Sql } from "../../../runtime/database.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { PageFilter } from "../../../values/filter.ts";
import {
  type Execution,
  STATUSES,
  TRADE_ORDER_STATES,
  type TradeOrder,
  type TradeOrderEntry,
  type TradeOrderState,
  type TradeOrderStatus,
} from "./trade-order.ts";
import {
  basisOf,
  sideOf,
  TRADE_ORDER_COLUMNS,
  type TradeOrderRow,
  toTradeOrder,
  tradeStateOf,
} from "./trade-order-store.ts";

export async function selectTradeOrder(db: Sql, id: number): Promise<TradeOrder | undefined> {
  const rows = await db<TradeOrderRow[]>`
    SELECT ${db.unsafe(TRADE_ORDER_COLUMNS)} FROM trading.orders WHERE id = ${id}`;
  return rows.map(toTradeOrder)[0];
}

export type TradeOrderFilter = PageFilter<{
  ownerId: string;
  instrumentId: number;
  status: TradeOrderStatus;
  isOpen: boolean;
  clientOrderId: string;
}>;

/** Newest first. */
export async function selectTradeOrders(db: AnySql, filter: TradeOrderFilter): Promise<TradeOrder[]> {
  const { ownerId, instrumentId, status, isOpen, clientOrderId, limit } = filter;
  const { cursor = Number.MAX_SAFE_INTEGER } = filter;
  const rows = await db<TradeOrderRow[]>`
    SELECT ${db.unsafe(TRADE_ORDER_COLUMNS)}
    FROM trading.orders
    WHERE id < ${cursor}
      ${ownerId === undefined ? db`` : db`AND owner_id = ${ownerId}`}
      ${instrumentId === undefined ? db`` : db`AND instrument_id = ${instrumentId}`}
      ${status === undefined ? db`` : db`AND ${ofStatus(db, status)}`}
      ${isOpen === undefined ? db`` : isOpen ? db`AND state < 5` : db`AND state >= 5`}
      ${clientOrderId === undefined ? db`` : db`AND client_order_id = ${clientOrderId}`}
    ORDER BY id DESC
    LIMIT ${limit}`;
  return rows.map(toTradeOrder);
}

/** A limit that is partly filled is PROCESSING; before that it is QUEUED. */
function ofStatus(db: AnySql, status: TradeOrderStatus) {
  const states = Object.entries(STATUSES).flatMap(([state, name]) =>
    name === status ? [TRADE_ORDER_STATES[state as TradeOrderState]] : [],
  );
  const named = db`state = ANY(${toArray(states)}::smallint[])`;
  if (status === "QUEUED") return db`(${named} AND filled = 0)`;
  return status === "PROCESSING" ? db`(${named} OR (state = 3 AND filled > 0))` : named;
}

export interface OpenOrderFilter {
  readonly ownerId?: string | undefined;
  readonly instrumentId?: number | undefined;
  /** Stamp: only those placed before it. */
  readonly before?: number | undefined;
}

/** Oldest first; without those that are being filled. */
export async function selectOpenIds(
  db: Sql,
  { ownerId, instrumentId, before, limit }: OpenOrderFilter & { readonly limit: number },
): Promise<number[]> {
  const rows = await db<{ id: bigint }[]>`
    SELECT id
    FROM trading.orders
    WHERE state < 4
      ${ownerId === undefined ? db`` : db`AND owner_id = ${ownerId}`}
      ${instrumentId === undefined ? db`` : db`AND instrument_id = ${instrumentId}`}
      ${before === undefined ? db`` : db`AND id < ${before}`}
    ORDER BY id
    LIMIT ${limit}`;
  return rows.map(({ id }) => Number(id));
}

/** Orders that quotes have fired and that are not filled yet, oldest first. */
export async function selectFiredIds(db: Sql, limit: number): Promise<number[]> {
  const rows = await db<{ id: bigint }[]>`
    SELECT id FROM trading.orders WHERE state = 4 ORDER BY id LIMIT ${limit}`;
  return rows.map(({ id }) => Number(id));
}

/** The fired exits of these entries. */
export async function selectFiredExits(db: Sql, entryIds: readonly number[]): Promise<number[]> {
  const rows = await db<{ id: bigint }[]>`
    SELECT id
    FROM trading.orders
    WHERE parent_id = ANY(${toArray(entryIds)}::bigint[]) AND state = 4`;
  return rows.map(({ id }) => Number(id));
}

/** Open orders whose time is over, or whose session has ended. */
export async function selectOverIds(db: Sql, limit: number): Promise<number[]> {
  const rows = await db<{ id: bigint }[]>`
    SELECT id
    FROM (
      SELECT id
      FROM trading.orders
      WHERE state < 4 AND expires_at IS NOT NULL
        AND expires_at <= (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
      UNION
      SELECT o.id
      FROM trading.instruments i
      JOIN trading.orders o ON o.instrument_id = i.id AND o.session < i.session
      WHERE o.state < 4 AND o.session IS NOT NULL) AS over
    ORDER BY id
    LIMIT ${limit}`;
  return rows.map(({ id }) => Number(id));
}

/** Its pair, its entry and its exits, in any state. */
export async function selectRelated(db: Sql, { id, groupId, parentId }: TradeOrder): Promise<TradeOrder[]> {
  const rows = await db<TradeOrderRow[]>`
    SELECT ${db.unsafe(TRADE_ORDER_COLUMNS)}
    FROM trading.orders
    WHERE id <> ${id}
      AND instrument_id = (SELECT instrument_id FROM trading.orders WHERE id = ${id})
      AND (group_id = ${groupId} OR id = ${parentId} OR parent_id = ${id})
    ORDER BY id
    LIMIT 10`;
  return rows.map(toTradeOrder);
}

export async function selectTradeEntries(db: Sql, orderId: number): Promise<TradeOrderEntry[]> {
  const rows = await db<
    {
      order_id: bigint;
      seq: number;
      at: bigint;
      event: string;
      actor_id: string;
      state: number;
      note: string | null;
    }[]
  >`
    SELECT order_id, seq, at, event, actor_id, state, note
    FROM trading.entries
    WHERE order_id = ${orderId}
    ORDER BY seq`;
  return rows.map(({ order_id, actor_id: actorId, state, at, ...row }) => ({
    ...row,
    orderId: Number(order_id),
    at: Number(at),
    actorId,
    state: tradeStateOf(state),
  }));
}

export interface ExecutionRow {
  id: bigint;
  order_id: bigint;
  instrument_id: bigint;
  owner_id: string;
  asset_account_id: bigint;
  side: number;
  quantity: bigint;
  price: bigint;
  money: bigint;
  fee: bigint;
  realized: bigint;
  rate: string | null;
  realized_reporting: bigint | null;
  currency_gain: bigint | null;
  basis: number | null;
  journal_id: bigint;
  quote_id: bigint | null;
  book_seq: bigint | null;
  is_maker: boolean;
}

export async function selectExecutions(db: Sql, orderId: number): Promise<Execution[]> {
  const rows = await db<ExecutionRow[]>`
    SELECT id, order_id, instrument_id, owner_id, asset_account_id, side, quantity, price, money, fee,
      realized, rate::text, realized_reporting, currency_gain, basis, journal_id, quote_id,
      book_seq, is_maker
    FROM trading.executions
    WHERE order_id = ${orderId}
    ORDER BY id`;
  return rows.map(toExecution);
}

export function toExecution(row: ExecutionRow): Execution {
  const {
    id,
    order_id,
    instrument_id,
    owner_id: ownerId,
    asset_account_id,
    journal_id,
    quote_id,
    book_seq: bookSeq,
    is_maker: isMaker,
    ...rest
  } = row;
  const { realized_reporting: realizedReporting, currency_gain: currencyGain, basis, side, ...sums } = rest;
  return {
    ...sums,
    ...{ ownerId, realizedReporting, currencyGain },
    id: Number(id),
    orderId: Number(order_id),
    instrumentId: Number(instrument_id),
    assetAccountId: Number(asset_account_id),
    side: sideOf(side),
    basis: basis === null ? null : basisOf(basis),
    ...{ isMaker, bookSeq: bookSeq === null ? null : Number(bookSeq) },
    journalId: Number(journal_id),
    quoteId: quote_id === null ? null : Number(quote_id),
  };
}
