// The refusals of trading. Codes are a promise to clients and never renamed.
import { type ErrorEntry, refusalsOf } from "../../values/app-error.ts";

export const TRADING_ERRORS = {
  instrument_not_found: {
    kind: "not_found",
    title: "There is no such instrument.",
    wayOut: "GET /instruments lists them.",
  },
  instrument_exists: {
    kind: "conflict",
    title: "There is an instrument of this symbol.",
    wayOut: "Change that one with PATCH /instruments/{id}, or choose another symbol.",
  },
  instrument_terms_unfit: {
    kind: "refused",
    title: "The terms of the instrument do not fit each other.",
    wayOut: "Change the field that is named, or the one that it is measured by.",
  },
  instrument_not_open: {
    kind: "refused",
    title: "The instrument is not open for trading.",
    wayOut:
      "The answer says whether it is halted, closed or outside of its hours; cancelling is possible always.",
  },
  instrument_is_open: {
    kind: "refused",
    title: "An instrument of the asset is open.",
    wayOut: "Halt or close all instruments of the asset first: POST /instruments/{id}/halt.",
  },
  orders_rest_in_book: {
    kind: "refused",
    title: "Orders rest in a book of the asset, whose prices and quantities would change.",
    wayOut: "Cancel them first with POST /trade-orders/cancel; customers may place them anew.",
  },
  corporate_action_differs: {
    kind: "conflict",
    title: "Another corporate action has this reference.",
    wayOut: "Send a reference of its own; the same action sent again is answered with the first one.",
  },
  cash_price_missing: {
    kind: "refused",
    title: "A fraction of a unit has no price.",
    wayOut: "Send price: what a new unit is paid with, in the currency of the position.",
  },
  cash_account_missing: {
    kind: "refused",
    title: "An owner has no account for the cash.",
    wayOut: "Open one in the currency for the owner that is named, and send the action again.",
  },
  too_many_accounts: {
    kind: "refused",
    title: "The asset has more accounts than one action may change.",
    wayOut: "The bound is in the answer; move empty accounts away by closing them.",
  },
  trade_order_not_found: {
    kind: "not_found",
    title: "There is no such trade order.",
    wayOut: "GET /trade-orders lists your own.",
  },
  trade_order_fields_unfit: {
    kind: "refused",
    title: "The fields of the order do not fit each other.",
    wayOut: "Send the fields that its type has, and no others; docs/trading.md has the table.",
  },
  trade_order_not_open: {
    kind: "refused",
    title: "The trade order has ended, or is being filled.",
    wayOut: "GET /trade-orders/{id} shows what became of it.",
  },
  trade_order_not_so: {
    kind: "refused",
    title: "The trade order cannot be replaced in this way.",
    wayOut: "Change a price or quantity that the order has, or cancel it and place another.",
  },
  client_order_id_taken: {
    kind: "conflict",
    title: "Another trade order of this owner has this client_order_id.",
    wayOut:
      "Send a new client_order_id for a new order; the same order sent again is answered with the first one.",
  },
  trading_account_unfit: {
    kind: "refused",
    title: "The accounts do not fit the instrument.",
    wayOut:
      "Name an account in the instrument's currency and one in its asset, both of one owner; POST /accounts opens them.",
  },
  price_off_tick: {
    kind: "refused",
    title: "A price is not a multiple of the instrument's tick.",
    wayOut: "Send a multiple of the tick that GET /instruments/{id} shows.",
  },
  price_outside_band: {
    kind: "refused",
    title: "The limit lies further from the last price than the instrument allows.",
    wayOut: "Send a limit price within the band that the answer names.",
  },
  quantity_off_lot: {
    kind: "refused",
    title: "The quantity is not in whole lots, or less or more than the instrument allows.",
    wayOut: "Send a multiple of the lot between the least and the largest quantity.",
  },
  notional_outside_bounds: {
    kind: "refused",
    title: "The order is worth less or more than the instrument allows.",
    wayOut: "Send a quantity whose worth lies between the bounds that are named.",
  },
  position_too_small: {
    kind: "refused",
    title: "The position has less than that.",
    wayOut:
      "GET /positions shows what each has; units that came without a cost move with POST /transactions.",
  },
  lot_not_open: {
    kind: "refused",
    title: "A chosen lot is not there, or has too little left.",
    wayOut: "GET /lots lists the open lots of your positions with what is left of each.",
  },
  post_only_would_trade: {
    kind: "refused",
    title: "The order is post-only, and would be dealt at once.",
    wayOut:
      "Send a price that GET /instruments/{id}/book shows no order of the other side at, or leave post_only out.",
  },
  reduce_only_exceeds_position: {
    kind: "refused",
    title: "The order is reduce-only, and is more than what the position and its other sales leave.",
    wayOut: "Send at most that quantity; GET /positions shows the position.",
  },
  too_many_trades: {
    kind: "refused",
    title: "The order would be dealt with more resting orders than one may be.",
    wayOut: "Send several smaller orders.",
  },
  number_too_large: {
    kind: "refused",
    title: "The price or the quantity is larger than a book can count.",
    wayOut: "Send at most 2^53 - 1 ticks and lots.",
  },
  trading_stopped: {
    kind: "refused",
    title: "No new orders are taken from the owner, or in the instrument.",
    wayOut: "The answer says why; cancelling is possible always. Staff ends it with POST /trading-stops/end.",
  },
  condition_met_already: {
    kind: "refused",
    title: "The newest quote has already reached the order's price.",
    wayOut: "Send a market order, or a price that lies ahead of the quote.",
  },
  quote_missing: {
    kind: "refused",
    title: "The instrument has no quote yet.",
    wayOut: "Try again when GET /instruments/{id} shows one.",
  },
  quote_stale: {
    kind: "refused",
    title: "The newest quote is too old to deal at.",
    wayOut: "Try again when a newer one has come, or send a limit order.",
  },
  too_many_open_orders: {
    kind: "refused",
    title: "The owner has as many open trade orders as are allowed.",
    wayOut: "Cancel some first; TRADING_OPEN_ORDERS_MAX sets the limit.",
  },
  too_many_trade_orders: {
    kind: "too_many",
    title: "The owner places trade orders faster than is allowed.",
    wayOut: "Wait a minute; TRADING_ORDERS_PER_MINUTE sets the limit.",
  },
} as const satisfies Record<string, ErrorEntry>;

export const tradingError = refusalsOf(TRADING_ERRORS);
export type TradingErrorCode = keyof typeof TRADING_ERRORS;
