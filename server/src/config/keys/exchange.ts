// The settings of exchange rates.
import { httpUrl } from "../forms.ts";
import type { ConfigKey } from "../key.ts";

export const EXCHANGE_KEYS = [
  {
    name: "EXCHANGE_RATE_URL",
    group: "Exchange",
    type: "string",
    form: httpUrl,
    default: undefined,
    description:
      'URL that answers exchange rates as JSON, {"base":"EUR","rates":{"USD":"1.0834"}}; unset, rates are set by hand alone.',
  },
  {
    name: "EXCHANGE_RATE_INTERVAL_SECONDS",
    group: "Exchange",
    type: "integer",
    minimum: 10,
    maximum: 86_400,
    default: "3600",
    description: "How often exchange rates are fetched.",
  },
] as const satisfies readonly ConfigKey[];
