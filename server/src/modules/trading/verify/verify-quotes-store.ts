// The SQL that verifies what follows from the recorded quotes: the orders that wait, and the candles.
import type { Tx } from "../../../runtime/transaction.ts";
import type { PriceSource } from "../matching/meet-quote.ts";
import { sourceOf } from "../trade-orders/trade-order-store.ts";

export interface WaitingOrder {
  readonly orderId: number;
  readonly by: PriceSource;
  /** Reached at or below the price, not at or above it. */
  readonly isFromAbove: boolean;
  readonly price: bigint;
  /** Of a trailing stop. */
  readonly extreme: bigint | null;
  readonly seenQuote: number;
  /** Stamp. */
  readonly expiresAt: number | null;
}

/** Instruments in which orders wait, and the number of the oldest quote that one of them may have missed. */
export async function selectWatchedInstruments({
  sql,
}: Tx): Promise<{ instrumentId: number; seenQuote: number }[]> {
  const rows = await sql<{ instrument_id: bigint; seen_quote: bigint }[]>`
    SELECT instrument_id, min(seen_quote) AS seen_quote
    FROM trading.orders
    WHERE watch_price IS NOT NULL
    GROUP BY instrument_id
    ORDER BY instrument_id`;
  return rows.map((row) => ({ instrumentId: Number(row.instrument_id), seenQuote: Number(row.seen_quote) }));
}

/**
 * Orders that wait, after the given one, in order; without those whose session is over, and those of which a pair's other order
 * is being filled.
 */
export async function selectWaitingOrders(
  { sql }: Tx,
  { instrumentId, afterId, limit }: { instrumentId: number; afterId: number; limit: number },
): Promise<WaitingOrder[]> {
  const rows = await sql<
    {
      id: bigint;
      watch_by: number;
      watch_from: number;
      watch_price: bigint;
      extreme: bigint | null;
      seen_quote: bigint;
      expires_at: bigint | null;
    }[]
  >`
    SELECT o.id, o.watch_by, o.watch_from, o.watch_price, o.extreme, o.seen_quote, o.expires_at
    FROM trading.orders o
    JOIN trading.instruments i ON i.id = o.instrument_id
    WHERE o.instrument_id = ${instrumentId} AND o.id > ${afterId}
      AND o.state < 5 AND o.watch_price IS NOT NULL
      AND (o.session IS NULL OR o.session >= i.session)
      AND NOT EXISTS (SELECT FROM trading.orders g WHERE g.group_id = o.group_id AND g.state = 4)
    ORDER BY o.id
    LIMIT ${limit}`;
  return rows.map((row) => ({
    orderId: Number(row.id),
    by: sourceOf(row.watch_by),
    isFromAbove: row.watch_from === 1,
    price: row.watch_price,
    extreme: row.extreme,
    seenQuote: Number(row.seen_quote),
    expiresAt: row.expires_at === null ? null : Number(row.expires_at),
  }));
}

export interface FiringQuote {
  /** Stamp. */
  readonly id: number;
  readonly number: number;
  readonly bid: bigint;
  readonly ask: bigint;
  readonly last: bigint;
}

/** Quotes that fire what they reach, before one number and after another, newest first. */
export async function selectFiringQuotes(
  { sql }: Tx,
  page: { instrumentId: number; after: number; before: number; limit: number },
): Promise<FiringQuote[]> {
  const rows = await sql<{ id: bigint; number: bigint; bid: bigint; ask: bigint; last: bigint }[]>`
    SELECT id, number, bid, ask, last
    FROM trading.quotes
    WHERE instrument_id = ${page.instrumentId} AND fires
      AND number > ${page.after} AND number < ${page.before}
    ORDER BY number DESC
    LIMIT ${page.limit}`;
  return rows.map((row) => ({ ...row, id: Number(row.id), number: Number(row.number) }));
}

export interface WrongCandle {
  readonly instrumentId: number;
  readonly startsAt: number;
  readonly stored: string;
  readonly expected: string;
}

interface WrongCandleRow {
  instrument_id: bigint;
  starts_at: bigint;
  stored: string | null;
  expected: string;
}

function toWrongCandle(rows: readonly WrongCandleRow[]): WrongCandle | undefined {
  return rows.map(({ instrument_id, starts_at, stored, expected }) => ({
    instrumentId: Number(instrument_id),
    startsAt: Number(starts_at),
    stored: stored ?? "none",
    expected,
  }))[0];
}

