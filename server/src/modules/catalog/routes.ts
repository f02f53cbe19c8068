// The catalog's routes, by resource.
import type { Routes } from "../../gateway/index.ts";
import type { Sql } from "../../runtime/database.ts";
import type { Assets } from "../ledger/index.ts";
import type { StockOpener } from "./add-products.ts";
import { addCategoryRoutes } from "./category-routes.ts";
import { addImageRoutes } from "./image-routes.ts";
import { createProductDocuments } from "./product-documents.ts";
import { addProductRoutes } from "./product-routes.ts";
import type { ProductDefaults } from "./read-input.ts";
import { addSearchRoutes } from "./search-routes.ts";

export interface CatalogServices {
  readonly db: Sql;
  readonly assets: Assets;
  readonly defaults: ProductDefaults;
  /** Largest image that is taken. */
  readonly imageLimitBytes: number;
  /** Opens the stock of new products, in the same transaction. */
  readonly onProductsCreated?: StockOpener | undefined;
}

export function catalogRoutes(services: CatalogServices): Routes {
  const documents = createProductDocuments(services.db, services.assets);
  return (server) => {
    addCategoryRoutes(server, services);
    addProductRoutes(server, services);
    addImageRoutes(server, services);
    addSearchRoutes(server, { ...services, documents });
  };
}
