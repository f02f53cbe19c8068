// Repeats a pass of work in the background of a process: after each pass it rests for as long as the pass says, or until it is
// woken. A failed pass is reported and tried again. Several processes may run the same worker, if the pass itself claims the
// work that is due.
import { setTimeout as sleep } from "node:timers/promises";

export interface Worker {
  /** Ends the rest; during a pass, skips the rest that would follow. */
  readonly wake: () => void;
  /** Waits for the pass under way to end; no other begins. */
  readonly stop: () => Promise<void>;
}

export interface WorkerOptions {
  /** Returns for how many milliseconds to rest. `stopping` is aborted by `stop`. */
  readonly pass: (stopping: AbortSignal) => Promise<number>;
  /** Reports a failed pass, unless it failed because of `stop`. Returns for how many milliseconds to rest. */
  readonly onFailure: (error: unknown) => number;
  /** The minimum rest after each pass: all wake-ups during it share the next pass. Default 0. */
  readonly paceMs?: number;
}

export function startWorker({ pass, onFailure, paceMs = 0 }: WorkerOptions): Worker {
  const stopping = new AbortController();
  let turn = new AbortController();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      turn = new AbortController();
      const restMs = await pass(stopping.signal).catch((error: unknown) =>
        stopping.signal.aborted ? 0 : onFailure(error),
      );
      await rest(restMs, turn.signal);
      await rest(paceMs, stopping.signal);
    }
  }

  const running = run();
  return {
    wake: () => turn.abort(),
    stop: async () => {
      stopping.abort();
      turn.abort();
      await running;
    },
  };
}

async function rest(ms: number, ending: AbortSignal): Promise<void> {
  if (ms > 0 && !ending.aborted) await sleep(ms, undefined, { signal: ending }).catch(() => undefined);
}
