// Many requests at once, never more than this: the book commits those that wait together as one batch.
const IN_FLIGHT = 64;

export type Progress = (done: number, total: number) => void;

/** Runs `work` for every item and returns the results in the items' order; the first failure starts no further item. */
export async function runMany<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  onProgress: Progress,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  let failed = false;
  let done = 0;
  const runNext = async () => {
    for (const [index, item] of waiting) {
      if (failed) return;
      results[index] = await work(item);
      done += 1;
      onProgress(done, items.length);
    }
  };
  const lanes = Array.from({ length: Math.min(IN_FLIGHT, items.length) }, runNext);
  await Promise.all(lanes).catch((error: unknown) => {
    failed = true;
    throw error;
  });
  return results;
}
