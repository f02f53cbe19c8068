// The SQL of products.
import type { AnySql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import { toArray, toTextArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { Product, ProductFields } from "./product.ts";

const COLUMNS = `p.id, p.sku, p.name, p.description, p.price_minor AS "priceMinor", p.currency,
  p.price_includes_tax AS "priceIncludesTax", p.tax_class AS "taxClass", p.category_id AS "categoryId",
  p.brand, p.status, p.tracks_stock AS "tracksStock", p.images, p.metadata, p.version,
  p.created_at AS "createdAt", p.updated_at AS "updatedAt", 
  p.status = 'active' AND NOT EXISTS (
    SELECT FROM catalog.categories k WHERE k.id = p.category_id AND NOT k.is_shown) AS "isShown",
  NOT p.tracks_stock OR coalesce((
    SELECT a.available > 0 FROM catalog.availability a WHERE a.product_id = p.id), false) AS "inStock"`;

export async function selectProducts(sql: AnySql, ids: readonly number[]): Promise<Product[]> {
  return sql<Product[]>`
    SELECT ${sql.unsafe(COLUMNS)}
    FROM catalog.products p
    WHERE p.id = ANY(${toArray(ids)}::bigint[])
    ORDER BY p.id`;
}

/** Locks the row against other changes until the transaction ends. */
export async function selectProductForUpdate({ sql }: Tx, id: number): Promise<Product | undefined> {
  const [product] = await sql<Product[]>`
    SELECT ${sql.unsafe(COLUMNS)}
    FROM catalog.products p
    WHERE p.id = ${id}::bigint
    FOR NO KEY UPDATE OF p`;
  return product;
}

/** Those of the SKUs that are already taken by a product. */
export async function selectTakenSkus({ sql }: Tx, skus: readonly string[]): Promise<Set<string>> {
  const rows = await sql<{ sku: string }[]>`
    SELECT sku FROM catalog.products WHERE sku = ANY(${toTextArray(skus)}::text[])`;
  return new Set(rows.map((row) => row.sku));
}

/**
 * Those of the ids that are no category. The other categories, and the product's own, cannot be removed or hidden
 * until the transaction ends.
 */
export async function selectUnknownCategories(
  { sql }: Tx,
  ids: readonly number[],
  productId: number | null = null,
): Promise<Set<number>> {
  if (ids.length === 0 && productId === null) return new Set();
  const rows = await sql<{ id: number }[]>`
    SELECT id
    FROM catalog.categories
    WHERE id = ANY(${toArray(ids)}::integer[])
      OR id = (SELECT p.category_id FROM catalog.products p WHERE p.id = ${productId}::bigint)
    ORDER BY id
    FOR KEY SHARE`;
  return new Set(ids).difference(new Set(rows.map((row) => row.id)));
}

const PRODUCT_COLUMNS = columnsOf<ProductFields>({
  sku: ["text", (product) => product.sku],
  name: ["text", (product) => product.name],
  description: ["text", (product) => product.description],
  price_minor: ["bigint", (product) => product.priceMinor],
  currency: ["text", (product) => product.currency],
  price_includes_tax: ["boolean", (product) => product.priceIncludesTax],
  tax_class: ["text", (product) => product.taxClass],
  category_id: ["integer", (product) => product.categoryId],
  brand: ["text", (product) => product.brand],
  status: ["text", (product) => product.status],
  tracks_stock: ["boolean", (product) => product.tracksStock],
  metadata: ["jsonb", (product) => product.metadata],
});

/** Returns ids in the order of the products. */
export async function insertProducts({ sql }: Tx, products: readonly ProductFields[]): Promise<number[]> {
  const rows = await sql<{ id: number; sku: string }[]>`
    INSERT INTO catalog.products (${PRODUCT_COLUMNS.names(sql)})
    SELECT ${PRODUCT_COLUMNS.names(sql)}
    FROM unnest(${PRODUCT_COLUMNS.arrays(sql, products)})
      WITH ORDINALITY AS n (${PRODUCT_COLUMNS.names(sql)}, number)
    ORDER BY number
    RETURNING id, sku`;
  const ids = new Map(rows.map((row) => [row.sku, row.id]));
  return products.map(({ sku }) => ids.get(sku) ?? 0);
}

export async function updateProduct({ sql }: Tx, id: number, fields: ProductFields): Promise<void> {
  await sql`
    UPDATE catalog.products p
    SET ${PRODUCT_COLUMNS.assignments(sql, "n")}, version = p.version + 1, updated_at = now()
    FROM unnest(${PRODUCT_COLUMNS.arrays(sql, [fields])}) AS n (${PRODUCT_COLUMNS.names(sql)})
    WHERE p.id = ${id}`;
}
