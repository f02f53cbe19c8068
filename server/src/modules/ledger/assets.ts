// Assets: what an account counts (a currency, a security, units of a SKU) and with how many decimals. Rows never
// change, so every process may keep them in memory; an unknown code is looked up again before it is refused.
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

export interface Assets {
  readonly byCode: (code: string) => Asset | undefined;
  readonly byId: (id: number) => Asset;
  readonly all: () => Asset[];
  /** The account of an asset that stands for the outside: deposits come from it, withdrawals go to it. */
  readonly worldOf: (assetId: number) => number;
  /** Reads assets that other processes may have added. */
  readonly refresh: () => Promise<void>;
}

/** Loads all assets and makes sure that each has its `world` account. */
export async function loadAssets(db: Sql): Promise<Assets> {
  let assets = new Map<number, Asset>();
  let codes = new Map<string, Asset>();
  let worlds = new Map<number, number>();

  async function refresh(): Promise<void> {
    worlds = await inTransaction(db, (tx) => store.ensureSystemAccounts(tx, "world"));
    const rows = await store.readAssets(db);
    assets = new Map(rows.map((asset) => [asset.id, asset]));
    codes = new Map(rows.map((asset) => [asset.code, asset]));
  }

  function known<T>(value: T | undefined, what: string): T {
    if (value === undefined) throw new Error(`unknown ${what}`);
    return value;
  }

  await refresh();
  return {
    byCode: (code) => codes.get(code),
    byId: (id) => known(assets.get(id), `asset ${id}`),
    all: () => [...assets.values()],
    worldOf: (assetId) => known(worlds.get(assetId), `world of asset ${assetId}`),
    refresh,
  };
}
