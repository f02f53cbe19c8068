// The SQL of facets: how many products a search would find for each brand, category and so on.
import type { AnySql } from "../../../runtime/database.ts";
import type { ProductFilter } from "./product-filter.ts";
import { IN_STOCK, matchFilter, matchWords, type WordQuery } from "./search-store.ts";

export interface FacetRow {
  readonly total: number;
  readonly inStock: number;
  readonly brands: readonly { readonly brand: string; readonly count: number }[];
  readonly categories: readonly {
    readonly id: number;
    readonly name: string;
    readonly slug: string;
    readonly count: number;
  }[];
  /** Minor units as text. */
  readonly prices: readonly {
    readonly currency: string;
    readonly min: string;
    readonly max: string;
    readonly count: number;
  }[];
}

const BRANDS_MAX = 50;
const CATEGORIES_MAX = 100;

/** Reads all matches once. Brands are counted as if none were chosen, prices as if there were no limits. */
export async function selectFacets(
  sql: AnySql,
  filter: ProductFilter,
  words: WordQuery | undefined,
): Promise<FacetRow> {
  const { brands, priceFrom, priceTo } = filter;
  const base = { ...filter, brands: undefined, priceFrom: undefined, priceTo: undefined };
  const [row] = await sql<[FacetRow]>`
    WITH matched AS MATERIALIZED (
      SELECT p.brand, p.brand_key, p.category_id, p.price_minor, p.currency,
        ${sql.unsafe(IN_STOCK)} AS stocked,
        ${matchFilter(sql, { ...EVERYTHING, brands })} AS of_brand,
        ${matchFilter(sql, { ...EVERYTHING, priceFrom, priceTo })} AS of_price
      FROM catalog.products p
      WHERE ${matchFilter(sql, base)} AND ${matchWords(sql, words)}),
    narrowed AS (SELECT category_id, stocked FROM matched WHERE of_brand IS TRUE AND of_price)
    SELECT (SELECT count(*)::integer FROM narrowed) AS total,
      (SELECT count(*)::integer FROM narrowed WHERE stocked) AS "inStock",
      (
        SELECT coalesce(json_agg(b ORDER BY b.count DESC, b.brand COLLATE catalog.by_language), '[]')
        FROM (
          SELECT min(brand) AS brand, count(*)::integer AS count
          FROM matched
          WHERE of_price AND brand IS NOT NULL
          GROUP BY brand_key
          ORDER BY count(*) DESC, min(brand) COLLATE catalog.by_language
          LIMIT ${BRANDS_MAX}) b) AS brands,
      (
        SELECT coalesce(json_agg(c ORDER BY c.count DESC, c.id), '[]')
        FROM (
          SELECT k.id, k.name, k.slug, n.count
          FROM (
            SELECT category_id, count(*)::integer AS count
            FROM narrowed
            WHERE category_id IS NOT NULL
            GROUP BY category_id) n
          JOIN catalog.categories k ON k.id = n.category_id
          ORDER BY n.count DESC, k.id
          LIMIT ${CATEGORIES_MAX}) c) AS categories,
      (
        SELECT coalesce(json_agg(m ORDER BY m.count DESC, m.currency), '[]')
        FROM (
          SELECT currency, min(price_minor)::text AS min, max(price_minor)::text AS max,
            count(*)::integer AS count
          FROM matched
          WHERE of_brand IS TRUE
          GROUP BY currency) m) AS prices`;
  return row;
}

const EVERYTHING: ProductFilter = {
  sku: undefined,
  withDrafts: true,
  status: undefined,
  categoryId: undefined,
  brands: undefined,
  currency: undefined,
  priceFrom: undefined,
  priceTo: undefined,
  inStock: undefined,
};
