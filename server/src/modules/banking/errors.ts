// Banking's refusals. Codes are a promise to clients and never renamed.
import { type ErrorEntry, refusalsOf } from "../../values/app-error.ts";

export const BANKING_ERRORS = {
  deposit_not_allowed: {
    kind: "forbidden",
    title: "A customer cannot deposit: money enters through staff or a payment.",
    wayOut: "Ask an administrator to book the deposit.",
  },
  blocked_by_risk_rule: {
    kind: "refused",
    title: "A risk rule blocks this transaction.",
    wayOut: "Ask the operator; the rule is named in the answer.",
  },
  batch_item_refused: {
    kind: "refused",
    title: "An item was refused, so nothing of the atomic batch was booked.",
    wayOut: "Correct the item that is named, or use mode independent.",
  },
  not_the_payee: {
    kind: "forbidden",
    title: "Money on hold for somebody else is theirs to take or give back.",
    wayOut: "Ask the owner of to_account_id or staff; unclaimed, the hold expires.",
  },
  large_payment_by_key: {
    kind: "forbidden",
    title: "A person's API key pays out no more than STEP_UP_LIMITS without the scope payments:large.",
    wayOut:
      "Sign in and pay with a fresh proof (POST /auth/step-up), or make a key with the scope payments:large.",
  },
  same_currency: {
    kind: "refused",
    title: "Both accounts have the same currency.",
    wayOut: "Use POST /transactions with type transfer.",
  },
  no_exchange_rate: {
    kind: "refused",
    title: "There is no rate for this pair of currencies.",
    wayOut: "An administrator sets one with POST /exchange-rates.",
  },
  amount_too_small: {
    kind: "refused",
    title: "The amount is worth less than the smallest unit of the other currency.",
    wayOut: "Exchange more.",
  },
  owner_unknown: {
    kind: "refused",
    title: "No user here has this id or username.",
    wayOut:
      "Give the id or the owner_username of a user (GET /admin/users); for somebody of another system, such as the subject of another issuer's tokens, say external_owner: true.",
  },
  external_number_taken: {
    kind: "conflict",
    title: "Another account has this external number.",
    wayOut: "Check the number; GET /accounts?external_number= finds the account.",
  },
  secure_records_not_configured: {
    kind: "unavailable",
    title: "Secure transactions are not configured: API_KEY_V1 is not set, and there is no default.",
    wayOut: "The operator sets API_KEY_V1, at least 32 bytes, and restarts the program.",
  },
  no_account_of_user: {
    kind: "not_found",
    title: "The user has no account, or none in this currency.",
    wayOut: "Open one with POST /accounts, with the user as owner_id or owner_username.",
  },
  stock_is_not_money: {
    kind: "refused",
    title: "Units of stock are not money: receipts, adjustments and orders move them.",
    wayOut: "Use the routes below /stock, or the order that reserved them.",
  },
} as const satisfies Record<string, ErrorEntry>;

export const bankingError = refusalsOf(BANKING_ERRORS);
