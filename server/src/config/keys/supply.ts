// The settings of the supplier and of an external stock system, and the checks of their values.
import { baseUrl, httpUrl, visible } from "../forms.ts";
import { type ConfigKey, secret } from "../key.ts";

/** The one of docs/stock.md, under a name that belongs to nobody. */
export const VENDOR_API_URL_DEFAULT = "https://supplier.example.com/api";

export const SUPPLY_KEYS = [
  {
    name: "VENDOR_API_URL",
    group: "Supply",
    type: "string",
    form: baseUrl,
    default: VENDOR_API_URL_DEFAULT,
    earlier: true,
    description:
      "The supplier's API, of which docs/stock.md tells what it must answer. The default is an example that nobody answers at; production needs another.",
  },
  {
    name: "VENDOR_API_TOKEN",
    group: "Supply",
    ...secret(visible),
    earlier: true,
    description: "Bearer token for VENDOR_API_URL, a JWT; without it nothing is asked or ordered there.",
  },
  {
    name: "SUPPLY_TIMEOUT_MS",
    group: "Supply",
    type: "integer",
    minimum: 50,
    maximum: 120_000,
    default: "30000",
    aliases: [{ name: "REQUEST_TIMEOUT", unit: "seconds" }],
    description: "Time that one call to the supplier or to the stock service may take.",
  },
  {
    name: "INVENTORY_SERVICE_URL",
    group: "Supply",
    type: "string",
    form: httpUrl,
    default: undefined,
    aliases: [{ name: "INVENTORY_URL" }],
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
