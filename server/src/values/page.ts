// Pages of a list, which goes on after the item at which the page before it ended. One item more than a page holds is looked
// for: its being there says that another page follows.

/** Where a page begins, and how much it may hold. */
export interface PageBounds {
  /** Id of the last item of the page before; undefined for the first page. */
  readonly cursor?: number | undefined;
  readonly limit: number;
}

export interface Page<Item, Cursor = number> {
  readonly items: readonly Item[];
  /** Where the next page goes on; undefined on the last. A page may be short, even empty, and still have a next one. */
  readonly nextCursor: Cursor | undefined;
}

export const EMPTY_PAGE: Page<never> = { items: [], nextCursor: undefined };

/** @param found up to `limit` + 1 items; `cursorOf` is what the list goes on by */
export function toPage<Item, Cursor = number>(
  found: readonly Item[],
  limit: number,
  cursorOf: (item: Item) => Cursor,
): Page<Item, Cursor> {
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : undefined;
  return { items, nextCursor: last === undefined ? undefined : cursorOf(last) };
}