/**
 * The first minute with quotes since the stamp whose candle is not what its quotes come to. Minutes of which quotes were dropped,
 * because they are old, are left out.
 */
export async function selectWrongMinute({ sql }: Tx, since: number): Promise<WrongCandle | undefined> {
  const rows = await sql<WrongCandleRow[]>`
    WITH touched AS (
      SELECT DISTINCT instrument_id, time - time % 60000000 AS starts_at
      FROM trading.quotes
      WHERE id > ${since}),
    sums AS (
      SELECT t.instrument_id, t.starts_at, min(q.number) AS first,
        concat_ws(' ', (array_agg(q.last ORDER BY q.number))[1], max(q.last), min(q.last),
          (array_agg(q.last ORDER BY q.number DESC))[1], count(*)) AS expected
      FROM touched t
      JOIN trading.quotes q ON q.instrument_id = t.instrument_id
        AND q.time >= t.starts_at AND q.time < t.starts_at + 60000000
      GROUP BY t.instrument_id, t.starts_at)
    SELECT s.instrument_id, s.starts_at, s.expected,
      concat_ws(' ', c.open, c.high, c.low, c.close, c.quotes) AS stored
    FROM sums s
    LEFT JOIN trading.candles c ON c.instrument_id = s.instrument_id AND c.interval = 1
      AND c.starts_at = s.starts_at
    WHERE concat_ws(' ', c.open, c.high, c.low, c.close, c.quotes) <> s.expected
      AND NOT EXISTS (
        SELECT FROM trading.quotes d
        WHERE d.instrument_id = s.instrument_id
        GROUP BY d.instrument_id
        HAVING min(d.number) = s.first AND s.first > 1)
    ORDER BY 1, 2
    LIMIT 1`;
  return toWrongCandle(rows);
}

/** The first candle of five minutes or an hour that is not what its minutes come to. @param from stamp, of the quotes' time */
export async function selectWrongRollup({ sql }: Tx, from: number): Promise<WrongCandle | undefined> {
  const rows = await sql<WrongCandleRow[]>`
    WITH sums AS (
      SELECT m.instrument_id, l.interval, m.starts_at - m.starts_at % l.length AS starts_at,
        concat_ws(' ', max(m.high), min(m.low), sum(m.quotes)) AS expected
      FROM trading.candles m
      CROSS JOIN (VALUES (2, 300000000), (3, 3600000000)) AS l (interval, length)
      WHERE m.interval = 1 AND m.starts_at >= ${from}
      GROUP BY 1, 2, 3)
    SELECT s.instrument_id, s.starts_at, s.expected,
      concat_ws(' ', c.high, c.low, c.quotes) AS stored
    FROM sums s
    LEFT JOIN trading.candles c ON c.instrument_id = s.instrument_id AND c.interval = s.interval
      AND c.starts_at = s.starts_at
    WHERE concat_ws(' ', c.high, c.low, c.quotes) <> s.expected
    ORDER BY 1, 2
    LIMIT 1`;
  return toWrongCandle(rows);
}

/** The first instrument whose days do not count all its quotes. */
export async function selectWrongDays({ sql }: Tx): Promise<WrongCandle | undefined> {
  const rows = await sql<WrongCandleRow[]>`
    SELECT i.id AS instrument_id, 0::bigint AS starts_at, i.quote_count::text AS expected,
      coalesce(sum(c.quotes), 0)::text AS stored
    FROM trading.instruments i
    LEFT JOIN trading.candles c ON c.instrument_id = i.id AND c.interval = 4
    GROUP BY i.id
    HAVING coalesce(sum(c.quotes), 0) <> i.quote_count
    ORDER BY i.id
    LIMIT 1`;
  return toWrongCandle(rows);
}

/** The earliest time of a quote since the stamp, at its hour; undefined where there is none. */
export async function selectEarliestHour({ sql }: Tx, since: number): Promise<number | undefined> {
  const [row] = await sql<{ time: bigint | null }[]>`
    SELECT min(time) AS time FROM trading.quotes WHERE id > ${since}`;
  const time = row?.time ?? null;
  return time === null ? undefined : Number(time - (time % 3_600_000_000n));
}
