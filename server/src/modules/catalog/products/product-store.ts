// The SQL of products.
import type { AnySql } from "../../../runtime/database.ts";
import { toArray, toTextArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { Product, ProductFields } from "./product.ts";

const COLUMNS = `p.id, p.sku, p.name, p.description, p.price_minor AS "priceMinor", p.currency,
  p.price_includes_tax AS "priceIncludesTax", p.tax_class AS "taxClass", p.category_id AS "categoryId", p.brand, p.status,
  p.tracks_stock AS "tracksStock", p.images, p.metadata, p.version, p.created_at AS "createdAt", p.updated_at AS "updatedAt",
  NOT p.tracks_stock OR coalesce((SELECT a.available > 0 FROM catalog.availability a WHERE a.product_id = p.id), false) AS "inStock"`;

export async function readProducts(sql: AnySql, ids: readonly number[]): Promise<Product[]> {
  return sql<Product[]>`
    SELECT ${sql.unsafe(COLUMNS)} FROM catalog.products p WHERE p.id = ANY(${toArray(ids)}::bigint[]) ORDER BY p.id`;
}

/** Locks the row against other changes until the transaction ends. */
export async function readProductForUpdate({ sql }: Tx, id: number): Promise<Product | undefined> {
  const [product] = await sql<Product[]>`
    SELECT ${sql.unsafe(COLUMNS)} FROM catalog.products p WHERE p.id = ${id}::bigint FOR NO KEY UPDATE OF p`;
  return product;
}

/** Those of the SKUs that a product has already. */
export async function readTakenSkus({ sql }: Tx, skus: readonly string[]): Promise<Set<string>> {
  const rows = await sql<{ sku: string }[]>`
    SELECT sku FROM catalog.products WHERE sku = ANY(${toTextArray(skus)}::text[])`;
  return new Set(rows.map((row) => row.sku));
}

/** Those of the ids that are no category; the others cannot be removed until the transaction ends. */
export async function findUnknownCategories({ sql }: Tx, ids: readonly number[]): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const rows = await sql<{ id: number }[]>`
    SELECT id FROM catalog.categories WHERE id = ANY(${toArray(ids)}::integer[]) ORDER BY id FOR KEY SHARE`;
  return new Set(ids).difference(new Set(rows.map((row) => row.id)));
}

/** Ids in the order of the products. */
export async function insertProducts({ sql }: Tx, products: readonly ProductFields[]): Promise<number[]> {
  const rows = await sql<{ id: number; sku: string }[]>`
    INSERT INTO catalog.products (sku, name, description, price_minor, currency, price_includes_tax, tax_class,
      category_id, brand, status, tracks_stock, metadata)
    SELECT p.sku, p.name, p.description, p.price_minor, p.currency, p.price_includes_tax, p.tax_class,
      p.category_id, p.brand, p.status, p.tracks_stock, p.metadata
    FROM unnest(
      ${toTextArray(products.map((p) => p.sku))}::text[], ${toTextArray(products.map((p) => p.name))}::text[],
      ${toTextArray(products.map((p) => p.description))}::text[], ${toArray(products.map((p) => p.priceMinor))}::bigint[],
      ${toTextArray(products.map((p) => p.currency))}::text[],
      ${toTextArray(products.map((p) => String(p.priceIncludesTax)))}::text[]::boolean[],
      ${toTextArray(products.map((p) => p.taxClass))}::text[], ${toArray(products.map((p) => p.categoryId))}::integer[],
      ${toTextArray(products.map((p) => p.brand))}::text[], ${toTextArray(products.map((p) => p.status))}::text[],
      ${toTextArray(products.map((p) => String(p.tracksStock)))}::text[]::boolean[],
      ${toTextArray(products.map((p) => JSON.stringify(p.metadata)))}::text[]::jsonb[]
    ) WITH ORDINALITY AS p (sku, name, description, price_minor, currency, price_includes_tax, tax_class, category_id,
      brand, status, tracks_stock, metadata, number)
    ORDER BY p.number RETURNING id, sku`;
  const ids = new Map(rows.map((row) => [row.sku, row.id]));
  return products.map(({ sku }) => ids.get(sku) ?? 0);
}

export async function updateProduct({ sql }: Tx, id: number, fields: ProductFields): Promise<void> {
  await sql`
    UPDATE catalog.products SET sku = ${fields.sku}, name = ${fields.name}, description = ${fields.description},
      price_minor = ${fields.priceMinor}, currency = ${fields.currency}, price_includes_tax = ${fields.priceIncludesTax},
      tax_class = ${fields.taxClass}, category_id = ${fields.categoryId}, brand = ${fields.brand}, status = ${fields.status},
      tracks_stock = ${fields.tracksStock}, metadata = ${JSON.stringify(fields.metadata)}::text::jsonb,
      version = version + 1, updated_at = now()
    WHERE id = ${id}`;
}
