// Finds errors in the settings of supply beyond each value's type.
import type { Config } from "./config.ts";
import { VENDOR_API_URL_DEFAULT } from "./keys/supply.ts";

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export function findUnsafeSupply(config: Config): string[] {
  return config.APP_ENV === "production" ? findUnfitForProduction(config) : [];
}

function findUnfitForProduction({ VENDOR_API_URL: url, VENDOR_API_TOKEN: token }: Config): string[] {
  const isExample = url === VENDOR_API_URL_DEFAULT;
  if (token === undefined)
    return isExample
      ? []
      : ["VENDOR_API_TOKEN must be set with VENDOR_API_URL: without it nothing is asked there"];
  const problems: string[] = [];
  if (isExample) problems.push(`VENDOR_API_URL must be set with VENDOR_API_TOKEN: nobody answers at ${url}`);
  if (url.startsWith("http://"))
    problems.push("VENDOR_API_URL must begin with https:// in production: the token goes there");
  if (!JWT.test(token))
    problems.push("VENDOR_API_TOKEN must be a JWT: three parts of base64url with dots between");
  return problems;
}

/** Warnings about the supplier outside production, in words. */
export function describeSupplyOddities({
  APP_ENV,
  VENDOR_API_URL: url,
  VENDOR_API_TOKEN: token,
}: Config): string[] {
  if (APP_ENV === "production") return [];
  if (token === undefined)
    return url === VENDOR_API_URL_DEFAULT
      ? []
      : ["VENDOR_API_URL does nothing until VENDOR_API_TOKEN is set"];
  const problems: string[] = [];
  if (url === VENDOR_API_URL_DEFAULT)
    problems.push(`VENDOR_API_URL is not set: nobody answers at its example, ${url}`);
  if (!JWT.test(token))
    problems.push("VENDOR_API_TOKEN is no JWT: good for trying out, and production refuses it");
  return problems;
}
