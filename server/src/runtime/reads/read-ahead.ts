// Reads a table a page at a time while the page before is looked at, so that the database and this process work at the same
// time. Two pages are in memory, however many there are.

/**
 * Pages until one is empty. `after` is what `keyOf` answers for the last row of the page before; undefined for the first.
 * One statement more than asked for may be under way on the connection; it has ended when the loop has.
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
      next.catch(() => undefined); // thrown where it is awaited, unless the loop has ended by then
      yield page;
    }
  } finally {
    await next.catch(() => undefined);
  }
}
