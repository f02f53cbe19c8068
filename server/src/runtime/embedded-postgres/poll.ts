// Waits, always with a limit, for something outside this process to become true.

import { setTimeout as delay } from "node:timers/promises";

// Short enough that a start does not feel slow, long enough that waiting costs no processor time.
const intervalMs = 15;

export interface PollOptions {
  readonly timeoutMs: number;
  readonly until: () => boolean | Promise<boolean>;
}

/** Returns whether `until` became true within the time limit; it is checked at least once. */
export async function poll({ timeoutMs, until }: PollOptions): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await until())) {
    if (performance.now() >= deadlineMs) return false;
    await delay(intervalMs);
  }
  return true;
}

/** Returns whether the promise settled within the time limit. Leaves no timer behind. */
export async function settlesWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const timer = new AbortController();
  const settled = promise.then(
    () => true,
    () => true,
  );
  const late = delay(timeoutMs, false, { signal: timer.signal }).catch(() => false);
  return Promise.race([settled, late]).finally(() => timer.abort());
}
