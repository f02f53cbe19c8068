// Cursors of lists: the id at which a page ended, in a form that nobody is tempted to compute with.
import { invalidField } from "../values/app-error.ts";
import { parseId } from "../values/id.ts";

export function formatCursor(id: number | undefined): string | null {
  return id === undefined ? null : Buffer.from(String(id)).toString("base64url");
}

/** @throws AppError `invalid/invalid_request` naming the field `cursor` */
export function readCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const id = parseId(Buffer.from(cursor, "base64url").toString());
  if (id === undefined || formatCursor(id) !== cursor)
    throw invalidField(
      "cursor",
      "is not a cursor of this list; take next_cursor of the page before as it is",
    );
  return id;
}
