// Limits how much of one kind of work is under way at once. A flood of it waits here, while the threads and cores it needs can
// also serve the rest of the program. Turns come in order of arrival; when too many wait, the next one is refused.

export interface Turns {
  /** @throws the error that `refuse` makes, where too many are waiting already */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
  /** Nothing is under way, and nothing waits. */
  readonly isIdle: () => boolean;
}

export interface TurnLimits {
  readonly atOnce: number;
  readonly waitingMax: number;
  readonly refuse: () => Error;
}

export function createTurns({ atOnce, waitingMax, refuse }: TurnLimits): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function run<T>(work: () => Promise<T>): Promise<T> {
    if (running >= atOnce) await takeTurn();
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next(); // passes its place on
    }
  }

  function takeTurn(): Promise<void> {
    if (waiting.length >= waitingMax) throw refuse();
    return new Promise((resolve) => waiting.push(resolve));
  }

  return { run, isIdle: () => running === 0 };
}
