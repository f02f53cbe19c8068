// Finds instruments, oldest first.
import type { Sql } from "../../../runtime/database.ts";
import { type Page, toPage } from "../../../values/page.ts";
import { tradingError } from "../errors.ts";
import type { Instrument } from "./instrument.ts";
import {
  countInstruments,
  type InstrumentFilter,
  selectInstrument,
  selectInstruments,
} from "./instrument-store.ts";

/** @throws AppError `not_found/instrument_not_found` */
export async function getInstrument(db: Sql, id: number): Promise<Instrument> {
  const instrument = await selectInstrument(db, id);
  if (instrument === undefined) throw tradingError("instrument_not_found");
  return instrument;
}

/** With the number of those on all pages. */
export async function findInstruments(
  db: Sql,
  filter: InstrumentFilter,
): Promise<Page<Instrument> & { readonly total: number }> {
  const [found, total] = await Promise.all([
    selectInstruments(db, { ...filter, limit: filter.limit + 1 }),
    countInstruments(db, filter),
  ]);
  return { ...toPage(found, filter.limit, ({ id }) => id), total };
}
