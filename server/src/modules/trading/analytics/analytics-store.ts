// The SQL of analytics. Amounts of several currencies are added in the reporting currency, each at the rate kept with its trade;
// trades without a rate are counted apart.
import type { Sql } from "../../../runtime/database.ts";
import { toArray, toTextArray } from "../../../runtime/sql-array.ts";
import type { Filter } from "../../../values/filter.ts";
import type { Assets } from "../../ledger/index.ts";

/** Stamps, half-open; undefined fields: all. */
export interface TradeFilter extends Filter<{ ownerId: string; instrumentId: number }> {
  readonly from: number;
  readonly to: number;
}

/** What the SQL knows of decimals: each asset's, and the reporting currency's. */
export interface Decimals {
  readonly assets: Assets;
  readonly reporting: number;
}

/** The decimals of assets by code, as a table `scales`. */
function scalesOf(db: Sql, { assets }: Decimals) {
  const all = assets.all();
  const scales = toArray(all.map(({ scale }) => scale));
  return db`scales AS (
      SELECT s.code, s.scale
      FROM unnest(${toTextArray(all.map(({ code }) => code))}::text[], ${scales}::int[]) AS s (code, scale))`;
}

function ofTrades(db: Sql, { ownerId, instrumentId, from, to }: TradeFilter) {
  return db`
    e.id >= ${from} AND e.id < ${to}
    ${ownerId === undefined ? db`` : db`AND e.owner_id = ${ownerId}`}
    ${instrumentId === undefined ? db`` : db`AND e.instrument_id = ${instrumentId}`}`;
}

/** Trades with their amounts in the reporting currency, as a table `trades`. */
function tradesOf(db: Sql, filter: TradeFilter, decimals: Decimals) {
  const { reporting } = decimals;
  return db`
    ${scalesOf(db, decimals)},
    trades AS (
      SELECT e.id, e.owner_id, e.instrument_id, e.side, e.realized, e.realized_reporting,
        e.rate IS NULL AS unrated,
        coalesce(round(e.money * e.rate * 10::numeric ^ (${reporting}::int - c.scale)), 0) AS volume,
        coalesce(round(e.fee * e.rate * 10::numeric ^ (${reporting}::int - c.scale)), 0) AS fee
      FROM trading.executions e
      JOIN trading.instruments i ON i.id = e.instrument_id
      JOIN scales c ON c.code = i.currency
      WHERE ${ofTrades(db, filter)})`;
}

export interface TradeSums {
  readonly trades: number;
  readonly unrated: number;
  readonly volume: bigint;
  readonly largest: bigint;
  readonly fees: bigint;
  readonly realized: bigint;
  readonly sales: number;
  readonly won: number;
}

interface SumsRow {
  trades: number;
  unrated: number;
  volume: string;
  largest: string;
  fees: string;
  realized: string;
  sales: number;
  won: number;
}

const SUMS = `count(*)::int AS trades, count(*) FILTER (WHERE t.unrated)::int AS unrated,
      coalesce(sum(t.volume), 0)::text AS volume, coalesce(max(t.volume), 0)::text AS largest,
      coalesce(sum(t.fee), 0)::text AS fees, coalesce(sum(t.realized_reporting), 0)::text AS realized,
      count(*) FILTER (WHERE t.side = 2)::int AS sales,
      count(*) FILTER (WHERE t.side = 2 AND t.realized > 0)::int AS won`;

function toSums(row: SumsRow): TradeSums {
  const { volume, largest, fees, realized, trades, unrated, sales, won } = row;
  return {
    ...{ trades, unrated, sales, won },
    ...{ volume: BigInt(volume), largest: BigInt(largest), fees: BigInt(fees), realized: BigInt(realized) },
  };
}

export async function selectTradeSums(db: Sql, filter: TradeFilter, decimals: Decimals): Promise<TradeSums> {
  const [row] = await db<SumsRow[]>`
    WITH ${tradesOf(db, filter, decimals)}
    SELECT ${db.unsafe(SUMS)}
    FROM trades t`;
  if (row === undefined) throw new Error("a sum has no row");
  return toSums(row);
}

export type VolumeKey = "instrument" | "day" | "owner";
const KEYS: Readonly<Record<VolumeKey, string>> = {
  instrument: "(SELECT symbol FROM trading.instruments WHERE id = t.instrument_id)",
  day: "to_char(to_timestamp(t.id / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
  owner: "t.owner_id",
};

