// The door of orders: customers' purchases, from placing to credit note.
export { ORDERS_ENCRYPTED } from "./encrypted-tables.ts";
export { ORDER_ERRORS } from "./errors.ts";
export { exportOrderLines, exportOrders, type OrderLineRow, type OrderRow } from "./export-orders.ts";
export { followPayments } from "./follow-payments.ts";
export { expireOrders, orderTasks, queueOrders } from "./jobs.ts";
export type { Order, OrderLine } from "./order.ts";
export { ORDERS } from "./order-store.ts";
export { buildPlacing, type NewOrder, type PlacingExtension } from "./place-orders.ts";
export { orderRoutes } from "./routes.ts";
export type {
  Address,
  PreparedScreen,
  Screen,
  ScreenedOrder,
  ScreenJudgement,
  ScreenVerdict,
} from "./screen.ts";
export type { OrderServices, OrderSettings } from "./services.ts";
export type { OrderState } from "./states.ts";
export { readTaxRates, type TaxRates } from "./tax-rates.ts";
export type { OrderCheckName, OrderDifference } from "./verify-difference.ts";
export { type OrdersVerification, type VerifyOrdersOptions, verifyOrders } from "./verify-orders.ts";
