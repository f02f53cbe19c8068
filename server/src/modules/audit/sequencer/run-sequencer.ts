// Runs the sequencer in the background of a process: round after round while something waits, a look every quarter of a
// second otherwise. Every process may run one; the rounds' lock lets one at a time do the work.
import type { Sql } from "../../../runtime/database.ts";
import type { Log } from "../../../runtime/log.ts";
import type { Vault } from "../../../runtime/vault/vault.ts";
import { startWorker } from "../../../runtime/worker.ts";
import { createSequencer } from "./sequence-entries.ts";

export interface RunningSequencer {
  /** Whether the last round failed: entries wait, and nothing is chained. */
  readonly isFailing: () => boolean;
  /** Lets the round under way end. */
  readonly stop: () => Promise<void>;
}

const IDLE_MS = 250;
const RETRY_MS = 2_000;
const REST_FACTOR = 6;
const LAG_MAX_MS = 60_000;

export function runSequencer({ db, vault, log }: { db: Sql; vault: Vault; log: Log }): RunningSequencer {
  const sequencer = createSequencer({ db, vault });
  let isFailing = false;

  /**
   * Returns how long to rest. Commands come before their records: a round is followed by a rest of several times its
   * length, and only where entries have been waiting for long by one of its own length. Measured on two cores under full
   * load, where every turn of the sequencer is one that commands do not get.
   */
  async function runRound(): Promise<number> {
    const startedAt = performance.now();
    const { chained, waitedMs } = await sequencer.runRound();
    isFailing = false;
    if (chained === 0) return IDLE_MS;
    return (performance.now() - startedAt) * (waitedMs > LAG_MAX_MS ? 1 : REST_FACTOR);
  }

  const worker = startWorker({
    pass: runRound,
    onFailure: (error) => {
      isFailing = true;
      log.error({ err: error }, "audit entries wait: the sequencer's round failed and is tried again");
      return RETRY_MS;
    },
  });
  return { isFailing: () => isFailing, stop: worker.stop };
}
