// What is common to the metadata that clients attach: flat entries, kept as they are or refused.
import { invalidField } from "./app-error.ts";

/**
 * Refuses numbers that were rounded when they were read: JSON numbers are doubles here, and beyond ±(2^53 − 1) two neighbours
 * are one. @throws AppError `invalid/invalid_request` naming the entry
 */
export function checkMetadataNumbers(metadata: Readonly<Record<string, unknown>>, field: string): void {
  for (const [name, value] of Object.entries(metadata))
    if (typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER)
      throw invalidField(
        `${field}.${name}`,
        "is beyond ±9007199254740991, where numbers are no longer kept exactly: send it as a string",
      );
}
