// Reads a moment from an option of the command line.
import { InvalidArgumentError } from "commander";
import { loadConfig } from "../config/load-config.ts";
import { parseStamp } from "../values/time.ts";
import { startOfDay } from "../values/time-zone.ts";

/**
 * Returns a stamp; for a date, its first moment in SHOP_TIME_ZONE.
 * @throws InvalidArgumentError, which commander tells with the option's name; ConfigError where a date is named and the settings are wrong
 */
export function readTime(text: string): number {
  const stamp = readUtcTime(text);
  return text.includes(":") ? stamp : (startOfDay(text, loadConfig().SHOP_TIME_ZONE) ?? stamp);
}

/** The same, but a date means UTC: for lists whose days are in UTC. */
export function readUtcTime(text: string): number {
  const stamp = parseStamp(text);
  if (stamp === undefined)
    throw new InvalidArgumentError(
      "must be RFC 3339 of a day that exists, such as 2026-11-21T09:00:00Z, or a date such as 2026-11-21",
    );
  return stamp;
}
