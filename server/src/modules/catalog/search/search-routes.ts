// Routes that find products.

import { addBytesRoute, addRoute, type HttpServer } from "../../../http/index.ts";
import { actsForAll } from "../../../values/actor.ts";
import { toPage } from "../../../values/page.ts";
import { ProductFacets, ProductPage } from "../answer-schemas.ts";
import type { CatalogServices } from "../routes.ts";
import { FacetQuery, FOR_VISITORS, ProductQuery } from "../schemas.ts";
import { findFacets } from "./find-facets.ts";
import type { ProductDocuments } from "./product-documents.ts";
import { readProductSearch } from "./product-filter.ts";
import { formatPageEnd, readPageEnd } from "./product-sort.ts";
import { searchProducts } from "./search-products.ts";
import { createWordChooser } from "./search-words.ts";
import type { ShownPages } from "./shown-pages.ts";

const tags = ["Products"];

export function addSearchRoutes(
  server: HttpServer,
  services: CatalogServices & { readonly documents: ProductDocuments; readonly pages: ShownPages },
): void {
  const { assets, defaults, documents, pages } = services;
  const finder = { ...services, chooser: createWordChooser(services.db) };
  addBytesRoute(server, {
    url: "/products",
    ...FOR_VISITORS,
    config: { ...FOR_VISITORS.config, direct: true },
    tags,
    operationId: "listProducts",
    summary: "Products: a list, or a search",
    description:
      "No token is needed. Drafts and archived products are shown to staff. By relevance come first the SKU that was " +
      "typed, then products with all words in name and brand, and where those are few, others that mention them. " +
      "The ETag is of the page as it is, for If-None-Match.",
    query: ProductQuery,
    answer: ProductPage,
    isTaggedByBytes: true,
    run: ({ actor, query }) => {
      const { cursor, limit = 50, q, sort = isBlank(q) ? "newest" : "relevance" } = query;
      return pages.find(`${actsForAll(actor)} ${JSON.stringify(query)}`, async () => {
        const needsCurrency = sort.startsWith("price");
        const context = { assets, actor, currency: defaults.currency, needsCurrency };
        const search = readProductSearch(query, context);
        const after = readPageEnd(sort, cursor);
        const found = await searchProducts(finder, { search, sort, after, limit });
        const { items, nextCursor } = toPage(found, limit, (product) => formatPageEnd(sort, product));
        const next = nextCursor === undefined ? "null" : `"${nextCursor}"`;
        const written = await documents.write(items);
        return { text: `{"items":[${written.join(",")}],"next_cursor":${next}}` };
      });
    },
  });

  addRoute(server, {
    url: "/products/facets",
    ...FOR_VISITORS,
    tags,
    operationId: "findProductFacets",
    summary: "What a search can be narrowed by",
    description: "No token is needed. Takes what GET /products takes, and counts all that matches.",
    query: FacetQuery,
    answer: ProductFacets,
    run: async (request) => {
      const context = { assets, actor: request.actor, currency: defaults.currency, needsCurrency: false };
      return findFacets(finder, readProductSearch(request.query, context));
    },
  });
}

function isBlank(text: string | undefined): boolean {
  return text === undefined || text.trim() === "";
}
