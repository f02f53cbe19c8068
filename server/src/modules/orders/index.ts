// The door of orders: customers' purchases, from placing to credit note.

export {
  exportOrderLines,
  exportOrders,
  type OrderLineRow,
  type OrderRow,
} from "./analytics/export-orders.ts";
export { followPayments } from "./changing/follow-payments.ts";
export type { OrderState } from "./changing/states.ts";
export { ORDERS_ENCRYPTED } from "./encrypted-tables.ts";
export { ORDER_ERRORS } from "./errors.ts";
export { expireOrders, orderTasks, queueOrders } from "./jobs.ts";
export type { Order, OrderLine } from "./order.ts";
export { ORDERS } from "./order-store.ts";
export { buildPlacing, type NewOrder, type PlacingExtension } from "./placing/place-orders.ts";
export type {
  Address,
  PreparedScreen,
  Screen,
  ScreenedOrder,
  ScreenJudgement,
  ScreenVerdict,
} from "./placing/screen.ts";
export { readTaxRates, type TaxRates } from "./placing/tax-rates.ts";
export { orderRoutes } from "./routes.ts";
export type { OrderServices, OrderSettings } from "./services.ts";
export type { OrderCheckName, OrderDifference } from "./verify/verify-difference.ts";
export { type OrdersVerification, type VerifyOrdersOptions, verifyOrders } from "./verify/verify-orders.ts";
