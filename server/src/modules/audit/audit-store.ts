// The SQL of the audit trail.
import type { Tx } from "../../runtime/transaction.ts";

export function insertPending({ sql }: Tx, entries: string): Promise<unknown> {
  return sql`INSERT INTO audit.pending (entries) VALUES (${entries})`.execute();
}
