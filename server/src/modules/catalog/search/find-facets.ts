// Finds the values that a search could be narrowed by: brands, categories, prices, what is in stock.
import { formatAmount } from "../../../values/money.ts";
import type { ProductFacetsDocument } from "../answer-schemas.ts";
import type { ProductReader } from "../products/find-products.ts";
import { selectFacets } from "./facet-store.ts";
import type { ProductSearch } from "./product-filter.ts";
import type { WordChooser } from "./search-words.ts";

/** Counts all matches, however many there are. */
export async function findFacets(
  { db, assets, chooser }: ProductReader & { readonly chooser: WordChooser },
  search: ProductSearch,
): Promise<ProductFacetsDocument> {
  const words = search.text === undefined ? undefined : (await chooser.choose(search.text)).anywhere;
  const { prices, inStock, ...facets } = await selectFacets(db, search, words);
  if (prices.some(({ currency }) => assets.byCode(currency) === undefined)) await assets.refresh();
  const format = (minor: string, currency: string) =>
    formatAmount(BigInt(minor), assets.byCode(currency)?.scale ?? 0);
  return {
    ...facets,
    in_stock: inStock,
    brands: facets.brands.map((brand) => ({ ...brand })),
    categories: facets.categories.map((category) => ({ ...category })),
    prices: prices.map(({ currency, min, max, count }) => ({
      currency,
      min: format(min, currency),
      max: format(max, currency),
      count,
    })),
  };
}
