// Whether anything new may begin in an asset. A deactivated asset keeps its accounts and balances, which can still be moved,
// paid back and withdrawn.
import { checkVersion } from "../../../http/version.ts";
import type { Sql } from "../../../runtime/database.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { AppError } from "../../../values/app-error.ts";
import type { Filter } from "../../../values/filter.ts";
import { ledgerError } from "../errors.ts";
import * as store from "./account-store.ts";
import type { AssetDetails, AssetRecord } from "./assets.ts";

/** For commands at the desk: whether each of these assets, by id, is active at this moment. */
export const ASSET_STATES = {
  kind: "ledger.assets",
  read: (tx: Tx, ids: readonly number[]): Promise<ReadonlyMap<number, boolean>> =>
    store.selectAssetStates(tx, ids),
} as const;

/** @throws AppError `not_found/asset_not_found` */
export async function getAsset(db: Sql, code: string): Promise<AssetRecord> {
  const asset = await store.selectAsset(db, code);
  if (asset === undefined) throw ledgerError("asset_not_found");
  return asset;
}

/**
 * Activates or deactivates an asset. Locks it; nothing changes where it is in that state already.
 * @throws AppError `not_found/asset_not_found`, `conflict/version_mismatch`, `refused/asset_is_needed` for the asset that units
 *   of stock are counted in
 */
export async function changeAssetState(
  tx: Tx,
  code: string,
  { active, versions }: { readonly active: boolean; readonly versions?: AssetVersions },
): Promise<AssetRecord> {
  const asset = await lockAsset(tx, code, versions);
  if (!active && asset.kind === "stock") throw ledgerError("asset_is_needed");
  if (asset.active === active) return asset;
  await store.updateAssetState(tx, asset.id, active);
  return { ...asset, active, version: asset.version + 1 };
}

/** The versions that the asset may have; undefined: any. */
type AssetVersions = readonly number[] | undefined;

async function lockAsset(tx: Tx, code: string, versions: AssetVersions): Promise<AssetRecord> {
  const asset = await store.selectAssetForUpdate(tx, code);
  if (asset === undefined) throw ledgerError("asset_not_found");
  checkVersion(asset.version, versions);
  return asset;
}

/** The assets stay active until the transaction ends. @throws AppError `refused/asset_inactive` */
export async function requireActive(tx: Tx, assetIds: readonly number[]): Promise<void> {
  const [code] = await store.selectInactive(tx, [...new Set(assetIds)]);
  if (code !== undefined) throw refuseInactive(code);
}

export function refuseInactive(code: string): AppError {
  return ledgerError("asset_inactive", { fields: [{ field: "currency", reason: `${code} is not active` }] });
}

/**
 * Changes the name and description of an asset; an undefined field stays unchanged. Locks the asset.
 * @throws AppError `not_found/asset_not_found`, `conflict/version_mismatch`
 */
export async function changeAssetDetails(
  tx: Tx,
  code: string,
  { versions, ...details }: Filter<AssetDetails> & { readonly versions?: AssetVersions },
): Promise<AssetRecord> {
  const asset = await lockAsset(tx, code, versions);
  const given = Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
  const changed = { ...asset, ...given, version: asset.version + 1 };
  await store.updateAssetDetails(tx, asset.id, changed);
  return changed;
}
