// The door of inventory: stock as accounts of the ledger. Reserving and shipping are decisions on the book of a batch,
// made by the commands of higher modules.
export { INVENTORY_ERRORS } from "./errors.ts";
export { findStock, getStock, type ProductStock, type StockQuery } from "./find-stock.ts";
export { ensureStock, type NewStock, openStock, openStocks } from "./open-stock.ts";
export {
  type ReservationRequest,
  releaseStock,
  reserveStock,
  returnStock,
  type Shipment,
  type StockPurpose,
  shipStock,
  stockScope,
} from "./reserve-stock.ts";
export { type InventoryServices, inventoryRoutes } from "./routes.ts";
export { DEFAULT_LOCATION_ID, type StockAccount, type StockDesk, unitAccounts } from "./stock.ts";
export { createStockDirectory, type StockDirectory } from "./stock-directory.ts";
export { type StockDifference, verifyStock } from "./verify-stock.ts";
export { type Availability, type StockWatch, startStockWatch, sweepStock } from "./watch-stock.ts";
