// The SQL of assets and accounts.
import type { Sql } from "../../runtime/database.ts";
import { toArray } from "../../runtime/sql-array.ts";
import type { Tx } from "../../runtime/transaction.ts";
import type { Asset } from "./assets.ts";

export async function readAssets(db: Sql): Promise<Asset[]> {
  return db<Asset[]>`SELECT id, code, kind, scale FROM ledger.assets ORDER BY id`;
}

export interface SystemAccount {
  readonly assetId: number;
  readonly name: string;
  readonly accountId: number;
}

/** Creates the named system accounts of every asset that lacks them; returns all. Waits for another process that does the same. */
export async function ensureSystemAccounts({ sql }: Tx, names: readonly string[]): Promise<SystemAccount[]> {
  await sql`SELECT pg_advisory_xact_lock(1279607631)`;
  const missing = await sql<{ id: number; name: string }[]>`
    SELECT a.id, n.name FROM ledger.assets a CROSS JOIN unnest(${[...names]}::text[]) AS n (name)
    WHERE NOT EXISTS (SELECT 1 FROM ledger.system_accounts s WHERE s.asset_id = a.id AND s.name = n.name) ORDER BY 1, 2`;
  for (const { id, name } of missing) {
    await sql`
      WITH opened AS (INSERT INTO ledger.accounts (asset_id, system) VALUES (${id}, true) RETURNING id)
      INSERT INTO ledger.system_accounts (asset_id, name, account_id) SELECT ${id}, ${name}, id FROM opened`;
  }
  const rows = await sql<{ asset_id: number; name: string; account_id: bigint }[]>`
    SELECT asset_id, name, account_id FROM ledger.system_accounts`;
  return rows.map((row) => ({ assetId: row.asset_id, name: row.name, accountId: Number(row.account_id) }));
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
