// One read for all who ask at once: what group commit is to writing. Whoever asks while a read is under way waits for the next,
// which they share, so that nobody is told of less than was there when they asked.

/** @param read begun anew for those who asked since the one before began; a failure is theirs alone */
export function shareReads<T>(read: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;

  async function begin(): Promise<T> {
    await underWay;
    next = undefined;
    const mine = read();
    underWay = mine.catch(() => undefined);
    return mine;
  }

  return () => {
    next ??= begin();
    return next;
  };
}
