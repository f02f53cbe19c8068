// Runs the sequencer in the background of a process: round after round while something waits, a look every quarter of a
// second otherwise. Every process may run one; the rounds' lock lets one at a time do the work.
import type { Sql } from "../../runtime/database.ts";
import type { Log } from "../../runtime/log.ts";
import type { Vault } from "../../runtime/vault.ts";
import { createSequencer } from "./sequence-entries.ts";

export interface RunningSequencer {
  /** Lets the round under way end. */
  readonly stop: () => Promise<void>;
}

const IDLE_MS = 250;
const RETRY_MS = 2_000;

export function runSequencer({ db, vault, log }: { db: Sql; vault: Vault; log: Log }): RunningSequencer {
  const sequencer = createSequencer({ db, vault });
  const stopping = new AbortController();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) await pause(await runRound(), stopping.signal);
  }

  /** Returns how long to wait. A busy round is followed by a rest of its own length: commands come before their records. */
  async function runRound(): Promise<number> {
    const startedAt = performance.now();
    try {
      const { more } = await sequencer.runRound();
      return more ? performance.now() - startedAt : IDLE_MS;
    } catch (error) {
      log.warn({ err: error }, "audit entries wait: the sequencer's round failed and is tried again");
      return RETRY_MS;
    }
  }

  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

function pause(ms: number, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stopping.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    stopping.addEventListener("abort", end);
    if (stopping.aborted) end();
  });
}
