// The SQL that selling needs: prices in the decision loop, and the copy of stock levels that searches read.
import type { AnySql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { ProductLabel } from "./product-labels.ts";
import type { ProductForSale } from "./products-for-sale.ts";

const COLUMNS = `id, sku, name, price_minor AS "priceMinor", currency,
  price_includes_tax AS "priceIncludesTax", tax_class AS "taxClass",
  CASE
    WHEN status = 'active' AND EXISTS (
      SELECT FROM catalog.categories k WHERE k.id = category_id AND NOT k.is_shown) THEN 'draft'
    ELSE status
  END AS status,
  tracks_stock AS "tracksStock", version`;

export async function selectProductsForSale(sql: AnySql, ids: readonly number[]): Promise<ProductForSale[]> {
  return sql<ProductForSale[]>`
    SELECT ${sql.unsafe(COLUMNS)} FROM catalog.products WHERE id = ANY(${toArray(ids)}::bigint[])`.execute();
}

export async function selectProductLabels(sql: AnySql, ids: readonly number[]): Promise<ProductLabel[]> {
  return sql<ProductLabel[]>`
    SELECT p.id, p.sku, p.name, p.category_id AS "categoryId", c.name AS "categoryName"
    FROM catalog.products p
    LEFT JOIN catalog.categories c ON c.id = p.category_id
    WHERE p.id = ANY(${toArray(ids)}::bigint[])`.execute();
}

export async function selectProductForSaleBySku(
  sql: AnySql,
  sku: string,
): Promise<ProductForSale | undefined> {
  const [product] = await sql<ProductForSale[]>`
    SELECT ${sql.unsafe(COLUMNS)} FROM catalog.products WHERE sku = ${sku}`;
  return product;
}

interface AvailabilityRow {
  readonly productId: number;
  readonly available: number | bigint;
}

const AVAILABILITY = columnsOf<AvailabilityRow>({
  product_id: ["integer", (row) => row.productId],
  available: ["bigint", (row) => row.available],
});

/** In the order of ids, so that two batches cannot deadlock. */
export function upsertAvailability({ sql }: Tx, rows: readonly AvailabilityRow[]): Promise<unknown> {
  return sql`
    INSERT INTO catalog.availability AS a (${AVAILABILITY.names(sql)})
    SELECT ${AVAILABILITY.names(sql, "n")}
    FROM unnest(${AVAILABILITY.arrays(sql, rows)}) AS n (${AVAILABILITY.names(sql)})
    JOIN catalog.products p ON p.id = n.product_id
    ORDER BY n.product_id
    ON CONFLICT (product_id) DO UPDATE
    SET available = excluded.available
    WHERE a.available <> excluded.available`.execute();
}
