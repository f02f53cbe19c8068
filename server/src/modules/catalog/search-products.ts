// Finds products: by words with the best first, or in an order that an index has; narrowed by what is asked.
import type { Sql } from "../../runtime/database.ts";
import { isNarrowed, type ProductSearch } from "./product-filter.ts";
import type { PageEnd, ProductSort } from "./product-sort.ts";
import { type FoundProduct, type PageRequest, readRankedPage, readSortedPage } from "./search-store.ts";
import type { WordChooser } from "./search-words.ts";

export interface ProductPageRequest {
  readonly search: ProductSearch;
  readonly sort: ProductSort;
  readonly after: PageEnd | undefined;
  readonly limit: number;
}

/**
 * One more than `limit` where there are more. By relevance: the SKU that was typed, then products with all words in name
 * and brand, then others. Words that very many products have in their names say little, so then the newest come first.
 */
export async function searchProducts(
  { db, chooseWords }: { readonly db: Sql; readonly chooseWords: WordChooser },
  { search, sort, after, limit }: ProductPageRequest,
): Promise<FoundProduct[]> {
  const request: PageRequest = { filter: search, words: undefined, after, limit: limit + 1 };
  const { text } = search;
  if (text === undefined) return readSortedPage(db, sort === "relevance" ? "newest" : sort, request);
  const { ranked, anywhere, isSku } = await chooseWords(text);
  if (sort !== "relevance") return readSortedPage(db, sort, { ...request, words: anywhere });
  const isWalked = after === undefined ? ranked.inNames && !isSku && !isNarrowed(search) : after.key === null;
  if (isWalked)
    return readSortedPage(db, "newest", { ...request, words: { ...ranked, isCommon: true, inNames: true } });
  const isCommon = ranked.isCommon && !isNarrowed(search);
  return readRankedPage(db, text, { ...request, words: { ...ranked, isCommon } });
}
