// The refusals of orders. Codes are a promise to clients and never renamed.
import { type AppError, type CodeOf, type ErrorEntry, refusalsOf } from "../../values/app-error.ts";

export const ORDER_ERRORS = {
  order_not_found: {
    kind: "not_found",
    title: "There is no such order, or it is somebody else's.",
    wayOut: "GET /orders lists the orders that you may see.",
  },
  order_state_forbids: {
    kind: "conflict",
    title: "The order's state does not allow this.",
    wayOut: "GET the order; docs/orders.md has the table of what each state allows.",
  },
  order_change_not_allowed: {
    kind: "forbidden",
    title: "You may not make this change to the order.",
    wayOut: "Ask staff; docs/orders.md says who makes which change.",
  },
  staff_only_field: {
    kind: "forbidden",
    title: "Only staff may send this field.",
    wayOut: "Leave it out: prices, names and tax come from the product.",
  },
  credit_note_not_found: {
    kind: "not_found",
    title: "There is no such credit note, or it is somebody else's.",
    wayOut: "GET /credit-notes lists those that you may see.",
  },
  order_in_review: {
    kind: "conflict",
    title: "The order is being reviewed.",
    wayOut: "Wait for the decision; staff decides with POST /orders/{id}/review.",
  },
  order_not_in_review: {
    kind: "conflict",
    title: "The order is not waiting for a review.",
    wayOut: "GET the order: its review says what was decided.",
  },
  order_refused_by_screening: {
    kind: "refused",
    title: "The order was refused by the fraud check.",
    wayOut: "Contact the shop; its staff can see the reasons.",
  },
  order_screened: {
    kind: "conflict",
    title: "The order has passed the fraud check: it can have less, but neither more nor other addresses.",
    wayOut: "Cancel it and place another, or ask staff to change it.",
  },
  order_not_paid: {
    kind: "conflict",
    title: "The order is not paid.",
    wayOut: "Pay it with POST /orders/{id}/pay; an unpaid order can be confirmed by staff.",
  },
  order_paid: {
    kind: "conflict",
    title: "The order is paid, or its payment is authorized.",
    wayOut: "Cancel the order and place another, or have it partly refunded.",
  },
  payment_in_progress: {
    kind: "conflict",
    title: "A payment of the order is under way, or money of it is still with us.",
    wayOut: "Wait until its outcome is known; GET the order shows it.",
  },
  order_partly_paid: {
    kind: "conflict",
    title: "A part of the order is paid, and the rest of it is paid the way that part was.",
    wayOut:
      "`due` says how much is left. Pay it by the same account, have staff note it, capture it while it is authorized, or lower what is due with POST /orders/{id}/refunds.",
  },
  order_shipped: {
    kind: "conflict",
    title: "Goods of the order have been shipped.",
    wayOut:
      "Use POST /orders/{id}/returns for what was shipped, and POST /orders/{id}/cancel with items for what was not.",
  },
  shipping_stopped: {
    kind: "conflict",
    title: "Money of the order was given back, or may have to be: its goods are not shipped.",
    wayOut:
      "`shipping_stop` says why. Cancel the order, or ship it with `ship_anyway` and a `note`. Where its refund failed, refund it again, or go on with POST /orders/{id}/reserve.",
  },
  order_not_shipped: {
    kind: "conflict",
    title: "The order is not shipped, or not wholly.",
    wayOut: "Ship it with POST /orders/{id}/ship.",
  },
  order_cancel_pending: {
    kind: "conflict",
    title: "The order is being cancelled and waits for its payment's outcome.",
    wayOut: "Wait: it becomes CANCELLED as soon as the payment is final.",
  },
  order_too_large: {
    kind: "refused",
    title: "The order's total is larger than an amount can be.",
    wayOut: "Split the order.",
  },
  customer_unknown: {
    kind: "refused",
    title: "No user here has this id or username.",
    wayOut:
      "Give the id or the customer_username of a user (GET /admin/users), or nobody; for somebody of another system, such as the subject of another issuer's tokens, say external_customer: true.",
  },
  product_unavailable: {
    kind: "refused",
    title: "A product of the order is not on sale.",
    wayOut: "Leave out the line that is named.",
  },
  order_currency_mismatch: {
    kind: "refused",
    title: "The lines of an order must be of one currency, that of the payment.",
    wayOut: "Order the lines of each currency by themselves; staff may give a unit_price.",
  },
  tax_class_unknown: {
    kind: "refused",
    title: "A product's tax class has no rate.",
    wayOut: "The operator adds the class to TAX_CLASSES, or gives the product another.",
  },
  account_for_payment_missing: {
    kind: "refused",
    title: "There is no account to pay from in the order's currency.",
    wayOut: "Name one in account_id, or use another payment_method.",
  },
  quantity_exceeds_open: {
    kind: "refused",
    title: "The line has fewer units open for this than were asked for.",
    wayOut: "GET the order: each line says how much was shipped and returned.",
  },
  location_ambiguous: {
    kind: "refused",
    title: "It is not clear which units are meant.",
    wayOut:
      "Name the location where they lie; GET /stock/{product_id}/reservations tells what is reserved where.",
  },
  nothing_short: {
    kind: "conflict",
    title: "Everything that is still to be shipped of the order is reserved.",
    wayOut: "Ship it with POST /orders/{id}/ship.",
  },
  units_short: {
    kind: "refused",
    title: "Units that are still to be shipped were written off, and no others are reserved in their place.",
    wayOut:
      "POST /orders/{id}/reserve holds others once there are some; POST /orders/{id}/cancel with items cancels them.",
  },
  credit_exceeds_open: {
    kind: "refused",
    title: "Less of the order is left to be given back than was asked for.",
    wayOut: "GET the order: total less credited is what is left.",
  },
} as const satisfies Record<string, ErrorEntry>;

export const orderError = refusalsOf(ORDER_ERRORS);

/** A refusal of one line, with the field named as in the request. */
export function lineError(
  code: CodeOf<typeof orderError>,
  line: { index: number; field: string; reason: string },
): AppError {
  const field = `items[${line.index}].${line.field}`;
  return orderError(code, { fields: [{ field, reason: line.reason }] });
}
