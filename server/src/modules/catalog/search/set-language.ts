// Sets the language that products are sorted and searched in. The database keeps and applies it; the program sets it at start.
import type { Sql } from "../../../runtime/database.ts";
import type { Log } from "../../../runtime/log.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { updateLanguage } from "./search-store.ts";

/**
 * From now on sorts names by the rules of a language and searches words by its stems. Does nothing where that is already set;
 * otherwise updates all products, which nobody can read or change meanwhile: a minute or two for 100,000.
 */
export async function setLanguage(
  { db, log }: { readonly db: Sql; readonly log: Log },
  language: string,
): Promise<void> {
  const isChanged = await inTransaction(db, (tx) => updateLanguage(tx, language));
  if (isChanged) log.info({ language }, "products are sorted and searched in this language now");
}
