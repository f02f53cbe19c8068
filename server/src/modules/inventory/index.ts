// The door of inventory: stock as accounts of the ledger. Reserving and shipping are decisions on the book of a batch,
// made by the commands of higher modules.

export {
  ADJUSTMENT_REASONS,
  type AdjustmentReason,
  type BookedLine,
  bookFreedUnits,
  tellOfStock,
} from "./bookings/book-stock.ts";
export { findShortage, type WantedUnits } from "./bookings/find-shortage.ts";
export {
  type ReservationRequest,
  releaseStock,
  releaseUnits,
  reserveAvailable,
  reserveStock,
  returnStock,
  type Shipment,
  type StockPurpose,
  shipStock,
  stockScope,
} from "./bookings/reserve-stock.ts";
export { type Availability, type StockWatch, startStockWatch, sweepStock } from "./bookings/watch-stock.ts";
export { INVENTORY_ERRORS } from "./errors.ts";
export { findPurchaseOrders } from "./purchase-orders/find-purchase-orders.ts";
export type { PurchaseOrder } from "./purchase-orders/purchase-order-store.ts";
export {
  addPurchaseOrder,
  callAbout,
  callDueOrders,
  describePurchaseOrder,
  type PurchasingContext,
  reorderLowStock,
} from "./purchase-orders/purchase-orders.ts";
export { type InventoryServices, inventoryRoutes } from "./routes.ts";
export { findStock, getStock, type ProductStock, type StockQuery } from "./stock/find-stock.ts";
export { ensureStock, type NewStock, openStock, openStocks } from "./stock/open-stock.ts";
export {
  findShelves,
  findStockOfAccounts,
  openShelves,
  sellingOf,
  type WantedShelf,
} from "./stock/shelves.ts";
export {
  DEFAULT_LOCATION_ID,
  type StockAccount,
  type StockByProduct,
  type StockDesk,
  unitAccounts,
} from "./stock/stock.ts";
export { createStockDirectory, type StockDirectory } from "./stock/stock-directory.ts";
export { createStockCheck, type StockCheck, type WantedStock } from "./supplier/check-external-stock.ts";
export * from "./supplier/supplier.ts";
export { type StockDifference, verifyStock } from "./verify/verify-stock.ts";
