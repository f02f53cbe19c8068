// Pages of lists as clients ask for them and get them.
import type { Page, PageBounds } from "../values/page.ts";
import { formatCursor, readCursor } from "./cursor.ts";

/** @throws AppError `invalid/invalid_request` naming the field `cursor` */
export function readPage({
  cursor,
  limit = 50,
}: {
  readonly cursor?: string;
  readonly limit?: number;
}): Required<PageBounds> {
  return { cursor: readCursor(cursor), limit };
}

export function describePage<Item, Document>(
  { items, nextCursor }: Page<Item>,
  describe: (item: Item) => Document,
): { items: Document[]; next_cursor: string | null } {
  return { items: items.map((item) => describe(item)), next_cursor: formatCursor(nextCursor) };
}
