// What the modules above need of a product to sell it: its price and whether it may be sold, for a whole batch at once.
import type { AnySql, Sql } from "../../../runtime/database.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { RowReader } from "../../desk/index.ts";
import type { ProductStatus } from "./product.ts";
import { selectProductForSaleBySku, selectProductsForSale, upsertAvailability } from "./sale-store.ts";

export interface ProductForSale {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  /** At the scale of the currency. */
  readonly priceMinor: bigint;
  /** Code of the asset. */
  readonly currency: string;
  readonly priceIncludesTax: boolean;
  readonly taxClass: string;
  /** What a draft category hides is a draft. */
  readonly status: ProductStatus;
  readonly tracksStock: boolean;
  readonly version: number;
}

/** Reads products for the decision loop, without a lock: an order takes the price as it stood when its batch began. */
export const PRODUCTS: RowReader<ProductForSale> = {
  kind: "catalog.products",
  read: async ({ sql }, ids) => byId(await selectProductsForSale(sql, ids)),
};

/** By id; what does not exist is missing. Archived ones and drafts are there: their status says so. */
export async function findProductsForSale(
  db: AnySql,
  ids: readonly number[],
): Promise<ReadonlyMap<number, ProductForSale>> {
  return byId(await selectProductsForSale(db, ids));
}

/** SKUs are told apart as they are written, upper and lower case too. */
export function getProductBySku(db: Sql, sku: string): Promise<ProductForSale | undefined> {
  return selectProductForSaleBySku(db, sku);
}

/**
 * Notes how many units can be ordered now (with what may be backordered), for the filter "in stock". The inventory calls
 * it in the transaction that moved the stock. Each product once; rows are locked in the order of ids.
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
