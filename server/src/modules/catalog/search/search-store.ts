// The SQL that finds products. A list reads only product ids and versions; the documents come from a cache.
import type { AnySql } from "../../../runtime/database.ts";
import { toArray, toTextArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { isNarrowed, type ProductFilter } from "./product-filter.ts";
import type { PageEnd, ProductSort } from "./product-sort.ts";

export interface FoundProduct {
  readonly id: number;
  readonly version: number;
  readonly inStock: boolean;
  /** What the list is sorted by. */
  readonly key: string | null;
}

/** `isCommon`: so many products match that walking over all products finds some at once. */
export interface WordQuery {
  /** The text form of a tsquery, as all that are called so. */
  readonly query: string;
  /** A text that some SKU may contain; null where SKUs are not searched. */
  readonly skuPart: string | null;
  readonly isCommon: boolean;
  /** Searched in names and brands alone. */
  readonly inNames: boolean;
}

/** Whether a product named p can be ordered now. */
export const IN_STOCK = `(NOT p.tracks_stock OR coalesce((
  SELECT a.available > 0 FROM catalog.availability a WHERE a.product_id = p.id), false))`;

/** Sorted as the shop's language sorts them. */
const NAME = "(p.name COLLATE catalog.by_language)";
/** The expression that a list is sorted by, and its direction; the id is sorted in the same direction. */
const ORDERS = {
  newest: { key: undefined, type: "integer", way: "DESC", isPast: "<" },
  oldest: { key: undefined, type: "integer", way: "ASC", isPast: ">" },
  price_asc: { key: "p.price_minor", type: "bigint", way: "ASC", isPast: ">" },
  price_desc: { key: "p.price_minor", type: "bigint", way: "DESC", isPast: "<" },
  name_asc: { key: NAME, type: "text", way: "ASC", isPast: ">" },
  name_desc: { key: NAME, type: "text", way: "DESC", isPast: "<" },
} as const;
export type StoredSort = keyof typeof ORDERS;

export interface PageRequest {
  readonly filter: ProductFilter;
  readonly words: WordQuery | undefined;
  readonly after: PageEnd | undefined;
  readonly limit: number;
}

/** Page sizes that are asked for often. */
const PLANNED_LIMITS: ReadonlySet<number> = new Set([20, 50, 100, 200].map((limit) => limit + 1));

/**
 * PostgreSQL assumes that a limit passed as a parameter is a tenth of the table. It then prefers a new plan for each list,
 * and planning costs more than the list itself. So the usual limits are written into the statement; not every
 * limit is, because each makes another statement that every connection keeps.
 */
function writeLimit(sql: AnySql, filter: ProductFilter, limit: number) {
  return PLANNED_LIMITS.has(limit) && !isNarrowed(filter) ? sql.unsafe(String(limit)) : sql`${limit}`;
}

/** One page in an order that an index has. */
export async function selectSortedPage(
  sql: AnySql,
  sort: Exclude<ProductSort, "relevance">,
  { filter, words, after, limit }: PageRequest,
): Promise<FoundProduct[]> {
  const { key, type, way, isPast } = ORDERS[sort];
  const order = sql.unsafe(key === undefined ? `p.id ${way}` : `${key} ${way}, p.id ${way}`);
  const past = () => {
    if (after === undefined) return sql`true`;
    if (key === undefined) return sql`p.id ${sql.unsafe(isPast)} ${after.id}`;
    return sql`
      (${sql.unsafe(key)}, p.id) ${sql.unsafe(isPast)} (${after.key}::text::${sql.unsafe(type)},
        ${after.id})`;
  };
  return sql<FoundProduct[]>`
    SELECT p.id, p.version, ${sql.unsafe(IN_STOCK)} AS "inStock",
      ${key === undefined ? sql`NULL` : sql`${sql.unsafe(key)}::text`} AS key
    FROM catalog.products p
    WHERE ${matchFilter(sql, filter)} AND ${matchWords(sql, words)} AND ${past()}
    ORDER BY ${order}
    LIMIT ${writeLimit(sql, filter, limit)}`;
}

/** At most this many are ranked for each kind of match. */
const RANKED_MAX = 200;

export interface RankedRequest extends Omit<PageRequest, "words"> {
  readonly text: string;
}

/** One page with the best matches first; undefined where new words were added since the `horizon`. */
export async function selectRankedPage(
  sql: AnySql,
  words: RankedWords & { readonly horizon: string | undefined },
  request: RankedRequest,
): Promise<FoundProduct[] | undefined> {
  const { query, fuller, skuKey, skuPart, isPart, isCommon, horizon } = words;
  const sought = sql`${query}::text::tsquery, ${fuller}::text::tsquery`;
  const asked = sql`${request.text}, ${skuKey}, ${skuPart}, ${isPart}`;
  const ranking = rankProducts(sql, sql`${sought}, ${asked}, ${isCommon}`, request);
  const isCurrent =
    horizon === undefined
      ? sql`true`
      : sql`
        NOT EXISTS (
          SELECT FROM catalog.vocabulary_additions v WHERE v.transaction >= ${horizon}::text::xid8)`;
  const [row] = await sql<[{ found: string | null; isCurrent: boolean }]>`
    SELECT (${ranking}) AS found, ${isCurrent} AS "isCurrent"`;
  return row.isCurrent ? selectFound(row.found) : undefined;
}

/**
 * Looks up what a text means and finds the first page, or the page `after`, in one go. Returns no matches where the words are
 * so common in names that the newest come first (`isWalked`).
 */
export async function selectChosenPage(
  sql: AnySql,
  ask: WordRequest,
  request: RankedRequest,
): Promise<{ readonly sought: SoughtText; readonly found: FoundProduct[] }> {
  const isNarrow = isNarrowed(request.filter);
  const isWalked = sql`${!isNarrow && request.after === undefined} AND c.is_common_name AND NOT c.is_sku`;
  // Passed as not common where it is walked; otherwise all products would be walked over for nothing.
  const words = sql`
    CASE WHEN ${isWalked} THEN '' ELSE c.query END::tsquery, c.fuller::tsquery, ${request.text}, c.sku_key,
    c.sku_part, c.is_part, c.is_common AND NOT (${isWalked})`;
  const [row] = await sql<[SoughtText & { found: string | null }]>`
    SELECT ${soughtColumns(sql)}, (${rankProducts(sql, words, request)}) AS found
    FROM ${chooseWords(sql, request.text, ask)}`;
  const { found, ...sought } = row;
  return { sought, found: selectFound(found) };
}

/** The parts of a search that puts the best match first. */
export interface RankedWords extends WordQuery {
  /** Includes words that say little; null where there are none. */
  readonly fuller: string | null;
  /** The typed text, in the form in which SKUs are searched. */
  readonly skuKey: string;
  /** The text is a part of some SKU, and no product's words. */
  readonly isPart: boolean;
}
type Fragment = ReturnType<AnySql["unsafe"]> | ReturnType<AnySql>;

/** One text for the whole page: reading twenty rows takes the driver longer than finding them takes PostgreSQL. */
function rankProducts(sql: AnySql, words: Fragment, request: RankedRequest) {
  const { filter: f, after, limit } = request;
  const past = after === undefined ? sql`NULL, NULL` : sql`${after.key}::text::integer, ${after.id}::integer`;
  const isPast = after === undefined ? sql`true` : sql`(score, product_id) < (${past})`;
  const isSought =
    f.sku === undefined
      ? sql`true`
      : sql`product_id = (SELECT id FROM catalog.products WHERE sku = ${f.sku})`;
  return sql`
    SELECT string_agg(concat_ws(' ', r.product_id, r.version, r.score,
        NOT r.tracks_stock OR coalesce((
            SELECT a.available > 0 FROM catalog.availability a WHERE a.product_id = r.product_id), false)),
      ',' ORDER BY r.score DESC, r.product_id DESC)
    FROM (
      SELECT product_id, version, tracks_stock, score
      FROM catalog.rank_products(${words}, ${RANKED_MAX}, ${past}, ${limit},
        ${isNarrowed(f)}, ${f.withDrafts}, ${f.status ?? null}, ${f.categoryId ?? null},
        ${f.brands === undefined ? sql`NULL` : foldAll(sql, f.brands)}, ${f.currency ?? null},
        ${f.priceFrom ?? null}, ${f.priceTo ?? null}, ${f.inStock ?? null})
      WHERE ${isPast} AND ${isSought}
      ORDER BY score DESC, product_id DESC
      LIMIT ${limit}) r`;
}

function selectFound(found: string | null): FoundProduct[] {
  if (found === null) return [];
  return found.split(",").map((product) => {
    const [id, version, key = "", inStock] = product.split(" ");
    return { id: Number(id), version: Number(version), key, inStock: inStock === "t" };
  });
}

/** The conditions of a filter on products named p. */
export function matchFilter(sql: AnySql, filter: ProductFilter) {
  const { sku, status, categoryId, brands, currency, priceFrom, priceTo, inStock, withDrafts } = filter;
  const any = sql`true`;
  return sql`${withDrafts ? any : sql`p.status = 'active' AND ${matchShown(sql)}`}
    AND ${sku === undefined ? any : sql`p.sku = ${sku}`}
    AND ${status === undefined ? any : sql`p.status = ${status}`}
    AND ${categoryId === undefined ? any : matchCategory(sql, categoryId)}
    AND ${brands === undefined ? any : matchBrands(sql, brands)}
    AND ${currency === undefined ? any : sql`p.currency = ${currency}`}
    AND ${priceFrom === undefined ? any : sql`p.price_minor >= ${priceFrom}`}
    AND ${priceTo === undefined ? any : sql`p.price_minor <= ${priceTo}`}
    AND ${inStock === undefined ? any : sql`${sql.unsafe(IN_STOCK)} = ${inStock}`}`;
}

/** Not hidden by a draft category; hidden categories are few, and looked up once. */
function matchShown(sql: AnySql) {
  return sql`
    coalesce(p.category_id, 0) <> ALL (
      ARRAY(SELECT k.id FROM catalog.categories k WHERE NOT k.is_shown))`;
}

function matchCategory(sql: AnySql, id: number) {
  return sql`
    p.category_id = ANY (ARRAY(SELECT c.id FROM catalog.categories c WHERE ${id}::bigint = ANY (c.path)))`;
}

function matchBrands(sql: AnySql, brands: readonly string[]) {
  return sql`p.brand_key = ANY (${foldAll(sql, brands)})`;
}

function foldAll(sql: AnySql, brands: readonly string[]) {
  return sql`ARRAY(SELECT catalog.fold(b) FROM unnest(${toTextArray(brands)}::text[]) b)`;
}

/** The condition of a search on products named p. */
export function matchWords(sql: AnySql, words: WordQuery | undefined) {
  if (words === undefined) return sql`true`;
  const { query, skuPart, isCommon, inNames } = words;
  if (!isCommon)
    return sql`p.id IN (SELECT catalog.match_products(${query}::text::tsquery, ${skuPart}::text))`;
  const once = sql`(SELECT ${query}::text::tsquery)`; // evaluated once, not for every row that is walked over
  return inNames ? sql`ts_match_vq(p.name_words, ${once})` : sql`ts_match_vq(p.words, ${once})`;
}

export interface SoughtText extends Omit<RankedWords, "inNames"> {
  /** The text is some product's SKU. */
  readonly isSku: boolean;
  /** All words occur in some product, or once did. */
  readonly isKnown: boolean;
  /** Probably very many products have all the words in name and brand. */
  readonly isCommonName: boolean;
  /** Words that were added later are not taken into account. */
  readonly horizon: string;
}

export interface WordRequest {
  /** The typed words, also split where their script has no spaces. */
  readonly tokens: readonly string[];
  /** Without quotes and other operators, so that words may be replaced. */
  readonly isPlain: boolean;
  /** Words that no product has are replaced by words that begin with them or resemble them. */
  readonly meantMax: number;
}

/** What PostgreSQL makes of the words of a search. */
export async function selectSoughtText(sql: AnySql, text: string, ask: WordRequest): Promise<SoughtText> {
  const [sought] = await sql<[SoughtText]>`SELECT ${soughtColumns(sql)} FROM ${chooseWords(sql, text, ask)}`;
  return sought;
}

function soughtColumns(sql: AnySql) {
  return sql`
    c.query, c.fuller, c.sku_key AS "skuKey", c.sku_part AS "skuPart", c.is_sku AS "isSku",
    c.is_part AS "isPart", c.is_known AS "isKnown", c.is_common AS "isCommon",
    c.is_common_name AS "isCommonName", c.horizon`;
}

/**
 * From this value of (number of products) × (share that matches)² on, walking over all products finds a page sooner than
 * collecting the matches: the fewer match, the longer the walk; the more products there are, the longer the
 * collecting. The limit is 2 % of 100,000 products and 20 % of 1,000. Measured at both.
 */
const COMMON_FROM = 40;

function chooseWords(sql: AnySql, text: string, { tokens, isPlain, meantMax }: WordRequest) {
  return sql`
    catalog.choose_words(${text}, ${toTextArray(tokens)}::text[], ${isPlain}, ${meantMax}, ${COMMON_FROM}) c`;
}

/** Adds the words of these products to the known words; in order, so that two calls at once cannot deadlock. */
export async function noteWords({ sql }: Tx, productIds: readonly number[]): Promise<void> {
  await sql`
    WITH added AS (
      INSERT INTO catalog.vocabulary (word)
      SELECT DISTINCT w.word COLLATE "C"
      FROM catalog.products p, unnest(tsvector_to_array(p.words)) w (word)
      WHERE p.id = ANY (${toArray(productIds)}::integer[])
        AND NOT EXISTS (SELECT FROM catalog.vocabulary v WHERE v.word = w.word COLLATE "C")
      ORDER BY 1
      ON CONFLICT DO NOTHING
      RETURNING word)
    INSERT INTO catalog.vocabulary_additions (transaction)
    SELECT pg_current_xact_id()
    WHERE EXISTS (SELECT FROM added)
    ON CONFLICT DO NOTHING`;
}

/** Counts anew how common each word is. */
export async function countWords(sql: AnySql): Promise<void> {
  await sql`SELECT catalog.count_words()`;
}

/** Without the usual time limit: a new language is applied to every product. False where nothing changed. */
export async function updateLanguage({ sql }: Tx, language: string): Promise<boolean> {
  await sql`SELECT set_config('statement_timeout', '0', true)`;
  const [row] = await sql<[{ isChanged: boolean }]>`SELECT catalog.set_language(${language}) AS "isChanged"`;
  return row.isChanged;
}
