// What higher modules need to sell a product: its price and whether it may be sold, for a whole batch at once.
import type { AnySql, Sql } from "../../../runtime/database.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { RowReader } from "../../desk/index.ts";
import type { ProductStatus } from "./product.ts";
import { selectProductForSaleBySku, selectProductsForSale, upsertAvailability } from "./sale-store.ts";

export interface ProductForSale {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  /** Minor units, at the scale of the currency. */
  readonly priceMinor: bigint;
  /** Code of the asset. */
  readonly currency: string;
  readonly priceIncludesTax: boolean;
  readonly taxClass: string;
  /** A product that a draft category hides counts as a draft. */
  readonly status: ProductStatus;
  readonly tracksStock: boolean;
  readonly version: number;
}

/** Reads products for the decision loop, without a lock: an order takes the price as it was when its batch began. */
export const PRODUCTS: RowReader<ProductForSale> = {
  kind: "catalog.products",
  read: async ({ sql }, ids) => byId(await selectProductsForSale(sql, ids)),
};

/** By id; unknown ids are missing. Archived products and drafts are included: their status says so. */
export async function findProductsForSale(
  db: AnySql,
  ids: readonly number[],
): Promise<ReadonlyMap<number, ProductForSale>> {
  return byId(await selectProductsForSale(db, ids));
}

/** SKUs are compared exactly, including upper and lower case. */
export function getProductBySku(db: Sql, sku: string): Promise<ProductForSale | undefined> {
  return selectProductForSaleBySku(db, sku);
}

/**
 * Notes how many units can be ordered now (including backorders), for the filter "in stock". The inventory calls
 * it in the transaction that moved the stock, with each product once; rows are locked in the order of ids.
 */
export async function noteAvailability(
  tx: Tx,
  rows: readonly { readonly productId: number; readonly available: number | bigint }[],
): Promise<void> {
  if (rows.length > 0) await upsertAvailability(tx, rows);
}

function byId(products: readonly ProductForSale[]): ReadonlyMap<number, ProductForSale> {
  return new Map(products.map((product) => [product.id, product]));
}
