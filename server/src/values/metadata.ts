// Rules for the metadata that clients attach: flat entries, kept as they are or refused.
import { invalidField } from "./app-error.ts";
import { checkName } from "./names.ts";
import { readEach } from "./read-input.ts";

type Metadata = Readonly<Record<string, unknown>>;

/**
 * Metadata as the JSON text that is kept. (Numbers that cannot be kept are refused where a body is read: http/check-json.ts.)
 * @throws AppError `invalid/invalid_request` naming the entry
 */
export function readMetadata(metadata: Metadata, field = "metadata"): string {
  checkMetadata(metadata, field);
  return JSON.stringify(metadata);
}

/**
 * Refuses NUL characters in names and texts, because PostgreSQL cannot keep them; and names that people cannot tell apart.
 * @throws AppError `invalid/invalid_request`
 */
export function checkMetadata(metadata: Metadata, field = "metadata"): void {
  readEach(Object.entries(metadata), ([name, value]) => {
    if (name !== "") checkName(name, field);
    if (typeof value === "string" && value.includes("\0"))
      throw invalidField(`${field}.${name}`, "must not have NUL characters");
  });
}
