// The refusals of payments. Codes are a promise to clients and never renamed.
import { type ErrorEntry, refusalsOf } from "../../values/app-error.ts";

export const PAYMENTS_ERRORS = {
  payment_not_found: {
    kind: "not_found",
    title: "There is no such payment.",
    wayOut: "Check the payment's id; GET /payments lists those that you may see.",
  },
  provider_not_configured: {
    kind: "refused",
    title: "This way to pay is not set up here.",
    wayOut: "Pay by balance or invoice, or ask the operator to configure a card provider (docs/payments.md).",
  },
  payment_method_missing: {
    kind: "invalid",
    title: "A card payment needs the payment method that the provider's page has given to the client.",
    wayOut: "Send payment_token, for Stripe a payment method id such as pm_...",
  },
  amount_not_payable: {
    kind: "refused",
    title: "The card provider does not take this amount.",
    wayOut: "Pay or refund an amount that it takes (docs/payments.md has the table), or pay in another way.",
  },
  payment_in_flight: {
    kind: "conflict",
    title: "The provider has not yet reported the outcome of an earlier step of this payment.",
    wayOut: "Wait until the payment shows nothing in flight, then try again.",
  },
  capture_exceeds_authorized: {
    kind: "refused",
    title: "You cannot capture more than is authorized and not yet captured.",
    wayOut: "Capture at most the payment's capturable amount.",
  },
  nothing_to_void: {
    kind: "refused",
    title: "Nothing of this payment is authorized and uncaptured.",
    wayOut: "Refund what has been captured.",
  },
  refund_exceeds_captured: {
    kind: "refused",
    title: "You cannot refund more than was captured and is not yet refunded, being refunded or in dispute.",
    wayOut: "Refund at most the payment's refundable amount.",
  },
  unknown_provider: {
    kind: "not_found",
    title: "There is no such payment provider, or it is not configured here.",
    wayOut: "Use /webhooks/stripe or /webhooks/sandbox, and configure the provider (docs/payments.md).",
  },
  invalid_signature: {
    kind: "unauthenticated",
    title: "The webhook's signature does not fit its body, or is too old.",
    wayOut: "Check that the provider's webhook secret is the one configured here, and both clocks.",
  },
  attempt_not_open: {
    kind: "conflict",
    title: "The attempt is final already, or is not one of this payment.",
    wayOut: "Read the payment again: GET /payments/{id} shows what became of it.",
  },
  event_differs: {
    kind: "refused",
    title: "The provider reported something other than what was asked of it. Nothing was changed.",
    wayOut:
      "Compare it with the provider's own pages; GET /payments/attention shows it until a person has decided.",
  },
  event_not_open: {
    kind: "conflict",
    title: "There is no such provider event in the queue, or somebody has already decided on it.",
    wayOut: "GET /payments/attention lists those that wait.",
  },
  event_not_acceptable: {
    kind: "refused",
    title: "The event cannot be applied to its payment.",
    wayOut:
      "Correct it on the provider's own pages, which report the correction here, and dismiss this event.",
  },
  payment_not_raised: {
    kind: "conflict",
    title: "An order has at most 50 charges, and this one has them all.",
    wayOut: "Order what is to be added by itself.",
  },
  refund_account_not_allowed: {
    kind: "refused",
    title: "A refund does not go to this account.",
    wayOut:
      "Leave refund_to_account_id out, or name an account of whoever owns the one that paid (docs/payments.md says who may name which).",
  },
  tax_exceeds_payment: {
    kind: "refused",
    title: "The tax part is more than the amount or than the tax that is left in the payment.",
    wayOut: "Name a smaller tax part, or none: then the payment's share is taken.",
  },
} as const satisfies Record<string, ErrorEntry>;

export const paymentsError = refusalsOf(PAYMENTS_ERRORS);
