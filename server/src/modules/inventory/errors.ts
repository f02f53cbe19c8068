// Inventory's refusals. Codes are a promise to clients and never renamed.
import { type ErrorEntry, refusalsOf } from "../../values/app-error.ts";

export const INVENTORY_ERRORS = {
  insufficient_stock: {
    kind: "refused",
    title: "Less of the product is available than was asked for.",
    wayOut: "Order less, or wait for a receipt; the answer tells how much there is.",
  },
  product_not_stocked: {
    kind: "refused",
    title: "No stock is kept of the product.",
    wayOut: "Book a receipt with POST /stock/receipts; it opens the product's stock.",
  },
  location_not_found: {
    kind: "not_found",
    title: "There is no such location.",
    wayOut: "GET /locations lists them.",
  },
  location_code_taken: {
    kind: "conflict",
    title: "Another location has this code.",
    wayOut: "Choose another code, or change that location.",
  },
  backorder_in_use: {
    kind: "refused",
    title: "More units have been sold before arrival than the new limit allows.",
    wayOut: "Book a receipt first, or choose a higher limit.",
  },
  stock_not_found: {
    kind: "not_found",
    title: "No stock was ever kept of this product.",
    wayOut: "Check the product's id; POST /stock/receipts opens its stock.",
  },
  purchase_order_not_found: {
    kind: "not_found",
    title: "There is no such order to the supplier.",
    wayOut: "GET /purchase-orders lists them.",
  },
  purchase_order_closed: {
    kind: "refused",
    title: "The order to the supplier is closed: received already, refused or cancelled.",
    wayOut: "Book goods that came nevertheless with POST /stock/receipts.",
  },
  supplier_not_configured: {
    kind: "refused",
    title: "No supplier is configured.",
    wayOut: "Set VENDOR_API_TOKEN, and VENDOR_API_URL to the supplier's API.",
  },
  stock_check_unavailable: {
    kind: "unavailable",
    title: "The stock system that must be asked before a sale does not answer.",
    wayOut: "Try again; INVENTORY_SERVICE_FAILURE=accept sells by our own stock meanwhile.",
  },
} as const satisfies Record<string, ErrorEntry>;

export const inventoryError = refusalsOf(INVENTORY_ERRORS);
