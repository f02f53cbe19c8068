// The door of the catalog: categories and products.
export type { StockOpener } from "./add-products.ts";
export { CATALOG_ERRORS, catalogError } from "./errors.ts";
export type { NewStock, ProductStatus } from "./product.ts";
export { findProductLabels, type ProductLabel } from "./product-labels.ts";
export {
  findProductsForSale,
  getProductBySku,
  noteAvailability,
  PRODUCTS,
  type ProductForSale,
} from "./products-for-sale.ts";
export { type CatalogServices, catalogRoutes } from "./routes.ts";
export { countWords } from "./search-store.ts";
