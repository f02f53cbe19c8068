// The SQL that tells which transactions have changed what lists show.
import type { Tx } from "../../../runtime/transaction.ts";

/** Ids of transactions, exact below 2^53. */
export interface ChangeMark {
  /** The latest committed transaction that changed what is shown; 0 where none has. */
  readonly latest: number;
  /** All transactions before this one have ended, so their changes were seen. */
  readonly horizon: number;
}

export async function selectChangeMark({ sql }: Tx): Promise<ChangeMark> {
  const [row] = await sql<[{ latest: string | null; horizon: string }]>`
    SELECT (SELECT c.transaction FROM catalog.changes c ORDER BY c.transaction DESC LIMIT 1)::text AS latest,
      pg_snapshot_xmin(pg_current_snapshot())::text AS horizon`;
  return { latest: Number(row.latest ?? 0), horizon: Number(row.horizon) };
}
