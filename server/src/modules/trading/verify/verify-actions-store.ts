// The SQL that verifies corporate actions.
import type { Tx } from "../../../runtime/transaction.ts";

export interface KeptEntry {
  readonly actionId: number;
  readonly accountId: number;
  readonly unitsBefore: bigint;
  readonly unitsAfter: bigint;
  readonly cash: bigint;
  readonly journalId: number | null;
}

/** After the given one, by action and account. */
export async function selectActionEntries(
  { sql }: Tx,
  {
    actionId,
    accountId,
    limit,
  }: { readonly actionId: number; readonly accountId: number; readonly limit: number },
): Promise<KeptEntry[]> {
  const rows = await sql<
    {
      action_id: bigint;
      asset_account_id: bigint;
      units_before: bigint;
      units_after: bigint;
      cash: bigint;
      journal_id: bigint | null;
    }[]
  >`
    SELECT action_id, asset_account_id, units_before, units_after, cash, journal_id
    FROM trading.action_entries
    WHERE (action_id, asset_account_id) > (${actionId}, ${accountId})
    ORDER BY action_id, asset_account_id
    LIMIT ${limit}`;
  return rows.map((row) => ({
    ...{ actionId: Number(row.action_id), accountId: Number(row.asset_account_id), cash: row.cash },
    ...{ unitsBefore: row.units_before, unitsAfter: row.units_after },
    journalId: row.journal_id === null ? null : Number(row.journal_id),
  }));
}

/** The first action whose number of accounts or cash is not that of its entries. */
export async function selectMiscountedAction({
  sql,
}: Tx): Promise<{ id: number; expected: string; stored: string } | undefined> {
  const [row] = await sql<{ id: bigint; expected: string; stored: string }[]>`
    SELECT a.id, concat_ws(' ', count(e.action_id), coalesce(sum(e.cash), 0)) AS expected,
      concat_ws(' ', a.account_count, a.cash) AS stored
    FROM trading.corporate_actions a
    LEFT JOIN trading.action_entries e ON e.action_id = a.id
    GROUP BY a.id
    HAVING a.account_count <> count(e.action_id) OR a.cash <> coalesce(sum(e.cash), 0)
    ORDER BY a.id
    LIMIT 1`;
  return row === undefined ? undefined : { ...row, id: Number(row.id) };
}
