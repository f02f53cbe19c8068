// The SQL of reads for other modules' checks.
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { HOLD_STATES, type KeptHold, nameOf } from "../book/journal.ts";

/** Reads only the holds, in as few columns as the checks need, because checks read millions. */
export async function selectKeptHolds({ sql }: Tx, ids: readonly number[]): Promise<KeptHold[]> {
  const rows = await sql<
    {
      id: bigint;
      debit_account_id: bigint;
      credit_account_id: bigint;
      amount: bigint;
      state: number;
      captured: bigint;
    }[]
  >`
    SELECT id, debit_account_id, credit_account_id, amount, state, captured
    FROM ledger.holds
    WHERE id = ANY(${toArray(ids)}::bigint[])`;
  return rows.map((row) => ({
    id: Number(row.id),
    debitAccountId: Number(row.debit_account_id),
    creditAccountId: Number(row.credit_account_id),
    amount: row.amount,
    state: nameOf(HOLD_STATES, row.state),
    captured: row.captured,
  }));
}

export async function countActiveHolds({ sql }: Tx, creditAccountId: number): Promise<number> {
  const [row] = await sql<[{ count: bigint }]>`
    SELECT count(*) AS count FROM ledger.holds WHERE state = 1 AND credit_account_id = ${creditAccountId}`;
  return Number(row.count);
}

export async function selectActiveHoldIds(
  { sql }: Tx,
  { creditAccountId, afterId, limit }: { creditAccountId: number; afterId: number; limit: number },
): Promise<number[]> {
  const rows = await sql<{ id: bigint }[]>`
    SELECT id
    FROM ledger.holds
    WHERE state = 1 AND credit_account_id = ${creditAccountId} AND id > ${afterId}
    ORDER BY id
    LIMIT ${limit}`;
  return rows.map((row) => Number(row.id));
}

export async function selectSystemSums(
  { sql }: Tx,
  accountId: number,
): Promise<{ debits: bigint; credits: bigint }> {
  const [row] = await sql<[{ debits: string; credits: string }]>`
    SELECT coalesce(sum(debits_posted), 0)::text AS debits, coalesce(sum(credits_posted), 0)::text AS credits
    FROM ledger.system_balances
    WHERE account_id = ${accountId}`;
  return { debits: BigInt(row.debits), credits: BigInt(row.credits) };
}
