// The SQL that finds products. A list reads only which product in which version; what it looks like is remembered.
import type { AnySql } from "../../runtime/database.ts";
import { toArray, toTextArray } from "../../runtime/sql-array.ts";
import type { Tx } from "../../runtime/transaction.ts";
import type { ProductFilter } from "./product-filter.ts";
import type { PageEnd, ProductSort } from "./product-sort.ts";

export interface FoundProduct {
  readonly id: number;
  readonly version: number;
  readonly inStock: boolean;
  /** What the list is sorted by. */
  readonly key: string | null;
}

/** The text form of a tsquery; `isCommon`: so many products match that walking over them finds some at once. */
export interface WordQuery {
  readonly query: string;
  readonly isCommon: boolean;
  /** Looked for in names and brands alone. */
  readonly inNames: boolean;
}

/** Whether a product named p can be ordered now. */
export const IN_STOCK = `(NOT p.tracks_stock OR coalesce((SELECT a.available > 0 FROM catalog.availability a WHERE a.product_id = p.id), false))`;

/** The expression that a list is sorted by, and which way; the id goes the same way. */
const ORDERS = {
  newest: { key: undefined, type: "integer", way: "DESC", isPast: "<" },
  oldest: { key: undefined, type: "integer", way: "ASC", isPast: ">" },
  price_asc: { key: "p.price_minor", type: "bigint", way: "ASC", isPast: ">" },
  price_desc: { key: "p.price_minor", type: "bigint", way: "DESC", isPast: "<" },
  name_asc: { key: "lower(p.name)", type: "text", way: "ASC", isPast: ">" },
  name_desc: { key: "lower(p.name)", type: "text", way: "DESC", isPast: "<" },
} as const;
export type StoredSort = keyof typeof ORDERS;

export interface PageRequest {
  readonly filter: ProductFilter;
  readonly words: WordQuery | undefined;
  readonly after: PageEnd | undefined;
  readonly limit: number;
}

/** One page in an order that an index has. */
export async function readSortedPage(
  sql: AnySql,
  sort: Exclude<ProductSort, "relevance">,
  { filter, words, after, limit }: PageRequest,
): Promise<FoundProduct[]> {
  const { key, type, way, isPast } = ORDERS[sort];
  const order = sql.unsafe(key === undefined ? `p.id ${way}` : `${key} ${way}, p.id ${way}`);
  const past = () => {
    if (after === undefined) return sql`true`;
    if (key === undefined) return sql`p.id ${sql.unsafe(isPast)} ${after.id}`;
    return sql`(${sql.unsafe(key)}, p.id) ${sql.unsafe(isPast)} (${after.key}::text::${sql.unsafe(type)}, ${after.id})`;
  };
  return sql<FoundProduct[]>`
    SELECT p.id, p.version, ${sql.unsafe(IN_STOCK)} AS "inStock", ${key === undefined ? sql`NULL` : sql`${sql.unsafe(key)}::text`} AS key
    FROM catalog.products p
    WHERE ${matchFilter(sql, filter)} AND ${matchWords(sql, words)} AND ${past()}
    ORDER BY ${order} LIMIT ${limit}`;
}

/** At most so many are ranked of each kind of match. */
const RANKED_MAX = 200;

/** One page of the best matches first. */
export async function readRankedPage(
  sql: AnySql,
  text: string,
  { filter: f, words, after, limit }: PageRequest,
): Promise<FoundProduct[]> {
  return sql<FoundProduct[]>`
    SELECT p.id, p.version, ${sql.unsafe(IN_STOCK)} AS "inStock", r.score::text AS key
    FROM (
      SELECT * FROM catalog.rank_products(${words?.query ?? ""}::text::tsquery, ${text}, ${words?.isCommon ?? false}, ${RANKED_MAX},
        ${f.withDrafts}, ${f.status ?? null}, ${f.categoryId ?? null}, ${f.brands === undefined ? sql`NULL` : lowerCased(sql, f.brands)},
        ${f.currency ?? null}, ${f.priceFrom ?? null}, ${f.priceTo ?? null}, ${f.inStock ?? null})
      WHERE ${after === undefined ? sql`true` : sql`(score, product_id) < (${after.key}::text::integer, ${after.id})`}
        AND ${f.sku === undefined ? sql`true` : sql`product_id = (SELECT id FROM catalog.products WHERE sku = ${f.sku})`}
      ORDER BY score DESC, product_id DESC LIMIT ${limit}) r
    JOIN catalog.products p ON p.id = r.product_id
    ORDER BY r.score DESC, r.product_id DESC`;
}

