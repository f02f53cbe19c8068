// The refusals of carts. Codes are a promise to clients and never renamed.
import { type ErrorEntry, refusalsOf } from "../../values/app-error.ts";

export const CART_ERRORS = {
  cart_not_found: {
    kind: "not_found",
    title: "There is no such cart, or it is somebody else's.",
    wayOut: "Send the Cart-Token that POST /carts answered, or sign in as the cart's owner.",
  },
  cart_line_not_found: {
    kind: "not_found",
    title: "The cart has no line of this product.",
    wayOut: "Add it with POST /carts/{id}/lines.",
  },
  cart_closed: {
    kind: "conflict",
    title: "The cart is ordered, merged or expired: it does not change any more.",
    wayOut: "Begin another with POST /carts.",
  },
  cart_not_ordered: {
    kind: "not_found",
    title: "The cart has not become an order.",
    wayOut: "Order it with POST /carts/{id}/checkout.",
  },
  cart_changed: {
    kind: "conflict",
    title: "The cart has changed since it was read.",
    wayOut: "The answer's `cart` is what it is now: decide on it, and send its version in If-Match.",
  },
  cart_prices_changed: {
    kind: "conflict",
    title: "What the cart costs changed since the buyer last saw it.",
    wayOut: "Show the answer's `cart` and accept its prices with POST /carts/{id}/prices.",
  },
  cart_empty: {
    kind: "refused",
    title: "There is nothing in the cart.",
    wayOut: "Add something with POST /carts/{id}/lines.",
  },
  cart_full: {
    kind: "refused",
    title: "The cart holds no more lines.",
    wayOut: "Order this cart first, or order in several.",
  },
  cart_currency_differs: {
    kind: "refused",
    title: "The product, or the other cart, has another currency.",
    wayOut: "Begin a cart in that currency.",
  },
  product_not_for_sale: {
    kind: "refused",
    title: "A product is not for sale, or there is none of this id.",
    wayOut: "Take the line out, or choose another product.",
  },
} as const satisfies Record<string, ErrorEntry>;

export const cartError = refusalsOf(CART_ERRORS);
