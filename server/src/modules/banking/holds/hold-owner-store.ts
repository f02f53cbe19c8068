// The SQL that tells who owns a hold's two accounts, outside of any batch.
import type { Sql } from "../../../runtime/database.ts";
import { toArray } from "../../../runtime/sql-array.ts";

export async function selectOwnersOf(db: Sql, accountIds: readonly number[]): Promise<Map<number, string>> {
  const rows = await db<{ id: bigint; owner_id: string }[]>`
    SELECT id, owner_id FROM banking.accounts WHERE id = ANY(${toArray(accountIds)}::bigint[])`;
  return new Map(rows.map((row) => [Number(row.id), row.owner_id]));
}
