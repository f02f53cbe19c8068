// The SQL that reads transfers as leaves of their transparency log.
import type { Sql } from "../../../runtime/database.ts";

export interface TransferLeafRow {
  readonly id: bigint;
  readonly journal_id: bigint;
  readonly debit_account_id: bigint;
  readonly credit_account_id: bigint;
  readonly amount: bigint;
  readonly debit_after: bigint | null;
  readonly credit_after: bigint | null;
  readonly asset: string;
  readonly scale: number;
  readonly kind: number;
  readonly transfer_count: number;
}

/** In the order of their ids, which is the order of the log. */
export async function selectTransferLeafRows(
  db: Sql,
  { after, upTo, limit }: { after: bigint; upTo: bigint; limit: number },
): Promise<TransferLeafRow[]> {
  return await db<TransferLeafRow[]>`
    SELECT t.id, t.journal_id, t.debit_account_id, t.credit_account_id, t.amount, t.debit_after,
      t.credit_after, s.code AS asset, s.scale, coalesce(t.kind, j.kind) AS kind,
      coalesce(t.transfer_count, j.transfer_count) AS transfer_count
    FROM (
      SELECT id, journal_id, debit_account_id, credit_account_id, amount, debit_after, credit_after, kind,
        transfer_count
      FROM ledger.transfers
      WHERE id > ${String(after)} AND id <= ${String(upTo)}
      ORDER BY id
      LIMIT ${limit}) AS t
    JOIN ledger.accounts a ON a.id = t.debit_account_id
    JOIN ledger.assets s ON s.id = a.asset_id
    LEFT JOIN LATERAL (
      SELECT kind, transfer_count
      FROM ledger.journals
      WHERE id = t.journal_id AND t.transfer_count IS NULL
      LIMIT 1) AS j ON true
    ORDER BY t.id`;
}

/** Ids of the journal's transfers, in order: consecutive from its own id, or the capture of its hold. */
export async function selectTransferIds(db: Sql, journalId: number): Promise<bigint[]> {
  const rows = await db<{ id: bigint }[]>`
    SELECT t.id
    FROM ledger.transfers j
    JOIN ledger.transfers t ON t.id BETWEEN j.id AND j.id + j.transfer_count - 1 AND t.journal_id = j.id
    WHERE j.id = ${journalId}
    UNION ALL
    SELECT t.id
    FROM ledger.holds h
    JOIN ledger.transfers t ON t.id = h.closed_at AND t.journal_id = h.id
    WHERE h.id = ${journalId} AND h.state = 2
    ORDER BY 1`;
  return rows.map((row) => row.id);
}
