// The settings of the supplier and of a stock system elsewhere, and what is wrong with their values.
import type { ConfigKey } from "../key.ts";

export const SUPPLY_KEYS = [
  {
    name: "VENDOR_API_URL",
    group: "Supply",
    type: "string",
    default: undefined,
    description:
      "The supplier's API, of which docs/stock.md tells what it must answer; unset, nothing is ordered.",
  },
  {
    name: "VENDOR_API_TOKEN",
    group: "Supply",
    type: "string",
    default: undefined,
    secret: true,
    description: "Bearer token for VENDOR_API_URL, a JWT.",
  },
  {
    name: "REQUEST_TIMEOUT",
    group: "Supply",
    type: "integer",
    minimum: 50,
    maximum: 120_000,
    default: "5000",
    description: "Milliseconds that one call to the supplier or to the stock service may take.",
  },
  {
    name: "INVENTORY_SERVICE_URL",
    group: "Supply",
    type: "string",
    default: undefined,
    description:
      "URL of another stock system that is asked before an order reserves; it can refuse, not allow.",
  },
  {
    name: "INVENTORY_SERVICE_FAILURE",
    group: "Supply",
    type: "choice",
    choices: ["refuse", "accept"],
    default: "refuse",
    description:
      "What becomes of orders while INVENTORY_SERVICE_URL does not answer: refused (503), or decided by our stock alone.",
  },
] as const satisfies readonly ConfigKey[];
