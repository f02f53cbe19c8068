// The settings of the supplier and of a stock system elsewhere, and what is wrong with their values.
import type { Config, ConfigKey } from "../config.ts";

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

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export function findUnsafeSupply(config: Config): string[] {
  const problems: string[] = [];
  const urls = ["VENDOR_API_URL", "INVENTORY_SERVICE_URL"] as const;
  for (const name of urls) {
    const url = config[name];
    if (url !== undefined && !(/^https?:\/\//.test(url) && URL.canParse(url)))
      problems.push(`${name} must be a URL that begins with http:// or https://`);
  }
  const { VENDOR_API_URL: url, VENDOR_API_TOKEN: token } = config;
  if ((url === undefined) !== (token === undefined))
    problems.push("VENDOR_API_URL and VENDOR_API_TOKEN must be set together");
  if (token !== undefined && !JWT.test(token))
    problems.push("VENDOR_API_TOKEN must be a JWT: three parts of base64url with dots between");
  if (config.APP_ENV === "production" && url?.startsWith("http://") === true)
    problems.push("VENDOR_API_URL must begin with https:// in production: the token goes there");
  return problems;
}
