// The configuration of the shop.
import type { ConfigKey } from "./config.ts";

export const SHOP_KEYS = [
  {
    name: "DEFAULT_CURRENCY",
    group: "Shop",
    type: "string",
    default: "USD",
    description: "Currency of prices and orders that name none; GET /assets lists what is known.",
  },
  {
    name: "PRICES_INCLUDE_TAX",
    group: "Shop",
    type: "boolean",
    default: "false",
    description: "Whether the prices of products that do not say so include tax.",
  },
] as const satisfies readonly ConfigKey[];
