// What is wrong with the values of supply, though each is of its type.
import type { Config } from "./config.ts";

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
