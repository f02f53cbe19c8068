// Bounds the number of hashes computed at once, so that a flood of logins queues here and the threads that also serve
// the rest of the program, and the cores that payments need, stay free. What does not fit is told to come again.
import { identityError } from "../errors.ts";

export interface HashQueue {
  /** @throws AppError `unavailable/login_busy` where too many wait already */
  readonly run: <T>(hash: () => Promise<T>) => Promise<T>;
}

export function createHashQueue(options: { concurrency: number; waitingMax: number }): HashQueue {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function run<T>(hash: () => Promise<T>): Promise<T> {
    if (running >= options.concurrency) await takeTurn();
    else running += 1;
    try {
      return await hash();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next(); // hands its place over
    }
  }

  function takeTurn(): Promise<void> {
    if (waiting.length >= options.waitingMax) throw identityError("login_busy", { retryAfterSeconds: 2 });
    return new Promise((resolve) => waiting.push(resolve));
  }

  return { run };
}
