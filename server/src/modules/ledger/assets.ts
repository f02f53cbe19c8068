// Assets: what an account counts (a currency, a security, units of a SKU) and with how many decimals; and the system
// accounts of each. Neither ever changes, so every process keeps them in memory; an unknown code is looked up again
// before it is refused.
import type { Sql } from "../../runtime/database.ts";
import { inTransaction } from "../../runtime/transaction.ts";
import * as store from "./account-store.ts";

export type AssetKind = "money" | "security" | "stock";

export interface Asset {
  readonly id: number;
  readonly code: string;
  readonly kind: AssetKind;
  /** Decimals, 0 to 9. */
  readonly scale: number;
}

/** `world`: the outside, where deposits come from and withdrawals go to. `exchange`: the house's position in currency exchange. */
export const SYSTEM_ACCOUNT_NAMES = ["world", "exchange"] as const;
export type SystemAccountName = (typeof SYSTEM_ACCOUNT_NAMES)[number];

export interface Assets {
  readonly byCode: (code: string) => Asset | undefined;
  readonly byId: (id: number) => Asset;
  readonly all: () => Asset[];
  readonly systemAccount: (assetId: number, name: SystemAccountName) => number;
  /** Asset of a system account; undefined for a customer's account. */
  readonly assetOfSystemAccount: (accountId: number) => number | undefined;
  /** Reads assets that other processes may have added. */
  readonly refresh: () => Promise<void>;
}

/** Loads all assets and makes sure that each has its system accounts. */
export async function loadAssets(db: Sql): Promise<Assets> {
  let assets = new Map<number, Asset>();
  let codes = new Map<string, Asset>();
  let systemIds = new Map<string, number>();
  let systemAssets = new Map<number, number>();

  async function refresh(): Promise<void> {
    const accounts = await inTransaction(db, (tx) => store.ensureSystemAccounts(tx, SYSTEM_ACCOUNT_NAMES));
    const rows = await store.readAssets(db);
    assets = new Map(rows.map((asset) => [asset.id, asset]));
    codes = new Map(rows.map((asset) => [asset.code, asset]));
    systemIds = new Map(accounts.map(({ assetId, name, accountId }) => [`${assetId} ${name}`, accountId]));
    systemAssets = new Map(accounts.map(({ assetId, accountId }) => [accountId, assetId]));
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
  };
}

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`unknown ${what}`);
  return value;
}
