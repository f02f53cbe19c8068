// Tells whether the wanted units could be reserved now, with the answer that reserving would give. It holds and locks nothing, so
// a later reservation may find less.
import type { Sql } from "../../../runtime/database.ts";
import type { AppError } from "../../../values/app-error.ts";
import { inventoryError } from "../errors.ts";
import { findStock, type ProductStock } from "../stock/find-stock.ts";
import { refuseShort } from "./reserve-stock.ts";

export interface WantedUnits {
  readonly productId: number;
  readonly quantity: number;
}

/** The index of the first item that could not be reserved after those before it. */
export async function findShortage(
  db: Sql,
  wanted: readonly WantedUnits[],
): Promise<{ readonly index: number; readonly refused: AppError } | undefined> {
  const productIds = [...new Set(wanted.map(({ productId }) => productId))];
  if (productIds.length === 0) return undefined;
  const { items: stock } = await findStock(db, { productIds, limit: productIds.length });
  const left = new Map(stock.filter(isSold).map(({ productId, sellable }) => [productId, sellable]));
  for (const [index, { productId, quantity }] of wanted.entries()) {
    const available = left.get(productId);
    if (available === undefined)
      return { index, refused: inventoryError("product_not_stocked", { product_id: productId }) };
    if (available < quantity) return { index, refused: refuseShort({ productId, quantity, available }) };
    left.set(productId, available - quantity);
  }
  return undefined;
}

function isSold({ locations }: ProductStock): boolean {
  return locations.some(({ sells }) => sells);
}
