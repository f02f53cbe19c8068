// Appends audit entries in the transaction of the act. Entries of one batch travel in one row; the sequencer chains
// them off the hot path.
import { randomUUID } from "node:crypto";
import type { Tx } from "../../../runtime/transaction.ts";
import { insertPending } from "./audit-store.ts";
import type { AuditEntry } from "./entry.ts";

const UNNUMBERED = { writer: null, number: null };

/** Sends the insert and returns it under way. One row, whatever the number of entries. */
export function appendAudit(tx: Tx, entries: readonly AuditEntry[]): Promise<unknown> {
  return entries.length === 0 ? Promise.resolve() : insertPending(tx, JSON.stringify(entries), UNNUMBERED);
}

/** As `appendAudit`, numbered. A transaction that is tried again takes the same number. */
export type NumberedAppend = (tx: Tx, entries: readonly AuditEntry[]) => Promise<unknown>;

export interface NumberedWriter {
  /** Runs a transaction that appends at most one row. Several may run at once: each then has a numbering of its own. */
  readonly write: <T>(run: (append: NumberedAppend) => Promise<T>) => Promise<T>;
}

/**
 * For one that commits transaction after transaction, such as the command desk: its rows are numbered, so that one
 * removed before it is chained is missed. Where a transaction fails, nobody may know whether it committed: its numbering
 * ends there and another begins.
 */
export function createNumberedWriter(): NumberedWriter {
  const free: { readonly writer: string; readonly last: bigint }[] = [];
  return {
    write: async (run) => {
      const { writer, last } = free.pop() ?? { writer: randomUUID(), last: 0n };
      let number = last;
      const outcome = await run((tx, entries) => {
        number = last; // a try before this one may have had entries, and have written none
        if (entries.length === 0) return Promise.resolve();
        number = last + 1n;
        return insertPending(tx, JSON.stringify(entries), { writer, number });
      });
      free.push({ writer, last: number });
      return outcome;
    },
  };
}
