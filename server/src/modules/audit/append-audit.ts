// Appends audit entries in the transaction of the act. Entries of one batch travel in one row; the sequencer chains
// them off the hot path.
import { randomUUID } from "node:crypto";
import type { Tx } from "../../runtime/transaction.ts";
import { insertPending } from "./audit-store.ts";
import type { AuditEntry } from "./entry.ts";

const UNNUMBERED = { writer: null, number: null };

/** Sends the insert and returns it under way. One row, whatever the number of entries. */
export function appendAudit(tx: Tx, entries: readonly AuditEntry[]): Promise<unknown> {
  return entries.length === 0 ? Promise.resolve() : insertPending(tx, JSON.stringify(entries), UNNUMBERED);
}

/**
 * For one that commits transaction after transaction, never two at once, such as the command desk: its rows are
 * numbered, so that one removed before it is chained is missed.
 */
export interface NumberedWriter {
  /** As `appendAudit`. A transaction that is tried again takes the same number. */
  readonly append: (tx: Tx, entries: readonly AuditEntry[]) => Promise<unknown>;
  /** Runs a transaction that appends. Where it fails, nobody may know whether it committed: the numbering begins anew. */
  readonly settling: <T>(run: () => Promise<T>) => Promise<T>;
}

export function createNumberedWriter(): NumberedWriter {
  let writer: string = randomUUID();
  let last = 0n;
  let appended = false;

  async function settling<T>(run: () => Promise<T>): Promise<T> {
    appended = false;
    try {
      const outcome = await run();
      if (appended) last += 1n;
      return outcome;
    } catch (error) {
      writer = randomUUID();
      last = 0n;
      throw error;
    }
  }

  return {
    settling,
    append: (tx, entries) => {
      if (entries.length === 0) return Promise.resolve();
      appended = true;
      return insertPending(tx, JSON.stringify(entries), { writer, number: last + 1n });
    },
  };
}
