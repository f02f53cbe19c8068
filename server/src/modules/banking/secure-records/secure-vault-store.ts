// The SQL of the table of secure transaction records.
import type { Sql } from "../../../runtime/database.ts";
import { toArray, toTextArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { SealedRecord } from "./secure-vault.ts";

export function insertSecureRecords({ sql }: Tx, records: readonly SealedRecord[]): Promise<unknown> {
  return sql`
    INSERT INTO banking.secure_records (tx_id, transaction_id, wrapped_key, sealed)
    SELECT * FROM unnest(
      ${toTextArray(records.map((r) => r.txId))}::text[], ${toArray(records.map((r) => r.transactionId))}::bigint[],
      ${toTextArray(records.map((r) => r.wrappedKey))}::text[], ${toTextArray(records.map((r) => r.sealed))}::text[])`.execute();
}

export async function readSecureRecord(db: Sql, txId: string): Promise<SealedRecord | undefined> {
  const [row] = await db<{ transaction_id: bigint; wrapped_key: string; sealed: string }[]>`
    SELECT transaction_id, wrapped_key, sealed FROM banking.secure_records WHERE tx_id = ${txId}`;
  if (row === undefined) return undefined;
  return { txId, transactionId: Number(row.transaction_id), wrappedKey: row.wrapped_key, sealed: row.sealed };
}

/** Ids and currencies of an owner's accounts, oldest first; at most two. */
export async function readAccountsOf(
  db: Sql,
  owner: { id: string; currency: string | undefined },
): Promise<{ id: number; currency: string }[]> {
  const rows = await db<{ id: bigint; currency: string }[]>`
    SELECT id, currency FROM banking.accounts
    WHERE owner_id = ${owner.id} ${owner.currency === undefined ? db`` : db`AND currency = ${owner.currency}`}
    ORDER BY id LIMIT 2`;
  return rows.map((row) => ({ id: Number(row.id), currency: row.currency }));
}
