// Chooses where returned goods go: any location takes them, including those that orders do not take from.
import type { Sql } from "../../../runtime/database.ts";
import { inReadTransaction, inTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { Assets } from "../../ledger/index.ts";
import { checkLocations } from "./location.ts";
import { ensureStock } from "./open-stock.ts";
import { DEFAULT_LOCATION_ID, nameOfPlace, type StockAccount, type StockByProduct } from "./stock.ts";
import { type KnownAccount, selectStock, selectStockOfAccounts } from "./stock-store.ts";

/** Reads the products' accounts at all locations, by priority, as they are now: for commands of staff, which are rare. */
export async function findShelves(
  db: Sql,
  productIds: readonly number[],
): Promise<Map<number, readonly KnownAccount[]>> {
  const accounts = await inReadTransaction(db, (tx) => selectStock(tx, productIds));
  return Map.groupBy(accounts, ({ productId }) => productId);
}

/** Those of the accounts that orders take from. */
export function sellingOf(shelves: ReadonlyMap<number, readonly KnownAccount[]>): StockByProduct {
  return new Map([...shelves].map(([id, accounts]) => [id, accounts.filter(({ sells }) => sells)]));
}

/** What accounts count, by their ids; accounts that do not count stock are left out. */
export async function findStockOfAccounts(
  tx: Tx,
  accountIds: readonly number[],
): Promise<Map<number, StockAccount>> {
  const accounts = await selectStockOfAccounts(tx, accountIds);
  return new Map(accounts.map((account) => [account.accountId, account]));
}

/** A shelf for returned goods. */
export interface WantedShelf {
  readonly productId: number;
  /** Undefined: the first that orders take from, else the first where the product lies, else the main location. */
  readonly location: { readonly id: number; readonly field: string } | undefined;
}

/**
 * The wanted shelves, in their order; their products must exist. Where a product has no stock anywhere, its stock is opened.
 * @throws AppError `not_found/location_not_found` naming the field
 */
export async function openShelves(
  { db, assets }: { readonly db: Sql; readonly assets: Assets },
  wanted: readonly WantedShelf[],
): Promise<StockAccount[]> {
  await checkLocations(
    db,
    wanted.flatMap(({ location }) => location ?? []),
  );
  return inTransaction(db, async (tx) => {
    const known = Map.groupBy(
      await selectStock(
        tx,
        wanted.map(({ productId }) => productId),
      ),
      ({ productId }) => productId,
    );
    const places = wanted.map(({ productId, location }) => ({
      productId,
      locationId: location?.id ?? chooseLocation(known.get(productId) ?? []),
    }));
    const accounts = await ensureStock(tx, assets, places);
    const byPlace = new Map(accounts.map((account) => [nameOfPlace(account), account]));
    return places.map((place) => {
      const account = byPlace.get(nameOfPlace(place));
      if (account === undefined) throw new Error(`stock of ${nameOfPlace(place)} was not opened`);
      return account;
    });
  });
}

function chooseLocation(accounts: readonly KnownAccount[]): number {
  const chosen = accounts.find(({ sells }) => sells) ?? accounts[0];
  return chosen?.locationId ?? DEFAULT_LOCATION_ID;
}
