// Stock as accounts: one account of the asset UNIT for each product at each location. On hand is the account's balance,
// reserved is the held part, available is the rest plus the units that may be sold before they arrive.
import type { Desk } from "../../desk/index.ts";
import type { Assets } from "../../ledger/index.ts";

/** The account that counts a product at a location. Never changes once it exists. */
export interface StockAccount {
  readonly productId: number;
  readonly locationId: number;
  readonly accountId: number;
  /** Orders take from the lowest number first. */
  readonly priority: number;
}

/** A map key for a product at a location. */
export function nameOfPlace({
  productId,
  locationId,
}: Pick<StockAccount, "productId" | "locationId">): string {
  return `${productId} ${locationId}`;
}

/** The accounts of products by the products' ids. */
export type StockByProduct = ReadonlyMap<number, readonly StockAccount[]>;

/** The values that decisions about stock look at. */
export type StockDesk = Pick<Desk, "book" | "assets">;

export const DEFAULT_LOCATION_ID = 1;
/** The most units of one movement: far below what could make a sum overflow. */
export const QUANTITY_MAX = 1_000_000_000;

const UNIT = "UNIT";

/** The asset of stock, and the accounts outside of it. Every command that uses them needs them in its scope. */
export interface UnitAccounts {
  readonly assetId: number;
  /** The supplier and the dustbin in one: receipts come from here, write-offs go here. */
  readonly world: number;
  /** The units that orders took. */
  readonly sold: number;
}

export function unitAccounts(assets: Pick<Assets, "byCode" | "systemAccount">): UnitAccounts {
  const asset = assets.byCode(UNIT);
  if (asset === undefined) throw new Error("the asset UNIT is missing");
  return {
    assetId: asset.id,
    world: assets.systemAccount(asset.id, "world"),
    sold: assets.systemAccount(asset.id, "sold"),
  };
}

/** Stock of one account or of several together, in units. */
export interface StockSums {
  readonly onHand: number;
  readonly reserved: number;
  /** May be sold: on hand, less reserved, plus the backorder limit. */
  readonly available: number;
  /** Units that may be sold before they arrive. */
  readonly backorderLimit: number;
}

export const NO_STOCK: StockSums = { onHand: 0, reserved: 0, available: 0, backorderLimit: 0 };

export function toSums({
  balance,
  held,
  creditLimit,
}: {
  balance: bigint;
  held: bigint;
  creditLimit: bigint;
}): StockSums {
  return {
    onHand: Number(balance),
    reserved: Number(held),
    available: Number(balance - held + creditLimit),
    backorderLimit: Number(creditLimit),
  };
}

export function addSums(a: StockSums, b: StockSums): StockSums {
  return {
    onHand: a.onHand + b.onHand,
    reserved: a.reserved + b.reserved,
    available: a.available + b.available,
    backorderLimit: a.backorderLimit + b.backorderLimit,
  };
}
