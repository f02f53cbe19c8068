// Finds the quotes of an instrument that counted, newest first.
import type { Sql } from "../../../runtime/database.ts";
import { type Page, toPage } from "../../../values/page.ts";
import type { InstrumentQuote } from "../instruments/instrument.ts";
import { type QuoteFilter, selectQuotes } from "./quote-store.ts";

export async function findQuotes(db: Sql, filter: QuoteFilter): Promise<Page<InstrumentQuote>> {
  const found = await selectQuotes(db, { ...filter, limit: filter.limit + 1 });
  return toPage(found, filter.limit, ({ id }) => id);
}
