// The door of the catalog: categories and products.

export { CATALOG_ERRORS, catalogError } from "./errors.ts";
export type { StockOpener } from "./products/add-products.ts";
export type { NewStock, ProductStatus } from "./products/product.ts";
export { findProductLabels, type ProductLabel } from "./products/product-labels.ts";
export {
  findProductsForSale,
  getProductBySku,
  noteAvailability,
  PRODUCTS,
  type ProductForSale,
} from "./products/products-for-sale.ts";
export { type CatalogServices, catalogRoutes } from "./routes.ts";
export { countWords } from "./search/search-store.ts";
