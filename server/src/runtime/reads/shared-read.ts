// One read for all callers that ask at once: the counterpart of group commit. A caller that asks while a read is under way waits
// for the next read and shares it, so that the result always includes everything that was there when the caller asked.

/** @param read started anew for the callers that asked since the last one started; only they get its failure */
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
