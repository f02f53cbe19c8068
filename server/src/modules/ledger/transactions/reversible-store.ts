// The SQL that reads what is needed to reverse a journal.
import type { Sql } from "../../../runtime/database.ts";
import { HOLD_STATES, type HoldState, nameOf, type Owner } from "../book/journal.ts";
import { type OwnerRow, toOwner } from "../book/owner.ts";
import type { MovedTransfer } from "./find-reversible.ts";

interface JournalRow {
  transfer_count: number;
  hold_state: number | null;
  closed_at: bigint | null;
  reversed_id: bigint | null;
  owner_type: OwnerRow["owner_type"];
  owner_id: OwnerRow["owner_id"];
}

export async function selectJournal(db: Sql, id: number): Promise<JournalShape | undefined> {
  const [row] = await db<JournalRow[]>`
    SELECT j.transfer_count, h.state AS hold_state, h.closed_at, r.reversed_id, j.owner_type,
      j.owner_id
    FROM ledger.journals j
    LEFT JOIN ledger.holds h ON h.id = j.id
    LEFT JOIN ledger.reversals r ON r.journal_id = j.id
    WHERE j.id = ${id}`;
  if (row === undefined) return undefined;
  return {
    transferCount: row.transfer_count,
    holdState: row.hold_state === null ? null : nameOf(HOLD_STATES, row.hold_state),
    closedAt: row.closed_at === null ? null : Number(row.closed_at),
    reversedId: row.reversed_id === null ? null : Number(row.reversed_id),
    owner: toOwner(row),
  };
}

export interface JournalShape {
  readonly transferCount: number;
  readonly holdState: HoldState | null;
  readonly closedAt: number | null;
  readonly reversedId: number | null;
  readonly owner: Owner | null;
}

/** Transfers with consecutive ids, in the order they were booked. */
export async function selectTransfers(db: Sql, firstId: number, count: number): Promise<MovedTransfer[]> {
  const rows = await db<
    { debit_account_id: bigint; credit_account_id: bigint; amount: bigint; asset_id: number }[]
  >`
    SELECT t.debit_account_id, t.credit_account_id, t.amount, a.asset_id
    FROM ledger.transfers t
    JOIN ledger.accounts a ON a.id = t.debit_account_id
    WHERE t.id BETWEEN ${firstId} AND ${firstId + count - 1}
    ORDER BY t.id`;
  return rows.map((row) => ({
    debitAccountId: Number(row.debit_account_id),
    creditAccountId: Number(row.credit_account_id),
    amount: row.amount,
    assetId: row.asset_id,
  }));
}

export async function isRefused(db: Sql, id: number): Promise<boolean> {
  const rows = await db`SELECT FROM ledger.refusals WHERE id = ${id}`;
  return rows.length > 0;
}
