// The door of orders: customers' purchases, from placing to credit note.

export { OrderDetail, OrderShape } from "./answer-schemas.ts";
export { followPayments } from "./changing/follow-payments.ts";
export type { OrderState } from "./changing/states.ts";
export { amountWriter, describeOrder } from "./describe-order.ts";
export { ORDERS_ENCRYPTED } from "./encrypted-tables.ts";
export { ORDER_ERRORS } from "./errors.ts";
export { getAddresses, getOrderDetail, getOrderWithPayment } from "./get-order.ts";
export { expireOrders, orderTasks, queueOrders } from "./jobs.ts";
export { type Order, type OrderLine, QUANTITY_MAX } from "./order.ts";
export { ORDERS } from "./order-store.ts";
export { buildPlacingCommand, type NewOrder, type PlacingExtension } from "./placing/place-orders.ts";
export { type SaleTerms, termsOfSale } from "./placing/price-lines.ts";
export { readCouponCode, readOrder } from "./placing/read-order-input.ts";
export type {
  Address,
  PreparedScreen,
  Screen,
  ScreenedOrder,
  ScreenJudgement,
  ScreenVerdict,
} from "./placing/screen.ts";
export { formatTaxRate, readTaxRate, readTaxRates, type TaxRates } from "./placing/tax-rates.ts";
export { addTotals, type LineTotals, listPriceOf, priceDiscounted, priceLine } from "./placing/totals.ts";
export { orderRoutes } from "./routes.ts";
export { CheckoutInput, CouponCode } from "./schemas.ts";
export type { OrderCaller, OrderServices, OrderSettings } from "./services.ts";
export { type BoughtItem, type BoughtOrder, findBoughtOrders } from "./verify/bought-order-store.ts";
export { findMissingProduct } from "./verify/verify-checks.ts";
export type { OrderCheckName, OrderDifference } from "./verify/verify-difference.ts";
export { type OrdersVerification, type VerifyOrdersOptions, verifyOrders } from "./verify/verify-orders.ts";
