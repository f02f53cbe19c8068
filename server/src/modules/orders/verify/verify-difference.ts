// What a verification of orders returns.
import type { Difference } from "../../../values/difference.ts";

export type OrderDifference = Difference<
  OrderCheckName,
  "orderId" | "creditNoteId" | "paymentId" | "accountId" | "journalId" | "holdId"
>;

export type OrderCheckName =
  | "order_totals"
  | "order_prices"
  | "order_progress"
  | "order_states"
  | "order_timelines"
  | "order_products"
  | "order_credits"
  | "order_coupons"
  | "order_holds"
  | "order_payments"
  | "order_shipments"
  | "order_returns"
  | "order_refunds"
  | "order_units";

export type Found = Promise<OrderDifference | undefined>;
