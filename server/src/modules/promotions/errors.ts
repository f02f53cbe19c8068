// The refusals of coupons. Codes are a promise to clients and never renamed.
import { type ErrorEntry, refusalsOf } from "../../values/app-error.ts";

export const PROMOTION_ERRORS = {
  coupon_not_found: {
    kind: "not_found",
    title: "There is no such coupon.",
    wayOut: "GET /coupons lists them.",
  },
  coupon_code_taken: {
    kind: "conflict",
    title: "There is a coupon of this code.",
    wayOut:
      "Change that one with PATCH /coupons/{code}, or choose another code; case does not tell two apart.",
  },
  coupon_limit_below_uses: {
    kind: "refused",
    title: "The coupon has been used more often than that.",
    wayOut: 'To stop it send `"active": false`; a limit is at least what is used.',
  },
  coupon_period_empty: {
    kind: "refused",
    title: "The coupon would end before it begins.",
    wayOut: "Send a valid_until that is later than valid_from.",
  },
  coupon_unknown: {
    kind: "refused",
    title: "There is no coupon of this code.",
    wayOut: "Check the code, or leave coupon_code out.",
  },
  coupon_inactive: {
    kind: "refused",
    title: "The coupon is switched off.",
    wayOut: "Leave coupon_code out, or use another.",
  },
  coupon_not_yet_valid: {
    kind: "refused",
    title: "The coupon is not valid yet.",
    wayOut: "Order from the time on that is named, or leave coupon_code out.",
  },
  coupon_expired: {
    kind: "refused",
    title: "The coupon is no longer valid.",
    wayOut: "Leave coupon_code out, or use another.",
  },
  coupon_used_up: {
    kind: "refused",
    title: "The coupon has been used as often as it may be.",
    wayOut: "Leave coupon_code out. A use comes back where an unpaid order ends.",
  },
  coupon_already_used: {
    kind: "refused",
    title: "The customer has used the coupon as often as one customer may.",
    wayOut: "Leave coupon_code out, or use another.",
  },
  coupon_needs_customer: {
    kind: "refused",
    title:
      "The coupon may be used a limited number of times by each customer, and the order names no customer.",
    wayOut: "Sign in; staff names the customer_id.",
  },
  coupon_minimum_not_reached: {
    kind: "refused",
    title: "The order is worth less than the coupon's minimum.",
    wayOut: "Order for at least the amount that is named, or leave coupon_code out.",
  },
  coupon_currency_mismatch: {
    kind: "refused",
    title: "The coupon and the order have different currencies.",
    wayOut: "Order in the coupon's currency, or leave coupon_code out.",
  },
} as const satisfies Record<string, ErrorEntry>;

export const promotionError = refusalsOf(PROMOTION_ERRORS);
