// Pages of a list: each page continues after the item at which the previous one ended. One item more than a page holds is read:
// if it is there, another page follows.

/** Where a page begins, and how much it may hold. */
export interface PageBounds {
  /** Id of the previous page's last item; undefined for the first page. */
  readonly cursor?: number | undefined;
  readonly limit: number;
}

export interface Page<Item, Cursor = number> {
  readonly items: readonly Item[];
  /** Where the next page begins; undefined on the last. A page may be short, even empty, and still have a next page. */
  readonly nextCursor: Cursor | undefined;
}

export const EMPTY_PAGE: Page<never> = { items: [], nextCursor: undefined };

/** @param found up to `limit` + 1 items; `cursorOf` gives the value by which the list continues */
export function toPage<Item, Cursor = number>(
  found: readonly Item[],
  limit: number,
  cursorOf: (item: Item) => Cursor,
): Page<Item, Cursor> {
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : undefined;
  return { items, nextCursor: last === undefined ? undefined : cursorOf(last) };
}
