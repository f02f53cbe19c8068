// Writes the trail as lines of JSON, in a format that security tools know, oldest first, page by page.
import type { Sql } from "../../../runtime/database.ts";
import type { Vault } from "../../../runtime/vault/vault.ts";
import { selectEntries } from "../entries/entry-store.ts";
import { revealValues } from "../entries/find-entries.ts";
import { type EntryFormat, formatEntry } from "./format-entry.ts";

export interface EntryExport {
  readonly format: EntryFormat;
  readonly fromSeq: number;
  readonly rowsMax: number;
  readonly write: (lines: readonly string[]) => Promise<void>;
}

const ENTRIES_PER_PAGE = 1_000;

/** Returns how many were written, and where to continue if `rowsMax` ended it. */
export async function exportEntries(
  services: { db: Sql; vault: Vault },
  { format, fromSeq, rowsMax, write }: EntryExport,
): Promise<{ rowCount: number; nextSeq: number | undefined }> {
  let rowCount = 0;
  for (let from = fromSeq; ; ) {
    const limit = Math.min(ENTRIES_PER_PAGE, rowsMax - rowCount);
    const entries = await selectEntries(services.db, { from, limit: limit + 1 });
    const page = entries.slice(0, limit);
    const records = await revealValues(services, page);
    await write(records.map((record) => JSON.stringify(formatEntry(record, format))));
    rowCount += page.length;
    const next = entries[limit]?.seq;
    if (next === undefined || rowCount === rowsMax) return { rowCount, nextSeq: next };
    from = next;
  }
}
