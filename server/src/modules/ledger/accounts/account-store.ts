// The SQL of assets and accounts.
import type { Sql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { Filter } from "../../../values/filter.ts";
import type { Asset, AssetDetails, AssetRecord } from "./assets.ts";

export async function selectAssets(db: Sql): Promise<Asset[]> {
  return db<Asset[]>`SELECT id, code, kind, scale FROM ledger.assets ORDER BY id`;
}

export async function selectAssetsAfter(
  db: Sql,
  query: AssetFilter & { afterId: number; limit: number },
): Promise<AssetRecord[]> {
  return db<AssetRecord[]>`
    SELECT id, code, kind, scale, active, name, description, category, metadata, version
    FROM ledger.assets
    WHERE id > ${query.afterId} AND ${ofAssets(db, query)}
    ORDER BY id
    LIMIT ${query.limit}`;
}

interface AssetFilter {
  readonly kind?: string | undefined;
  readonly category?: string | undefined;
}

function ofAssets(db: Sql, { kind, category }: AssetFilter) {
  const ofKind = kind === undefined ? db`true` : db`kind = ${kind}`;
  return category === undefined ? ofKind : db`${ofKind} AND category = ${category}`;
}

export async function countAssets(db: Sql, filter: AssetFilter): Promise<number> {
  const [row] = await db<{ count: number }[]>`
    SELECT count(*)::int AS count FROM ledger.assets WHERE ${ofAssets(db, filter)}`;
  return row?.count ?? 0;
}

export async function selectAsset(db: Sql, code: string): Promise<AssetRecord | undefined> {
  const [row] = await db<AssetRecord[]>`
    SELECT id, code, kind, scale, active, name, description, category, metadata, version
    FROM ledger.assets
    WHERE code = ${code}`;
  return row;
}

/** Waits for a transaction that is changing the asset. */
export async function selectAssetForUpdate({ sql }: Tx, code: string): Promise<AssetRecord | undefined> {
  const [row] = await sql<AssetRecord[]>`
    SELECT id, code, kind, scale, active, name, description, category, metadata, version
    FROM ledger.assets
    WHERE code = ${code}
    FOR UPDATE`;
  return row;
}

export async function updateAssetState({ sql }: Tx, id: number, active: boolean): Promise<void> {
  await sql`UPDATE ledger.assets SET active = ${active}, version = version + 1 WHERE id = ${id}`;
}

/** Whether each of the assets is active, at this moment. */
export async function selectAssetStates({ sql }: Tx, ids: readonly number[]): Promise<Map<number, boolean>> {
  const rows = await sql<{ id: number; active: boolean }[]>`
    SELECT id, active
    FROM ledger.assets
    WHERE id = ANY(${toArray(ids)}::integer[])`;
  return new Map(rows.map(({ id, active }) => [id, active]));
}

/** Codes of those assets that are not active. The active ones stay active until this transaction ends. */
export async function selectInactive({ sql }: Tx, ids: readonly number[]): Promise<string[]> {
  const rows = await sql<{ code: string; active: boolean }[]>`
    SELECT code, active
    FROM ledger.assets
    WHERE id = ANY(${toArray(ids)}::integer[])
    ORDER BY id
    FOR SHARE`;
  return rows.filter(({ active }) => !active).map(({ code }) => code);
}

export async function updateAssetDetails({ sql }: Tx, id: number, details: AssetDetails): Promise<void> {
  await sql`
    UPDATE ledger.assets
    SET name = ${details.name}, description = ${details.description}, category = ${details.category},
        metadata = ${details.metadata}, version = version + 1
    WHERE id = ${id}`;
}

/** Undefined where the code is taken already. */
export async function insertAsset(
  { sql }: Tx,
  asset: Omit<Asset, "id"> & Filter<AssetDetails>,
): Promise<number | undefined> {
  const rows = await sql<{ id: number }[]>`
    INSERT INTO ledger.assets (code, kind, scale, name, description, category, metadata)
    VALUES (${asset.code}, ${asset.kind}, ${asset.scale}, ${asset.name ?? null}, ${asset.description ?? null},
            ${asset.category ?? null}, ${asset.metadata ?? null})
    ON CONFLICT (code) DO NOTHING
    RETURNING id`;
  return rows[0]?.id;
}

export interface SystemAccount {
  readonly assetId: number;
  readonly name: string;
  readonly accountId: number;
}

/** Creates the missing system accounts of every asset; returns all of them. Waits for another process doing the same. */
export async function ensureSystemAccounts({ sql }: Tx, names: readonly string[]): Promise<SystemAccount[]> {
  await sql`SELECT pg_advisory_xact_lock(1279607631)`;
  const missing = await sql<{ id: number; name: string }[]>`
    SELECT a.id, n.name
    FROM ledger.assets a
    CROSS JOIN unnest(${[...names]}::text[]) AS n (name)
    WHERE NOT EXISTS (SELECT 1 FROM ledger.system_accounts s WHERE s.asset_id = a.id AND s.name = n.name)
    ORDER BY 1, 2`;
  for (const { id, name } of missing) {
    await sql`
      WITH opened AS (INSERT INTO ledger.accounts (asset_id, system) VALUES (${id}, true) RETURNING id)
      INSERT INTO ledger.system_accounts (asset_id, name, account_id)
      SELECT ${id}, ${name}, id
      FROM opened`;
  }
  const rows = await sql<{ asset_id: number; name: string; account_id: bigint }[]>`
    SELECT asset_id, name, account_id FROM ledger.system_accounts`;
  return rows.map((row) => ({ assetId: row.asset_id, name: row.name, accountId: Number(row.account_id) }));
}

export interface NewAccount {
  readonly assetId: number;
  /** Minor units by which the account may go below zero. */
  readonly creditLimit: bigint;
}

const ACCOUNT_COLUMNS = columnsOf<NewAccount>({
  asset_id: ["integer", (account) => account.assetId],
  credit_limit: ["bigint", (account) => account.creditLimit],
});

export async function insertAccounts({ sql }: Tx, accounts: readonly NewAccount[]): Promise<number[]> {
  const rows = await sql<{ id: bigint }[]>`
    INSERT INTO ledger.accounts ${ACCOUNT_COLUMNS.rows(sql, accounts)}
    RETURNING id`;
  return rows.map((row) => Number(row.id)).sort((a, b) => a - b);
}

export interface AccountRulesRow {
  id: bigint;
  state: number;
  credit_limit: bigint;
  version: bigint;
}

export async function selectAccountRules({ sql }: Tx, ids: readonly number[]): Promise<AccountRulesRow[]> {
  return sql<AccountRulesRow[]>`
    SELECT id, state, credit_limit, version
    FROM ledger.accounts
    WHERE id = ANY(${toArray(ids)}::bigint[]) AND NOT system`;
}

/** Ids of customers' accounts in a state. Frozen and closed accounts have an index of their own; most others are open. */
export async function selectIdsByState(
  { sql }: Tx,
  { state, afterId, limit }: { state: number; afterId: number; limit: number },
): Promise<number[]> {
  const inState = state === 1 ? sql`state = 1` : sql`state <> 1 AND state = ${state}`;
  const rows = await sql<{ id: bigint }[]>`
    SELECT id
    FROM ledger.accounts
    WHERE NOT system AND ${inState} AND id > ${afterId}
    ORDER BY id
    LIMIT ${limit}`;
  return rows.map((row) => Number(row.id));
}

export interface AccountChange {
  /** Stamp. */
  readonly id: number;
  readonly accountId: number;
  readonly actorId: string;
  readonly version: number;
  readonly before: { readonly creditLimit: bigint; readonly state: number };
  readonly after: { readonly creditLimit: bigint; readonly state: number };
}

/** Writes an account's new rules over the version that was locked, and records how they changed. */
export async function updateAccountRules({ sql }: Tx, change: AccountChange): Promise<void> {
  const { id, accountId, actorId, version, before, after } = change;
  await sql`
    WITH written AS (
      UPDATE ledger.accounts
      SET credit_limit = ${after.creditLimit}, state = ${after.state}, version = version + 1,
          last_stamp = ${id}
      WHERE id = ${accountId} AND version = ${version}
      RETURNING 1)
    SELECT ledger.expect_rows(count(*), 1, 'accounts')
    FROM written`;
  await sql`
    INSERT INTO ledger.account_changes (id, account_id, actor_id, credit_limit_before, credit_limit_after,
      state_before, state_after)
    VALUES (${id}, ${accountId}, ${actorId}, ${before.creditLimit}, ${after.creditLimit}, ${before.state},
            ${after.state})`;
}

/** Counts a change of the account that is kept outside the ledger, such as its name. */
export async function bumpVersion({ sql }: Tx, accountId: number, version: number): Promise<void> {
  await sql`
    WITH written AS (
      UPDATE ledger.accounts
      SET version = version + 1
      WHERE id = ${accountId} AND version = ${version}
      RETURNING 1)
    SELECT ledger.expect_rows(count(*), 1, 'accounts')
    FROM written`;
}

/** The first holds in favor of the account that are active and not past their time. */
export async function selectAwaitedHoldIds({ sql }: Tx, accountId: number): Promise<number[]> {
  const rows = await sql<{ id: bigint }[]>`
    SELECT id
    FROM ledger.holds
    WHERE state = 1
      AND credit_account_id = ${accountId}
      AND (expires_at IS NULL OR expires_at > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
    ORDER BY id
    LIMIT 10`;
  return rows.map((row) => Number(row.id));
}

/** Customers' accounts of an asset after `afterId`, in order. */
export async function selectIdsOfAsset(
  { sql }: Tx,
  { assetId, afterId, limit }: { assetId: number; afterId: number; limit: number },
): Promise<number[]> {
  const rows = await sql<{ id: bigint }[]>`
    SELECT id
    FROM ledger.accounts
    WHERE asset_id = ${assetId} AND NOT system AND id > ${afterId}
    ORDER BY id
    LIMIT ${limit}`;
  return rows.map((row) => Number(row.id));
}
