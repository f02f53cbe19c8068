// Runs the sequencer in the background of a process: round after round while entries are waiting, otherwise one look every
// quarter of a second. Every process may run one; a lock lets only one round work at a time.
import type { Connections } from "../../../runtime/database.ts";
import type { Log } from "../../../runtime/log.ts";
import type { Vault } from "../../../runtime/vault/vault.ts";
import { startWorker } from "../../../runtime/worker.ts";
import { createSequencer } from "./sequence-entries.ts";

export interface RunningSequencer {
  /** Whether the last round failed: entries are waiting, and nothing is chained. */
  readonly isFailing: () => boolean;
  /** Lets the present round end. */
  readonly stop: () => Promise<void>;
}

const IDLE_MS = 250;
const RETRY_MS = 2_000;
const REST_FACTOR = 6;
const LAG_MAX_MS = 60_000;

export function runSequencer({
  db,
  vault,
  log,
}: {
  db: Connections;
  vault: Vault;
  log: Log;
}): RunningSequencer {
  const sequencer = createSequencer({ db, vault });
  let isFailing = false;

  /**
   * Returns how long to rest. Commands are more urgent than their records: the rest after a round is several times as long as
   * the round, and only as long as the round where entries have been waiting for long. Measured on two cores under full load,
   * where every turn of the sequencer is taken from the commands.
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
