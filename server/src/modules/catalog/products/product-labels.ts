// The names of products in reports: SKU and name, and the category that they stand in.
import type { AnySql } from "../../../runtime/database.ts";
import { selectProductLabels } from "./sale-store.ts";

export interface ProductLabel {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  readonly categoryId: number | null;
  readonly categoryName: string | null;
}

/** By id, as the products are now, archived ones too; ids that do not exist are missing. */
export async function findProductLabels(
  db: AnySql,
  ids: readonly number[],
): Promise<ReadonlyMap<number, ProductLabel>> {
  const labels = ids.length === 0 ? [] : await selectProductLabels(db, ids);
  return new Map(labels.map((label) => [label.id, label]));
}
