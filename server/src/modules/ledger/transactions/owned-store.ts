// The SQL that finds what other modules own in the ledger, for their checks.
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { OwnedJournals } from "./find-owned.ts";

/** By the first transfer, which carries the journal and has its id. */
function ownedJournals({ sql }: Tx, { since, ownerTypes, accountIds }: OwnedJournals) {
  const ids = accountIds === undefined ? undefined : toArray(accountIds);
  const onAccounts =
    ids === undefined
      ? sql``
      : sql`AND (t.debit_account_id = ANY(${ids}::bigint[]) OR t.credit_account_id = ANY(${ids}::bigint[]))`;
  return sql`
    FROM ledger.transfers t
    WHERE t.id > ${since}
      AND t.owner_type = ANY(${`{${ownerTypes.join(",")}}`}::text[])
      ${onAccounts}`;
}

export async function selectOwnedJournalCount(tx: Tx, owned: OwnedJournals): Promise<number> {
  const [row] = await tx.sql<[{ count: bigint }]>`SELECT count(*) AS count ${ownedJournals(tx, owned)}`;
  return Number(row.count);
}

export async function selectOwnedJournalIds(
  tx: Tx,
  owned: OwnedJournals,
  { afterId, limit }: { afterId: number; limit: number },
): Promise<number[]> {
  const rows = await tx.sql<{ id: bigint }[]>`
    SELECT t.id ${ownedJournals(tx, owned)} AND t.id > ${afterId}
    ORDER BY t.id
    LIMIT ${limit}`;
  return rows.map((row) => Number(row.id));
}

export async function selectCapturedHoldId(
  { sql }: Tx,
  creditAccountIds: readonly number[],
): Promise<number | undefined> {
  const [row] = await sql<{ id: bigint }[]>`
    SELECT id
    FROM ledger.holds
    WHERE state = 2 AND credit_account_id = ANY(${toArray(creditAccountIds)}::bigint[])
    ORDER BY id
    LIMIT 1`;
  return row === undefined ? undefined : Number(row.id);
}
