// Finds products: by words with the best first, or in an order that an index has; narrowed by what is asked.
import type { Sql } from "../../runtime/database.ts";
import { isNarrowed, type ProductSearch } from "./product-filter.ts";
import type { PageEnd, ProductSort } from "./product-sort.ts";
import {
  type FoundProduct,
  type PageRequest,
  type RankedPage,
  type RankedRequest,
  readRankedPage,
  readSortedPage,
} from "./search-store.ts";
import type { ChosenWords, WordChooser } from "./search-words.ts";

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
  { db, chooser }: { readonly db: Sql; readonly chooser: WordChooser },
  { search, sort, after, limit }: ProductPageRequest,
): Promise<readonly FoundProduct[]> {
  const request: PageRequest = { filter: search, words: undefined, after, limit: limit + 1 };
  const { text } = search;
  if (text === undefined) return readSortedPage(db, sort === "relevance" ? "newest" : sort, request);
  if (sort !== "relevance")
    return readSortedPage(db, sort, { ...request, words: (await chooser.choose(text)).anywhere });
  const remembered = chooser.recall(text);
  if (remembered !== undefined) {
    const page = await readBestPage(db, remembered, { ...request, text, horizon: remembered.horizon });
    if (remembered.horizon === undefined || page.isCurrent) return page.found;
  }
  const { found } = await readBestPage(db, await chooser.choose(text), {
    ...request,
    text,
    horizon: undefined,
  });
  return found;
}

async function readBestPage(
  db: Sql,
  { ranked, isSku }: ChosenWords,
  request: Omit<RankedRequest, "words">,
): Promise<RankedPage> {
  const { filter, after } = request;
  const isWalked = after === undefined ? ranked.inNames && !isSku && !isNarrowed(filter) : after.key === null;
  if (!isWalked) return readRankedPage(db, { ...request, words: ranked });
  const words = { ...ranked, isCommon: true, inNames: true };
  return { found: await readSortedPage(db, "newest", { ...request, words }), isCurrent: false };
}
