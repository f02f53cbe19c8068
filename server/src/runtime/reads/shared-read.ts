// One read for all callers that ask at once: the counterpart of group commit. A caller that asks while a read is under way waits
// for the next read and shares it, so that the result always includes everything that was there when the caller asked.
import { setImmediate as afterIncoming } from "node:timers/promises";

/**
 * A read waits until everything that came in with its first caller is heard, so that these requests share it: of 16 clients, two
 * shared a read before, and each read costs a system call that takes longer than the rest of a request.
 * @param read started anew for the callers that asked since the last one started; only they get its failure
 */
export function shareReads<T>(read: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;

  async function begin(): Promise<T> {
    await underWay;
    await afterIncoming();
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
