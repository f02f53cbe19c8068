// Assets: what an account counts (a currency, a security, units of a SKU), with how many decimals, and the system accounts of
// each. None of this ever changes, so every process keeps it in memory; an unknown code is looked up again before it is
// refused. Whether an asset is active does change, so that is read where it matters (`asset-state.ts`).
import type { Sql } from "../../../runtime/database.ts";
import { inTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { Filter, PageFilter } from "../../../values/filter.ts";
import { type Page, toPage } from "../../../values/page.ts";
import { ledgerError } from "../errors.ts";
import * as store from "./account-store.ts";

export type AssetKind = "money" | "security" | "stock";

/** The name and description of an asset; null: none. */
export interface AssetDetails {
  readonly name: string | null;
  readonly description: string | null;
  readonly category: string | null;
  /** JSON text. */
  readonly metadata: string | null;
}

export interface AssetRecord extends Asset, AssetDetails {
  /** If not, what is there stays and can be moved, but nothing new begins. */
  readonly active: boolean;
  readonly version: number;
}

export interface Asset {
  readonly id: number;
  readonly code: string;
  readonly kind: AssetKind;
  /** Decimals, 0 to 9. */
  readonly scale: number;
}

/**
 * `world`: the outside, where deposits come from and withdrawals go to, stock is received from and written off to.
 * `exchange`: the house's position in currency exchange. `clearing`: money that payment providers hold for the house.
 * `sales` and `tax`: what orders brought in. `sold`: units of stock that orders took. `dealing`: the house's side of its trades
 * with customers. `fees`: what trading charged.
 */
export const SYSTEM_ACCOUNT_NAMES = [
  "world",
  "exchange",
  "clearing",
  "sales",
  "tax",
  "sold",
  "dealing",
  "fees",
] as const;
export type SystemAccountName = (typeof SYSTEM_ACCOUNT_NAMES)[number];

export interface Assets {
  readonly byCode: (code: string) => Asset | undefined;
  readonly byId: (id: number) => Asset;
  readonly all: () => Asset[];
  readonly systemAccount: (assetId: number, name: SystemAccountName) => number;
  /** The asset of a system account; undefined for a customer's account. */
  readonly assetOfSystemAccount: (accountId: number) => number | undefined;
  /** Reads assets that other processes may have added. */
  readonly refresh: () => Promise<void>;
  /** Like `refresh`, but at most once a second for all callers together: an unknown code costs one look a second at most. */
  readonly lookAgain: () => Promise<void>;
}

const LOOK_AGAIN_MS = 1_000;

/** Loads all assets and makes sure that each has its system accounts. */
export async function loadAssets(db: Sql): Promise<Assets> {
  let assets = new Map<number, Asset>();
  let codes = new Map<string, Asset>();
  let systemIds = new Map<string, number>();
  let systemAssets = new Map<number, number>();

  async function refresh(): Promise<void> {
    const accounts = await inTransaction(db, (tx) => store.ensureSystemAccounts(tx, SYSTEM_ACCOUNT_NAMES));
    const rows = await store.selectAssets(db);
    assets = new Map(rows.map((asset) => [asset.id, asset]));
    codes = new Map(rows.map((asset) => [asset.code, asset]));
    systemIds = new Map(accounts.map(({ assetId, name, accountId }) => [`${assetId} ${name}`, accountId]));
    systemAssets = new Map(accounts.map(({ assetId, accountId }) => [accountId, assetId]));
  }

  let looking: Promise<void> | undefined;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  function lookAgain(): Promise<void> {
    if (looking === undefined && performance.now() - lookedAtMs < LOOK_AGAIN_MS) return Promise.resolve();
    looking ??= refresh().finally(() => {
      looking = undefined;
      lookedAtMs = performance.now();
    });
    return looking;
  }

  await refresh();
  return {
    byCode: (code) => codes.get(code),
    byId: (id) => known(assets.get(id), `asset ${id}`),
    all: () => [...assets.values()],
    systemAccount: (assetId, name) =>
      known(systemIds.get(`${assetId} ${name}`), `${name} account of asset ${assetId}`),
    assetOfSystemAccount: (accountId) => systemAssets.get(accountId),
    refresh,
    lookAgain,
  };
}

/** Assets after `afterId` in the order of their ids, which is the order in which they were made. */
export async function findAssets(
  db: Sql,
  query: PageFilter<{ kind: AssetKind; category: string }>,
): Promise<Page<AssetRecord> & { readonly total: number }> {
  const { kind, category, cursor: afterId = 0, limit } = query;
  const [found, total] = await Promise.all([
    store.selectAssetsAfter(db, { kind, category, afterId, limit: limit + 1 }),
    store.countAssets(db, { kind, category }),
  ]);
  return { ...toPage(found, limit, ({ id }) => id), total };
}

/**
 * Adds an asset with its system accounts; call `refresh` after the commit. Waits for another process that does the same.
 * @throws AppError `conflict/asset_exists`
 */
export async function addAsset(
  tx: Tx,
  asset: Omit<Asset, "id"> & Filter<AssetDetails>,
): Promise<AssetRecord> {
  const id = await store.insertAsset(tx, asset);
  if (id === undefined) throw ledgerError("asset_exists", { asset: asset.code });
  await store.ensureSystemAccounts(tx, SYSTEM_ACCOUNT_NAMES);
  const { name = null, description = null, category = null, metadata = null } = asset;
  return { id, ...asset, name, description, category, metadata, active: true, version: 1 };
}

/** Loads assets that are in the database but may have been added by another process since this one last looked. */
export async function ensureAssets(
  assets: Assets,
  of: readonly { readonly assetId: number }[],
): Promise<void> {
  const known = new Set(assets.all().map(({ id }) => id));
  if (of.some(({ assetId }) => !known.has(assetId))) await assets.refresh();
}

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`unknown ${what}`);
  return value;
}
