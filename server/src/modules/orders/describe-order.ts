// The JSON documents of orders. Amounts are decimal strings, times RFC 3339.
import { formatAmount } from "../../values/money.ts";
import { formatStamp } from "../../values/time.ts";
import type { Assets } from "../ledger/index.ts";
import { type Payment, statusOf } from "../payments/index.ts";
import type {
  OrderDocument,
  OrderLineDocument,
  OrderPaymentDocument,
  PricedLineDocument,
} from "./answer-schemas.ts";
import { dueOf, findShippingObstacle, overpaidOf, paidOf, unpaidOf } from "./changing/order-facts.ts";
import { isFinal, isSold } from "./changing/states.ts";
import { type Order, type OrderLine, openOf } from "./order.ts";
import type { Address } from "./placing/screen.ts";
import { formatTaxRate } from "./placing/tax-rates.ts";

/** Formats an amount of a currency. */
export type AmountWriter = (minor: bigint) => string;

export function amountWriter(assets: Assets, currency: string): AmountWriter {
  const asset = assets.byCode(currency);
  if (asset === undefined) throw new Error(`the currency ${currency} of an order is not known`);
  return (minor) => formatAmount(minor, asset.scale);
}

/** The amounts of an order, as every answer and export shows them. */
export function describeSums(order: Order, write: AmountWriter) {
  return {
    discount: write(order.discount),
    net: write(order.net),
    tax: write(order.tax),
    total: write(order.total),
    credited: write(order.credited),
  };
}

export interface OrderParts {
  readonly order: Order;
  readonly payment: Payment | undefined;
  readonly addresses?: { readonly shipping: Address | null; readonly billing: Address | null } | undefined;
}

export function describeOrder(assets: Assets, { order, payment, addresses }: OrderParts): OrderDocument {
  const write = amountWriter(assets, order.currency);
  return {
    id: String(order.id),
    status: order.state,
    fulfilment: order.fulfilment,
    payment_status: paymentStatusOf(order, payment),
    review: order.review,
    shipping_stop: findShippingObstacle(order, payment) ?? null,
    cancel_pending: order.cancelReason !== null,
    customer_id: order.customerId,
    placed_by: order.placedBy,
    payment_method: order.paymentMethod,
    currency: order.currency,
    coupon_code: order.couponCode,
    ...describeSums(order, write),
    due: write(isEnded(order) ? 0n : unpaidOf(order, payment)),
    owed_back: write(overpaidOf(order, payment)),
    payment: payment === undefined ? null : describePayment(payment, write),
    ...(addresses === undefined
      ? {}
      : { shipping_address: addresses.shipping, billing_address: addresses.billing }),
    reference: order.reference,
    metadata: order.metadata === null ? null : JSON.parse(order.metadata),
    items: order.lines.map((line) => describeLine(line, write)),
    expires_at: order.expiresAt === null ? null : formatStamp(order.expiresAt),
    created_at: formatStamp(order.id),
    version: order.version,
  };
}

/** No money is wanted for it any more, because it was not sold. */
function isEnded({ state, cancelReason }: Order): boolean {
  return cancelReason !== null || (isFinal(state) && !isSold(state));
}

export function describeLine(line: OrderLine, write: AmountWriter): OrderLineDocument {
  return {
    ...describePricedLine(line, write),
    shipped: line.shipped,
    returned: line.returned,
    cancelled: line.cancelled,
    short: line.short,
    shipping_stop: line.stopped && openOf(line) > 0 ? "refunded" : null,
    credited: write(line.credited),
  };
}

/** The part of a line's document that previews show too. */
export function describePricedLine(line: OrderLine, write: AmountWriter): PricedLineDocument {
  return {
    line: line.lineNo,
    product_id: line.productId,
    sku: line.sku,
    name: line.name,
    quantity: line.quantity,
    unit_price: write(line.unitPrice),
    price_includes_tax: line.includesTax,
    tax_rate: formatTaxRate(line.taxRate),
    discount: write(line.discount),
    net: write(line.net),
    tax: write(line.tax),
    total: write(line.gross),
  };
}

export function describePayment(payment: Payment, write: AmountWriter): OrderPaymentDocument {
  return {
    id: String(payment.id),
    provider: payment.provider,
    status: statusOf(payment),
    amount: write(payment.amountMinor),
    authorized: write(payment.authorizedMinor - payment.voidedMinor),
    captured: write(payment.capturedMinor),
    refunded: write(payment.refundedMinor),
    at_risk: write(payment.disputedMinor),
    action_url: payment.actionUrl,
    failure_code: payment.failureCode,
  };
}

/** Derived from the payment each time: "paid" is not final (a chargeback may follow it). */
export function paymentStatusOf(
  order: Pick<Order, "total" | "waived" | "repaid">,
  payment: Payment | undefined,
): string {
  if (payment !== undefined) {
    if (payment.disputedMinor > 0n) return "disputed";
    const status = statusOf(payment);
    return status === "partly_captured" && paidOf(order, payment) >= dueOf(order) ? "captured" : status;
  }
  return order.total === order.waived ? "not_needed" : "unpaid";
}

/** The outbox document of an order that changed. */
export function describeChange(order: Order, { event, actorId }: { event: string; actorId: string }): string {
  return JSON.stringify({
    id: String(order.id),
    event,
    status: order.state,
    fulfilment: order.fulfilment,
    customer_id: order.customerId,
    actor_id: actorId,
    version: order.version,
  });
}
