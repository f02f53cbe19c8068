// Appends audit entries in the transaction of the act. Entries of one batch travel in one row; the sequencer chains
// them off the hot path.
import type { Tx } from "../../runtime/transaction.ts";
import { insertPending } from "./audit-store.ts";
import type { AuditEntry } from "./entry.ts";

/** Sends the insert and returns it under way. One row, whatever the number of entries. */
export function appendAudit(tx: Tx, entries: readonly AuditEntry[]): Promise<unknown> {
  return entries.length === 0 ? Promise.resolve() : insertPending(tx, JSON.stringify(entries));
}
