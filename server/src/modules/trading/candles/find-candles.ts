// Finds the candles of an instrument, newest first.
import type { Sql } from "../../../runtime/database.ts";
import { type Page, toPage } from "../../../values/page.ts";
import type { Candle } from "./candle.ts";
import { type CandleFilter, selectCandles } from "./candle-store.ts";

export async function findCandles(db: Sql, filter: CandleFilter): Promise<Page<Candle>> {
  const found = await selectCandles(db, { ...filter, limit: filter.limit + 1 });
  return toPage(found, filter.limit, ({ startsAt }) => startsAt);
}
