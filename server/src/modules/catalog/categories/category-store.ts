// The SQL of categories.
import type { AnySql } from "../../../runtime/database.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { PageFilter } from "../../../values/filter.ts";
import type { Category, CategoryFields } from "./category.ts";

const COLUMNS = `id, parent_id AS "parentId", path, slug, name, description, status,
  is_shown AS "isShown", version, created_at AS "createdAt", updated_at AS "updatedAt"`;

/** Keeps everybody else from changing the tree until the transaction ends; reading is not blocked. */
export async function lockTree({ sql }: Tx): Promise<void> {
  await sql`LOCK TABLE catalog.categories IN SHARE ROW EXCLUSIVE MODE`;
}

export async function selectCategory(sql: AnySql, id: number): Promise<Category | undefined> {
  const [category] = await sql<Category[]>`
    SELECT ${sql.unsafe(COLUMNS)} FROM catalog.categories WHERE id = ${id}::bigint`;
  return category;
}

export async function selectCategories(sql: AnySql, ids: readonly number[]): Promise<Category[]> {
  return sql<Category[]>`
    SELECT ${sql.unsafe(COLUMNS)} FROM catalog.categories WHERE id = ANY(${toArray(ids)}::integer[])`;
}

export type CategoryFilter = PageFilter<{
  parentId: number;
  belowId: number;
  slug: string;
  /** Includes drafts and everything below them. */
  withDrafts: boolean;
}>;

export async function selectCategoryPage(sql: AnySql, filter: CategoryFilter): Promise<Category[]> {
  const { parentId, belowId, slug, withDrafts = false, cursor = 0, limit } = filter;
  return sql<Category[]>`
    SELECT ${sql.unsafe(COLUMNS)}
    FROM catalog.categories
    WHERE id > ${cursor}
      AND ${parentId === undefined ? sql`true` : sql`parent_id = ${parentId}::bigint`}
      AND ${belowId === undefined ? sql`true` : sql`${belowId}::bigint = ANY(path)`}
      AND ${slug === undefined ? sql`true` : sql`slug = ${slug}`}
      AND ${withDrafts ? sql`true` : sql`is_shown`}
    ORDER BY id
    LIMIT ${limit}`;
}

/** The slugs that begin like `slug`: a new slug must differ from all of them. */
export async function selectSlugsLike({ sql }: Tx, slug: string): Promise<Set<string>> {
  const rows = await sql<{ slug: string }[]>`
    SELECT slug FROM catalog.categories WHERE slug = ${slug} OR slug LIKE ${`${slug}-%`}`;
  return new Set(rows.map((row) => row.slug));
}

export async function insertCategory(
  { sql }: Tx,
  category: CategoryFields & { readonly parentPath: readonly number[] },
): Promise<Category> {
  const [inserted] = await sql<[Category]>`
    WITH new AS (SELECT nextval(pg_get_serial_sequence('catalog.categories', 'id'))::integer AS id)
    INSERT INTO catalog.categories (id, parent_id, parent_shown, path, slug, name, description, status)
    SELECT id, ${category.parentId}, ${isCategoryShown(sql, category.parentId)},
      ${toArray(category.parentPath)}::integer[] || id, ${category.slug}, ${category.name},
      ${category.description}, ${category.status}
    FROM new
    RETURNING ${sql.unsafe(COLUMNS)}`;
  return inserted;
}

/** Whether the products in the category are shown. Ask this while holding the tree's lock, or a lock on the category. */
function isCategoryShown(sql: AnySql, id: number | null) {
  return sql`coalesce((SELECT k.is_shown FROM catalog.categories k WHERE k.id = ${id}), true)`;
}

export async function updateCategory({ sql }: Tx, id: number, fields: CategoryFields): Promise<void> {
  await sql`
    UPDATE catalog.categories
    SET slug = ${fields.slug}, name = ${fields.name}, description = ${fields.description},
        status = ${fields.status}, version = version + 1, updated_at = now()
    WHERE id = ${id}`;
}

/** How many levels the subtree reaches below its top; 0 where nothing lies below it. */
export async function measureSubtree({ sql }: Tx, id: number): Promise<number> {
  const [{ depth }] = await sql<[{ depth: number }]>`
    SELECT coalesce(max(cardinality(path) - array_position(path, ${id})), 0)::integer AS depth
    FROM catalog.categories
    WHERE path @> ARRAY[${id}::integer]`;
  return depth;
}

/** Moves a whole subtree below another path. Call this while holding the tree's lock. */
export async function moveSubtree({ sql }: Tx, id: number, parentPath: readonly number[]): Promise<void> {
  const parentId = parentPath.at(-1) ?? null;
  await sql`
    UPDATE catalog.categories
    SET path = ${toArray(parentPath)}::integer[] || path[array_position(path, ${id}):],
        parent_id = CASE WHEN id = ${id} THEN ${parentId} ELSE parent_id END,
        parent_shown = CASE WHEN id = ${id} THEN ${isCategoryShown(sql, parentId)} ELSE parent_shown END
    WHERE path @> ARRAY[${id}::integer]`;
}

/** Waits for products that are being added to the category, and blocks further ones until the transaction ends. */
export async function lockAgainstUse({ sql }: Tx, id: number): Promise<void> {
  await sql`SELECT FROM catalog.categories WHERE id = ${id} FOR UPDATE`;
}

/** Whether the category has a product that is not archived, or a category below it. */
export async function isInUse({ sql }: Tx, id: number): Promise<boolean> {
  const [{ used }] = await sql<[{ used: boolean }]>`
    SELECT EXISTS (SELECT FROM catalog.categories WHERE parent_id = ${id})
        OR EXISTS (SELECT FROM catalog.products WHERE category_id = ${id} AND status <> 'archived') AS used`;
  return used;
}

/** Moves the category's archived products up to its parent. */
export async function deleteCategory({ sql }: Tx, { id, parentId }: Category): Promise<void> {
  await sql`
    UPDATE catalog.products
    SET category_id = ${parentId}, version = version + 1
    WHERE category_id = ${id}`;
  await sql`DELETE FROM catalog.categories WHERE id = ${id}`;
}
