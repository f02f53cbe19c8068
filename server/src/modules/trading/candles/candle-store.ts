// The SQL of candles: the commit of the quotes brings them up to date, in one statement for a whole batch.
import type { Sql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import type { PageFilter } from "../../../values/filter.ts";
import type { RowWriter } from "../../desk/index.ts";
import { type Candle, gatherCandles, INTERVALS, type Interval, type Tick } from "./candle.ts";

const COLUMNS = columnsOf<Candle>({
  instrument_id: ["bigint", ({ instrumentId }) => instrumentId],
  interval: ["smallint", ({ interval }) => INTERVALS[interval]],
  starts_at: ["bigint", ({ startsAt }) => startsAt],
  open: ["bigint", ({ open }) => open],
  high: ["bigint", ({ high }) => high],
  low: ["bigint", ({ low }) => low],
  close: ["bigint", ({ close }) => close],
  quotes: ["bigint", ({ quotes }) => quotes],
});

/** The quotes of a batch, in the order in which they counted, written under the locks of their instruments. */
export const CANDLE_TICKS: RowWriter<Tick> = {
  name: "trading.candle_ticks",
  write: ({ sql }, ticks) =>
    sql`
    INSERT INTO trading.candles ${COLUMNS.rows(sql, gatherCandles(ticks))}
    ON CONFLICT (instrument_id, interval, starts_at) DO UPDATE
    SET high = greatest(candles.high, excluded.high), low = least(candles.low, excluded.low),
        close = excluded.close, quotes = candles.quotes + excluded.quotes`.execute(),
};

export type CandleFilter = PageFilter<{ from: number; to: number }> & {
  readonly instrumentId: number;
  readonly interval: Interval;
};

interface CandleRow {
  starts_at: bigint;
  open: bigint;
  high: bigint;
  low: bigint;
  close: bigint;
  quotes: bigint;
}

/** Newest first. */
export async function selectCandles(db: Sql, filter: CandleFilter): Promise<Candle[]> {
  const { instrumentId, interval, from = 0, to, cursor, limit } = filter;
  const before = Math.min(cursor ?? Number.MAX_SAFE_INTEGER, to ?? Number.MAX_SAFE_INTEGER);
  const rows = await db<CandleRow[]>`
    SELECT starts_at, open, high, low, close, quotes
    FROM trading.candles
    WHERE instrument_id = ${instrumentId} AND interval = ${INTERVALS[interval]}
      AND starts_at >= ${from} AND starts_at < ${before}
    ORDER BY starts_at DESC
    LIMIT ${limit}`;
  return rows.map(({ starts_at, quotes, ...prices }) => ({
    ...prices,
    instrumentId,
    interval,
    startsAt: Number(starts_at),
    quotes: Number(quotes),
  }));
}
