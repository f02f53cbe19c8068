// Cursors of lists: the id at which a page ended, encoded so that nobody computes with it, and with a checksum that reveals
// a cursor that was cut short or comes from the list in another order.
import { crc32 } from "node:zlib";
import { invalidField } from "../values/app-error.ts";
import { parseId } from "../values/id.ts";

/** @param order of the list, where it can be asked for in more than one */
export function formatCursor(id: number | undefined, order = ""): string | null {
  return id === undefined ? null : Buffer.from(`${id}.${sumOf(id, order)}`).toString("base64url");
}

/** @throws AppError `invalid/invalid_request` naming the field `cursor` */
export function readCursor(cursor: string | undefined, order = ""): number | undefined {
  if (cursor === undefined) return undefined;
  const [text = ""] = Buffer.from(cursor, "base64url").toString().split(".");
  const id = parseId(text);
  if (id === undefined || formatCursor(id, order) !== cursor)
    throw invalidField(
      "cursor",
      "is not a cursor of this list in this order; take next_cursor of the page before as it is",
    );
  return id;
}

function sumOf(id: number, order: string): string {
  return crc32(`${id} ${order}`).toString(36);
}
