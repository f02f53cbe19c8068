// The SQL of the monthly partitions. A module above the ledger marks its tables by a comment.
import type { Sql } from "../../../runtime/database.ts";

/** Creates the missing monthly partitions from now to `months` ahead. Returns how many it made. Blocks nobody. */
export async function createPartitions(db: Sql, months: number): Promise<number> {
  const [row] = await db<[{ made: number }]>`SELECT ledger.create_partitions(${months}) AS made`;
  return row.made;
}
