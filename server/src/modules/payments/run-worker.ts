// Runs a pass of work over and over: at once while there is more, else when it is woken or some time has passed. Several
// processes may run the same worker; what is due is claimed row by row.
import type { Log } from "../../runtime/log.ts";

export interface Worker {
  readonly wake: () => void;
  /** Lets the pass under way end. */
  readonly stop: () => Promise<void>;
}

export interface WorkerOptions {
  readonly name: string;
  readonly pollMs: number;
  readonly log: Log;
  /** Returns how much there was to do; it is called again at once where there was something. */
  readonly pass: (signal: AbortSignal) => Promise<number>;
}

export function runWorker({ name, pollMs, log, pass }: WorkerOptions): Worker {
  const stopping = new AbortController();
  let wakeUp: (() => void) | undefined;
  let isWoken = false;

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      if (isWoken || stopping.signal.aborted) return resolve();
      const timer = setTimeout(resolve, pollMs);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      isWoken = false;
      const done = await pass(stopping.signal).catch((error: unknown) => {
        if (!stopping.signal.aborted)
          log.warn({ err: error, worker: name }, "a pass failed and is tried again");
        return 0;
      });
      if (done === 0) await pause();
    }
  }

  const running = run();
  const wake = () => {
    isWoken = true;
    wakeUp?.();
  };
  return {
    wake,
    stop: async () => {
      stopping.abort();
      wake();
      await running;
    },
  };
}
