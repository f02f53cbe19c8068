// Finds errors in the settings of payments beyond each value's type.
import type { Config } from "./config.ts";

export function findUnsafePayments(config: Config): string[] {
  const problems: string[] = [];
  const key = config.STRIPE_SECRET_KEY;
  if (key !== undefined && config.STRIPE_WEBHOOK_SECRET === undefined)
    problems.push(
      "STRIPE_WEBHOOK_SECRET must be set with STRIPE_SECRET_KEY: without it no report of Stripe can be believed",
    );
  if (URL.canParse(config.STRIPE_API_URL) && new URL(config.STRIPE_API_URL).pathname !== "/")
    problems.push("STRIPE_API_URL must name a host alone: Stripe's client adds the path");
  if (config.APP_ENV === "production" && key !== undefined && !config.STRIPE_API_URL.startsWith("https://"))
    problems.push("STRIPE_API_URL must begin with https:// in production");
  return problems;
}
