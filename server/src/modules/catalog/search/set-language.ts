// The language that products are sorted and searched in: kept by the database, which does both, and set by who starts.
import type { Sql } from "../../../runtime/database.ts";
import type { Log } from "../../../runtime/log.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { updateLanguage } from "./search-store.ts";

/**
 * Sorts names by the rules of a language and looks for words by its stems from now on. Does nothing where that is so already;
 * else works it out for all products, which nobody reads or changes so long: a minute or two for 100,000.
 */
export async function setLanguage(
  { db, log }: { readonly db: Sql; readonly log: Log },
  language: string,
): Promise<void> {
  const isChanged = await inTransaction(db, (tx) => updateLanguage(tx, language));
  if (isChanged) log.info({ language }, "products are sorted and searched in this language now");
}
