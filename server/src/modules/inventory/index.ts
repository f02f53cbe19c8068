// The door of inventory: stock as accounts of the ledger. Reserving and shipping are decisions on the book of a batch,
// made by the commands of higher modules.
export { createStockCheck, type StockCheck, type WantedStock } from "./check-external-stock.ts";
export { INVENTORY_ERRORS } from "./errors.ts";
export { findPurchaseOrders } from "./find-purchase-orders.ts";
export { findStock, getStock, type ProductStock, type StockQuery } from "./find-stock.ts";
export { ensureStock, type NewStock, openStock, openStocks } from "./open-stock.ts";
export type { PurchaseOrder } from "./purchase-order-store.ts";
export {
  addPurchaseOrder,
  callAbout,
  callDueOrders,
  describePurchaseOrder,
  type PurchasingContext,
  reorderLowStock,
} from "./purchase-orders.ts";
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
export {
  createSupplier,
  type Supplier,
  type SupplierAvailability,
  SupplierError,
  type SupplierOptions,
  type SupplierOrder,
  type SupplierRequest,
} from "./supplier.ts";
export { type StockDifference, verifyStock } from "./verify-stock.ts";
export { type Availability, type StockWatch, startStockWatch, sweepStock } from "./watch-stock.ts";
