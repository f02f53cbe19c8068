// The SQL of assets and accounts.
import type { Sql } from "../../runtime/database.ts";
import type { Tx } from "../../runtime/transaction.ts";
import type { Asset } from "./assets.ts";
import { toArray } from "./book-store.ts";

export async function readAssets(db: Sql): Promise<Asset[]> {
  return db<Asset[]>`SELECT id, code, kind, scale FROM ledger.assets ORDER BY id`;
}

/** Creates the system account `name` for every asset that has none; returns all of them by asset id. */
export async function ensureSystemAccounts({ sql }: Tx, name: string): Promise<Map<number, number>> {
  await sql`SELECT pg_advisory_xact_lock(1279607631)`;
  const missing = await sql<{ id: number }[]>`
    SELECT a.id FROM ledger.assets a
    WHERE NOT EXISTS (SELECT 1 FROM ledger.system_accounts s WHERE s.asset_id = a.id AND s.name = ${name})`;
  for (const { id } of missing) {
    await sql`
      WITH opened AS (INSERT INTO ledger.accounts (asset_id, system) VALUES (${id}, true) RETURNING id)
      INSERT INTO ledger.system_accounts (asset_id, name, account_id) SELECT ${id}, ${name}, id FROM opened`;
  }
  const rows = await sql<{ asset_id: number; account_id: bigint }[]>`
    SELECT asset_id, account_id FROM ledger.system_accounts WHERE name = ${name}`;
  return new Map(rows.map((row) => [row.asset_id, Number(row.account_id)]));
}

export async function insertAccounts(
  { sql }: Tx,
  accounts: readonly { assetId: number; creditLimit: bigint }[],
): Promise<number[]> {
  const rows = await sql<{ id: bigint }[]>`
    INSERT INTO ledger.accounts (asset_id, credit_limit)
    SELECT * FROM unnest(${toArray(accounts.map((a) => a.assetId))}::integer[], ${toArray(accounts.map((a) => a.creditLimit))}::bigint[])
    RETURNING id`;
  return rows.map((row) => Number(row.id)).sort((a, b) => a - b);
}
