// Reads stock: how much there is of each product, in total and at each location. All as of one moment, without locks.

import type { Sql } from "../../../runtime/database.ts";
import { inReadTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { PageFilter } from "../../../values/filter.ts";
import { type Page, toPage } from "../../../values/page.ts";
import { findBalances } from "../../ledger/index.ts";
import { inventoryError } from "../errors.ts";
import { addSums, NO_STOCK, type StockAccount, type StockSums, toSums } from "./stock.ts";
import * as store from "./stock-store.ts";

export interface StockAtLocation extends StockSums {
  readonly locationId: number;
  readonly accountId: number;
  /** Whether orders take from here. */
  readonly sells: boolean;
}

export interface ProductStock {
  readonly productId: number;
  /** The sum of all locations. */
  readonly total: StockSums;
  /** What orders may take: the units available at the selling locations, including those that may be sold before they arrive. */
  readonly sellable: number;
  /** Without units that may be sold before they arrive: the low-stock threshold is compared with this. */
  readonly free: number;
  readonly locations: readonly StockAtLocation[];
  readonly lowStockThreshold: number | null;
  readonly reorderQuantity: number | null;
  /** When the open alert was raised. */
  readonly lowSince: Date | null;
  readonly version: number;
}

export type StockQuery = PageFilter<{
  productIds: readonly number[];
  /** Only products with an open alert. */
  isLow: boolean;
}>;

/** In the order of product ids. */
export async function findStock(db: Sql, query: StockQuery): Promise<Page<ProductStock>> {
  const { cursor: afterId = 0, limit } = query;
  return inReadTransaction(db, async (tx) => {
    const items = await store.selectItems(tx, { ...query, afterId, limit: limit + 1 });
    const page = toPage(items, limit, ({ productId }) => productId);
    return { ...page, items: await readLevels(tx, page.items) };
  });
}

/** @throws AppError `not_found/stock_not_found` */
export async function getStock(db: Sql, productId: number): Promise<ProductStock> {
  const [found] = (await findStock(db, { productIds: [productId], limit: 1 })).items;
  if (found === undefined) throw inventoryError("stock_not_found", { product_id: productId });
  return found;
}

/** The accounts of one product. @throws AppError `not_found/stock_not_found` */
export async function getStockAccounts(db: Sql, productId: number): Promise<StockAccount[]> {
  const accounts = await inReadTransaction(db, (tx) => store.selectStock(tx, [productId]));
  if (accounts.length === 0) throw inventoryError("stock_not_found", { product_id: productId });
  return accounts;
}

/** The stock of items that were read in the same transaction. */
export async function readLevels(tx: Tx, items: readonly store.ItemRow[]): Promise<ProductStock[]> {
  if (items.length === 0) return [];
  const accounts = await store.selectStock(
    tx,
    items.map(({ productId }) => productId),
  );
  const sums = await findBalances(
    tx,
    accounts.map(({ accountId }) => accountId),
  );
  const places = new Map<number, StockAtLocation[]>(items.map(({ productId }) => [productId, []]));
  for (const { productId, locationId, accountId, sells } of accounts) {
    const found = sums.get(accountId);
    if (found !== undefined) places.get(productId)?.push({ locationId, accountId, sells, ...toSums(found) });
  }
  return items.map((item) => toProductStock(item, places.get(item.productId) ?? []));
}

function toProductStock(item: store.ItemRow, locations: readonly StockAtLocation[]): ProductStock {
  const selling = locations.filter(({ sells }) => sells).reduce<StockSums>(addSums, NO_STOCK);
  const { productId, lowStockThreshold, reorderQuantity, lowSince, version } = item;
  return {
    productId,
    total: locations.reduce<StockSums>(addSums, NO_STOCK),
    sellable: selling.available,
    free: selling.onHand - selling.reserved,
    locations,
    lowStockThreshold,
    reorderQuantity,
    lowSince,
    version,
  };
}
