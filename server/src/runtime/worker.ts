// Runs a pass of work over and over in the background of a process: after each pass it rests as long as the pass says, or
// until it is woken. A failed pass is told and comes again. Several processes may run the same worker, where the pass
// itself claims what is due.
import { setTimeout as sleep } from "node:timers/promises";

export interface Worker {
  /** Ends the rest, or leaves out the next where a pass is under way. */
  readonly wake: () => void;
  /** Lets the pass under way end; no other begins. */
  readonly stop: () => Promise<void>;
}

export interface WorkerOptions {
  /** Returns for how many milliseconds to rest. `stopping` is aborted by `stop`. */
  readonly pass: (stopping: AbortSignal) => Promise<number>;
  /** Tells of a failed pass, but not of one that failed because it was to stop. Returns for how many milliseconds to rest. */
  readonly onFailure: (error: unknown) => number;
  /** Rested after each pass in any case: what wakes the worker meanwhile shares the next. Default 0. */
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
