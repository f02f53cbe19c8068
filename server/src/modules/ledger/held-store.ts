// The SQL of reads for other modules' checks.
import type { Tx } from "../../runtime/transaction.ts";

export async function countActiveHolds({ sql }: Tx, creditAccountId: number): Promise<number> {
  const [row] = await sql<[{ count: bigint }]>`
    SELECT count(*) AS count FROM ledger.holds WHERE state = 1 AND credit_account_id = ${creditAccountId}`;
  return Number(row.count);
}

export async function readActiveHoldIds(
  { sql }: Tx,
  { creditAccountId, afterId, limit }: { creditAccountId: number; afterId: number; limit: number },
): Promise<number[]> {
  const rows = await sql<{ id: bigint }[]>`
    SELECT id FROM ledger.holds WHERE state = 1 AND credit_account_id = ${creditAccountId} AND id > ${afterId} ORDER BY id LIMIT ${limit}`;
  return rows.map((row) => Number(row.id));
}

export async function readSystemSums(
  { sql }: Tx,
  accountId: number,
): Promise<{ debits: bigint; credits: bigint }> {
  const [row] = await sql<[{ debits: string; credits: string }]>`
    SELECT coalesce(sum(debits_posted), 0)::text AS debits, coalesce(sum(credits_posted), 0)::text AS credits
    FROM ledger.system_balances WHERE account_id = ${accountId}`;
  return { debits: BigInt(row.debits), credits: BigInt(row.credits) };
}
