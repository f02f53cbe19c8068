// Appends audit entries in the transaction of the act. The entries of one batch share one row; the sequencer adds them to the
// chain outside the hot path.
import { randomUUID } from "node:crypto";
import type { Tx } from "../../../runtime/transaction.ts";
import { insertPending } from "./audit-store.ts";
import type { AuditEntry } from "./entry.ts";

const UNNUMBERED = { writer: null, number: null };

/** Sends the insert and returns its promise. One row, whatever the number of entries. */
export function appendAudit(tx: Tx, entries: readonly AuditEntry[]): Promise<unknown> {
  return entries.length === 0 ? Promise.resolve() : insertPending(tx, JSON.stringify(entries), UNNUMBERED);
}

/** Like `appendAudit`, but numbered. A transaction that is tried again uses the same number. */
export type NumberedAppend = (tx: Tx, entries: readonly AuditEntry[]) => Promise<unknown>;

export interface NumberedWriter {
  /** Runs a transaction that appends at most one row. Several may run at once: each then has its own numbering. */
  readonly write: <T>(run: (append: NumberedAppend) => Promise<T>) => Promise<T>;
}

/**
 * For a writer that commits transaction after transaction, such as the command desk: its rows are numbered, so that a row
 * removed before it is chained is noticed. When a transaction fails, it may not be known whether it committed, so its numbering
 * ends there and a new one begins.
 */
export function createNumberedWriter(): NumberedWriter {
  const free: { readonly writer: string; readonly last: bigint }[] = [];
  return {
    write: async (run) => {
      const { writer, last } = free.pop() ?? { writer: randomUUID(), last: 0n };
      let number = last;
      const outcome = await run((tx, entries) => {
        number = last; // an earlier try may have had entries and not written any
        if (entries.length === 0) return Promise.resolve();
        number = last + 1n;
        return insertPending(tx, JSON.stringify(entries), { writer, number });
      });
      free.push({ writer, last: number });
      return outcome;
    },
  };
}
