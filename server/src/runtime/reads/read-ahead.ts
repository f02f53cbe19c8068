// Reads a table page by page, each while the page before is being processed, so that the database and this process work at the
// same time. Only two pages are in memory, however many there are.

/**
 * Yields pages until one is empty. `after` is `keyOf` of the last row of the previous page; undefined for the first page. One
 * more statement than needed may be under way on the connection; it has ended when the loop ends.
 */
export async function* readAhead<Row, Key>(
  read: (after: Key | undefined) => Promise<readonly Row[]>,
  keyOf: (last: Row) => Key,
): AsyncGenerator<readonly Row[], void> {
  let next = read(undefined);
  try {
    for (;;) {
      const page = await next;
      const last = page.at(-1);
      if (last === undefined) return;
      next = read(keyOf(last));
      next.catch(() => undefined); // the await below throws it, unless the loop has ended by then
      yield page;
    }
  } finally {
    await next.catch(() => undefined);
  }
}
