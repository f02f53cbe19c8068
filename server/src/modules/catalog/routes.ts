// The catalog's routes, by resource.
import type { Routes } from "../../http/index.ts";
import type { Sql } from "../../runtime/database.ts";
import type { Assets } from "../ledger/index.ts";
import { addCategoryRoutes } from "./categories/category-routes.ts";
import { addImageRoutes } from "./images/image-routes.ts";
import type { StockOpener } from "./products/add-products.ts";
import { addProductRoutes } from "./products/product-routes.ts";
import type { ProductDefaults } from "./read-input.ts";
import { createProductDocuments } from "./search/product-documents.ts";
import { addSearchRoutes } from "./search/search-routes.ts";
import { createShownPages } from "./search/shown-pages.ts";

export interface CatalogServices {
  readonly db: Sql;
  readonly assets: Assets;
  readonly defaults: ProductDefaults;
  /** The largest image that is accepted, in bytes. */
  readonly imageLimitBytes: number;
  /** Opens the stock of new products, in the same transaction. */
  readonly onProductsCreated?: StockOpener | undefined;
}

export function catalogRoutes(services: CatalogServices): Routes {
  const documents = createProductDocuments(services.db, services.assets);
  const pages = createShownPages(services.db);
  return (server) => {
    addCategoryRoutes(server, services);
    addProductRoutes(server, { ...services, pages });
    addImageRoutes(server, services);
    addSearchRoutes(server, { ...services, documents, pages });
  };
}