/** The conditions of a filter on products named p. */
export function matchFilter(sql: AnySql, filter: ProductFilter) {
  const { sku, status, categoryId, brands, currency, priceFrom, priceTo, inStock, withDrafts } = filter;
  const any = sql`true`;
  return sql`${withDrafts ? any : sql`p.status = 'active'`}
    AND ${sku === undefined ? any : sql`p.sku = ${sku}`}
    AND ${status === undefined ? any : sql`p.status = ${status}`}
    AND ${categoryId === undefined ? any : matchCategory(sql, categoryId)}
    AND ${brands === undefined ? any : matchBrands(sql, brands)}
    AND ${currency === undefined ? any : sql`p.currency = ${currency}`}
    AND ${priceFrom === undefined ? any : sql`p.price_minor >= ${priceFrom}`}
    AND ${priceTo === undefined ? any : sql`p.price_minor <= ${priceTo}`}
    AND ${inStock === undefined ? any : sql`${sql.unsafe(IN_STOCK)} = ${inStock}`}`;
}

function matchCategory(sql: AnySql, id: number) {
  return sql`p.category_id = ANY (ARRAY(SELECT c.id FROM catalog.categories c WHERE ${id}::bigint = ANY (c.path)))`;
}

function matchBrands(sql: AnySql, brands: readonly string[]) {
  return sql`lower(p.brand) = ANY (${lowerCased(sql, brands)})`;
}

function lowerCased(sql: AnySql, brands: readonly string[]) {
  return sql`ARRAY(SELECT lower(b) FROM unnest(${toTextArray(brands)}::text[]) b)`;
}

/** The condition of a search on products named p. */
export function matchWords(sql: AnySql, words: WordQuery | undefined) {
  if (words === undefined) return sql`true`;
  const { query, isCommon, inNames } = words;
  if (!isCommon) return sql`p.id IN (SELECT catalog.match_products(${query}::text::tsquery))`;
  return inNames
    ? sql`ts_match_vq(p.name_words, ${query}::text::tsquery)`
    : sql`ts_match_vq(p.words, ${query}::text::tsquery)`;
}

/** A word of a search, in the form in which products have it. */
export interface SoughtWord {
  readonly word: string;
  /** Which part of all products has it in the name or brand; null where no product ever had the word. */
  readonly nameShare: number | null;
  /** The same, anywhere. */
  readonly share: number | null;
}

export interface SoughtText {
  /** A tsquery's text form. */
  readonly query: string;
  /** It is some product's SKU. */
  readonly isSku: boolean;
  readonly words: readonly SoughtWord[];
}

/** What PostgreSQL makes of the words of a search, and how common each is. */
export async function readSoughtText(sql: AnySql, text: string): Promise<SoughtText> {
  const [sought] = await sql<[SoughtText]>`
    SELECT websearch_to_tsquery('catalog.words', ${text})::text AS query,
      EXISTS (SELECT FROM catalog.products p WHERE lower(p.sku) = lower(${text})) AS "isSku",
      coalesce((SELECT json_agg(json_build_object('word', a.word, 'nameShare', v.name_share, 'share', v.share))
        FROM unnest(tsvector_to_array(to_tsvector('catalog.words', ${text}))) a (word)
        LEFT JOIN catalog.vocabulary v ON v.word = a.word COLLATE "C"), '[]'::json) AS words`;
  return sought;
}

/** Words of products that begin like this one or else resemble it; none where nothing does. */
export async function readMeantWords(sql: AnySql, word: string, limit: number): Promise<string[]> {
  const rows = await sql<{ word: string }[]>`
    SELECT m.word FROM catalog.find_meant_words(${word}, ${limit}) AS m (word)`;
  return rows.map((row) => row.word);
}

/** Adds the words of these products to those that are known; in order, so that two at once cannot deadlock. */
export async function noteWords({ sql }: Tx, productIds: readonly number[]): Promise<void> {
  await sql`
    INSERT INTO catalog.vocabulary (word)
    SELECT DISTINCT w.word COLLATE "C" FROM catalog.products p, unnest(tsvector_to_array(p.words)) w (word)
    WHERE p.id = ANY (${toArray(productIds)}::integer[])
      AND NOT EXISTS (SELECT FROM catalog.vocabulary v WHERE v.word = w.word COLLATE "C")
    ORDER BY 1 ON CONFLICT DO NOTHING`;
}

/** Counts anew how common each word is. */
export async function countWords(sql: AnySql): Promise<void> {
  await sql`SELECT catalog.count_words()`;
}
