// The SQL of the table of secure transaction records.
import type { Sql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { SealedRecord } from "./secure-vault.ts";

const RECORD_COLUMNS = columnsOf<SealedRecord>({
  tx_id: ["text", (record) => record.txId],
  transaction_id: ["bigint", (record) => record.transactionId],
  wrapped_key: ["text", (record) => record.wrappedKey],
  sealed: ["text", (record) => record.sealed],
});

export function insertSecureRecords({ sql }: Tx, records: readonly SealedRecord[]): Promise<unknown> {
  return sql`INSERT INTO banking.secure_records ${RECORD_COLUMNS.rows(sql, records)}`.execute();
}

export async function selectSecureRecord(db: Sql, txId: string): Promise<SealedRecord | undefined> {
  const [row] = await db<{ transaction_id: bigint; wrapped_key: string; sealed: string }[]>`
    SELECT transaction_id, wrapped_key, sealed
    FROM banking.secure_records
    WHERE tx_id = ${txId}`;
  if (row === undefined) return undefined;
  return { txId, transactionId: Number(row.transaction_id), wrappedKey: row.wrapped_key, sealed: row.sealed };
}

/** Ids and currencies of an owner's accounts, oldest first; at most two. */
export async function selectAccountsOf(
  db: Sql,
  owner: { id: string; currency: string | undefined },
): Promise<{ id: number; currency: string }[]> {
  const rows = await db<{ id: bigint; currency: string }[]>`
    SELECT id, currency
    FROM banking.accounts
    WHERE owner_id = ${owner.id}
      AND ${owner.currency === undefined ? db`true` : db`currency = ${owner.currency}`}
    ORDER BY id
    LIMIT 2`;
  return rows.map((row) => ({ id: Number(row.id), currency: row.currency }));
}
