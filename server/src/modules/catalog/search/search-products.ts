// Finds products: by words with the best match first, or in an order that an index has; narrowed by filters.
import type { Sql } from "../../../runtime/database.ts";
import { isNarrowed, type ProductSearch } from "./product-filter.ts";
import type { PageEnd, ProductSort } from "./product-sort.ts";
import {
  type FoundProduct,
  type PageRequest,
  type RankedRequest,
  selectChosenPage,
  selectRankedPage,
  selectSortedPage,
  type WordQuery,
} from "./search-store.ts";
import { type ChosenWords, planWords, type WordChooser } from "./search-words.ts";

export interface ProductPageRequest {
  readonly search: ProductSearch;
  readonly sort: ProductSort;
  readonly after: PageEnd | undefined;
  readonly limit: number;
}

interface Finder {
  readonly db: Sql;
  readonly chooser: WordChooser;
}

/**
 * Returns one more than `limit` where there are more. By relevance: first the SKU that was typed, then products with all words
 * in name and brand, then others. Words that very many products have say little, so for them the newest come first.
 */
export async function searchProducts(
  { db, chooser }: Finder,
  { search, sort, after, limit }: ProductPageRequest,
): Promise<FoundProduct[]> {
  const request: PageRequest = { filter: search, words: undefined, after, limit: limit + 1 };
  const { text } = search;
  if (text === undefined) return selectSortedPage(db, sort === "relevance" ? "newest" : sort, request);
  if (sort === "relevance") return findBest({ db, chooser }, { ...request, text });
  return selectSortedPage(db, sort, { ...request, words: (await chooser.choose(text)).anywhere });
}

/** Usually needs one statement, whether or not the words were looked up before. */
async function findBest({ db, chooser }: Finder, request: RankedRequest): Promise<FoundProduct[]> {
  const { text, after } = request;
  if (after?.key === null) return walk(db, (await chooser.choose(text)).ranked, request);
  const known = chooser.recall(text);
  if (known !== undefined) {
    if (isWalked(known, request)) return walk(db, known.ranked, request);
    const found = await selectRankedPage(db, { ...known.ranked, horizon: known.horizon }, request);
    if (found !== undefined) return found;
  }
  const { sought, found } = await selectChosenPage(db, planWords(text), request);
  const chosen = chooser.remember(text, sought);
  return isWalked(chosen, request) ? walk(db, chosen.ranked, request) : found;
}

/** Starts at the first page: only the cursor of a relevance page has no key. */
function isWalked({ ranked, isSku }: ChosenWords, { after, filter }: RankedRequest): boolean {
  return after === undefined && ranked.inNames && !isSku && !isNarrowed(filter);
}

function walk(db: Sql, words: WordQuery, request: RankedRequest): Promise<FoundProduct[]> {
  return selectSortedPage(db, "newest", { ...request, words: { ...words, isCommon: true, inNames: true } });
}
