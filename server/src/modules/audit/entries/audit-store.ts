// The SQL for writing entries.
import type { Tx } from "../../../runtime/transaction.ts";

export interface NumberedRow {
  readonly writer: string | null;
  readonly number: bigint | null;
}

export function insertPending(
  { sql }: Tx,
  entries: string,
  { writer, number }: NumberedRow,
): Promise<unknown> {
  return sql`
    INSERT INTO audit.pending (entries, writer, number)
    VALUES (${entries}, ${writer}, ${number === null ? null : String(number)})`.execute();
}
