// Cuts a page off what a list found. One item more than the page holds is asked for: its being there says that another
// page follows, which begins after the last item of this one.

export interface CutPage<Item> {
  readonly page: readonly Item[];
  /** Of the page, where another follows; undefined on the last page. */
  readonly last: Item | undefined;
}

/** @param found up to `limit` + 1 items */
export function cutPage<Item>(found: readonly Item[], limit: number): CutPage<Item> {
  const page = found.slice(0, limit);
  return { page, last: found.length > limit ? page.at(-1) : undefined };
}
