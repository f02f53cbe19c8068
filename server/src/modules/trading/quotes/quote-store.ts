// The SQL of quotes, and of the orders that a quote may change.
import type { Sql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import type { PageFilter } from "../../../values/filter.ts";
import type { RowReader, RowWriter } from "../../desk/index.ts";
import type { InstrumentQuote } from "../instruments/instrument.ts";
import type { PriceSource } from "../matching/meet-quote.ts";
import { PRICE_SOURCES, type TradeOrder } from "../trade-orders/trade-order.ts";
import { TRADE_ORDER_COLUMNS, type TradeOrderRow, toTradeOrder } from "../trade-orders/trade-order-store.ts";

export interface KeptQuote extends InstrumentQuote {
  readonly instrumentId: number;
}

const COLUMNS = columnsOf<KeptQuote>({
  id: ["bigint", (quote) => quote.id],
  instrument_id: ["bigint", (quote) => quote.instrumentId],
  number: ["bigint", (quote) => quote.number],
  bid: ["bigint", (quote) => quote.bid],
  ask: ["bigint", (quote) => quote.ask],
  last: ["bigint", (quote) => quote.last],
  time: ["bigint", (quote) => quote.time],
  source: ["text", (quote) => quote.source],
  sequence: ["bigint", (quote) => quote.sequence],
  fires: ["boolean", (quote) => quote.fires],
});

export const NEW_QUOTES: RowWriter<KeptQuote> = {
  name: "trading.new_quotes",
  write: ({ sql }, quotes) => sql`INSERT INTO trading.quotes ${COLUMNS.rows(sql, quotes)}`.execute(),
};

/** The lowest and the highest price of each source among some quotes of an instrument. */
export type Reach = Readonly<Record<PriceSource, { readonly low: bigint; readonly high: bigint }>>;

const SOURCES = ["last", "bid", "ask", "mid"] as const;

/** The query for orders that quotes may change. */
export function reachKey(instrumentId: number, reach: Reach): string {
  const sources = SOURCES.map((by) => `${PRICE_SOURCES[by]},${reach[by].low},${reach[by].high}`);
  return `${instrumentId} ${sources.join(";")}`;
}

interface ReachRow {
  readonly key: string;
  readonly instrumentId: number;
  readonly by: number;
  readonly low: bigint;
  readonly high: bigint;
}

function toReachRows(key: string): ReachRow[] {
  const [id = "", sources = ""] = key.split(" ");
  return sources.split(";").map((text) => {
    const [by = "", low = "", high = ""] = text.split(",");
    return { key, instrumentId: Number(id), by: Number(by), low: BigInt(low), high: BigInt(high) };
  });
}

const REACH_COLUMNS = columnsOf<ReachRow>({
  key: ["text", ({ key }) => key],
  instrument_id: ["bigint", ({ instrumentId }) => instrumentId],
  by: ["smallint", ({ by }) => by],
  low: ["bigint", ({ low }) => low],
  high: ["bigint", ({ high }) => high],
});

/**
 * Orders that a price within the range fires, and trailing stops that it moves: two index ranges each, however many orders
 * wait. Skips pairs of which one order has fired. Read under the instrument's lock.
 */
export const REACHED_ORDERS: RowReader<readonly TradeOrder[], string> = {
  kind: "trading.reached_orders",
  read: async ({ sql }, keys) => {
    const columns = sql.unsafe(
      TRADE_ORDER_COLUMNS.split(", ")
        .map((column) => `o.${column}`)
        .join(", "),
    );
    const rows = keys.flatMap(toReachRows);
    const found = await sql<(TradeOrderRow & { key: string })[]>`
      SELECT f.key, ${columns}
      FROM trading.find_reached(${REACH_COLUMNS.arrays(sql, rows)}) AS f
      JOIN trading.orders o ON o.id = f.id
      ORDER BY o.id`.execute();
    const byKey = Map.groupBy(found, ({ key }) => key);
    return new Map(keys.map((key) => [key, (byKey.get(key) ?? []).map(toTradeOrder)]));
  },
};

export type QuoteFilter = PageFilter<{ instrumentId: number; from: number; to: number }>;

export interface QuoteRow {
  id: bigint;
  number: bigint;
  bid: bigint;
  ask: bigint;
  last: bigint;
  time: bigint;
  source: string;
  sequence: bigint | null;
  fires: boolean;
}

/** Newest first, by the time that their source says. */
export async function selectQuotes(db: Sql, filter: QuoteFilter): Promise<InstrumentQuote[]> {
  const { instrumentId = 0, from = 0, to = Number.MAX_SAFE_INTEGER, cursor, limit } = filter;
  const rows = await db<QuoteRow[]>`
    SELECT id, number, bid, ask, last, time, source, sequence, fires
    FROM trading.quotes
    WHERE instrument_id = ${instrumentId} AND time >= ${from} AND time < ${to}
      ${cursor === undefined ? db`` : db`AND ${isAfter(db, cursor)}`}
    ORDER BY time DESC, id DESC
    LIMIT ${limit}`;
  return rows.map(toQuote);
}

function isAfter(db: Sql, cursor: number) {
  return db`(time, id) < (SELECT time, id FROM trading.quotes WHERE id = ${cursor})`;
}

export function toQuote({ id, number, time, sequence, ...row }: QuoteRow): InstrumentQuote {
  const numbers = { id: Number(id), number: Number(number), time: Number(time) };
  return { ...row, ...numbers, sequence: sequence === null ? null : Number(sequence) };
}

/** Drops quotes whose month ended this many months ago. Returns the number of partitions. */
export async function dropQuotes(db: Sql, months: number): Promise<number> {
  const [row] = await db<[{ dropped: number }]>`SELECT trading.drop_quotes(${months}) AS dropped`;
  return row.dropped;
}