/** Days oldest first, the others with the most volume first. */
export async function selectVolumes(
  db: Sql,
  filter: TradeFilter,
  { by, limit, decimals }: { by: VolumeKey; limit: number; decimals: Decimals },
): Promise<{ key: string; sums: TradeSums }[]> {
  const order = by === "day" ? db`1` : db`sum(t.volume) DESC, 1`;
  const rows = await db<(SumsRow & { key: string })[]>`
    WITH ${tradesOf(db, filter, decimals)}
    SELECT ${db.unsafe(KEYS[by])} AS key, ${db.unsafe(SUMS)}
    FROM trades t
    GROUP BY 1
    ORDER BY ${order}
    LIMIT ${limit}`;
  return rows.map((row) => ({ key: row.key, sums: toSums(row) }));
}

export interface TypeFills {
  readonly type: number;
  readonly orders: number;
  /** The sum of the orders' filled parts, in millionths of an order. */
  readonly filledMillionths: bigint;
  /** Of orders with a quote at their placing: what they were dealt for, and at that quote; smallest units. */
  readonly fills: readonly { side: "buy" | "sell"; money: bigint; quoted: bigint }[];
}

interface FillsRow {
  type: number;
  orders: number;
  filled: string;
  bought: string;
  bought_quoted: string;
  sold: string;
  sold_quoted: string;
}

/** Of orders that were placed in the time and have ended, by type; amounts in the reporting currency. */
export async function selectFillsByType(
  db: Sql,
  { ownerId, instrumentId, from, to }: TradeFilter,
  decimals: Decimals,
): Promise<TypeFills[]> {
  const { reporting } = decimals;
  const rows = await db<FillsRow[]>`
    WITH ${scalesOf(db, decimals)},
    ended AS (
      SELECT o.type, o.side, o.quantity, o.filled,
        e.rate * 10::numeric ^ (${reporting}::int - c.scale) AS factor,
        o.money, o.filled * CASE o.side WHEN 1 THEN o.quoted_ask ELSE o.quoted_bid END
          * 10::numeric ^ (c.scale - 9 - a.scale) AS quoted
      FROM trading.orders o
      JOIN trading.instruments i ON i.id = o.instrument_id
      JOIN scales c ON c.code = i.currency
      JOIN scales a ON a.code = i.asset
      LEFT JOIN LATERAL (
        SELECT rate FROM trading.executions WHERE order_id = o.id ORDER BY id LIMIT 1) AS e ON true
      WHERE o.state >= 5 AND o.id >= ${from} AND o.id < ${to}
        ${ownerId === undefined ? db`` : db`AND o.owner_id = ${ownerId}`}
        ${instrumentId === undefined ? db`` : db`AND o.instrument_id = ${instrumentId}`})
    SELECT type, count(*)::int AS orders, round(sum(filled::numeric / quantity) * 1000000)::text AS filled,
      round(coalesce(sum(money * factor) FILTER (WHERE side = 1 AND quoted IS NOT NULL), 0))::text AS bought,
      round(coalesce(sum(quoted * factor) FILTER (WHERE side = 1), 0))::text AS bought_quoted,
      round(coalesce(sum(money * factor) FILTER (WHERE side = 2 AND quoted IS NOT NULL), 0))::text AS sold,
      round(coalesce(sum(quoted * factor) FILTER (WHERE side = 2), 0))::text AS sold_quoted
    FROM ended
    GROUP BY type
    ORDER BY type`;
  return rows.map((row) => ({
    ...{ type: row.type, orders: row.orders, filledMillionths: BigInt(row.filled) },
    fills: [
      { side: "buy", money: BigInt(row.bought), quoted: BigInt(row.bought_quoted) },
      { side: "sell", money: BigInt(row.sold), quoted: BigInt(row.sold_quoted) },
    ],
  }));
}

/** What each owner bought, fees included, and sold, less fees, in a time; in the reporting currency. */
export async function selectFlows(
  db: Sql,
  filter: TradeFilter,
  decimals: Decimals,
): Promise<Map<string, { bought: bigint; sold: bigint }>> {
  const rows = await db<{ owner_id: string; bought: string; sold: string }[]>`
    WITH ${tradesOf(db, filter, decimals)}
    SELECT owner_id, coalesce(sum(volume + fee) FILTER (WHERE side = 1), 0)::text AS bought,
      coalesce(sum(volume - fee) FILTER (WHERE side = 2), 0)::text AS sold
    FROM trades
    GROUP BY owner_id`;
  return new Map(
    rows.map(({ owner_id, bought, sold }) => [owner_id, { bought: BigInt(bought), sold: BigInt(sold) }]),
  );
}
