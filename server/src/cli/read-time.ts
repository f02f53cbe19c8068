// Reads a moment from an option of the command line.
import { InvalidArgumentError } from "commander";
import { parseStamp } from "../values/time.ts";

/** Returns a stamp. @throws InvalidArgumentError, which commander tells with the option's name */
export function readTime(text: string): number {
  const stamp = parseStamp(text);
  if (stamp === undefined)
    throw new InvalidArgumentError(
      "must be RFC 3339 of a day that exists, such as 2026-11-21T09:00:00Z, or a date such as 2026-11-21",
    );
  return stamp;
}
