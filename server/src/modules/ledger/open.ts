// Opens the ledger: its assets in memory, the partitions of the coming months, its transfers for the audit trail.
import type { Sql } from "../../runtime/database.ts";
import type { AuditModule } from "../audit/open.ts";
import type { Check, Module } from "../module.ts";
import { type Assets, loadAssets } from "./accounts/assets.ts";
import { getImbalance } from "./accounts/get-balance.ts";
import { followClock } from "./partitions/follow-clock.ts";
import { findMissingPartitions } from "./partitions/partition-store.ts";
import { createPartitions } from "./partitions/upkeep-store.ts";
import { openClockWatch } from "./partitions/watch-clock.ts";
import { openTransferSource } from "./transactions/transfer-source.ts";
import { verifyBook } from "./verify/verify-book.ts";

const PARTITION_MONTHS_AHEAD = 3;
const DAY_SECONDS = 86_400;
/** Proving the balance reads every account; learning of a difference once a minute is soon enough. */
const IMBALANCE_EVERY_MS = 60_000;

export interface LedgerModule {
  readonly assets: Assets;
}

const CHECK: Check = {
  kind: "ledger",
  run: async (db, { full, readOnly, onProgress }) => {
    const { differences, ...reading } = await verifyBook(db, {
      ...(full === undefined ? {} : { full }),
      ...(readOnly === undefined ? {} : { readOnly }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    return { differences, reading };
  },
};

/** How often to check whether the clock was set back. */
const CLOCK_SECONDS = 10;

export const ledger: Module<"ledger", object, { audit: AuditModule }, LedgerModule> = {
  name: "ledger",
  readSettings: () => ({}),
  checks: [CHECK],
  open: async ({ db, log, setTimesBack }, _settings, { audit }) => {
    const assets = await loadAssets(db);
    await createPartitions(db, PARTITION_MONTHS_AHEAD); // the program may have been off since last month
    const clock = openClockWatch(db, log);
    await clock.look();
    audit.takeTransfersFrom(openTransferSource(db));
    return {
      services: { assets },
      tasks: [
        {
          name: "create_partitions",
          everySeconds: DAY_SECONDS,
          run: () => createPartitions(db, PARTITION_MONTHS_AHEAD),
        },
        { name: "watch_clock", everySeconds: CLOCK_SECONDS, run: () => followClock(db, setTimesBack) },
      ],
      listDegraded: clock.describe,
      checkReady: () => requirePartitions(db),
      gauges: [
        {
          name: "ledger_clock_lead_seconds",
          help: "By how much the ledger's newest stamp lies in the future; above 0, the database's clock was set back",
          read: clock.look,
        },
        {
          name: "ledger_imbalance",
          help: "Difference of debits and credits over all assets, in minor units; anything but 0 is an error in the book",
          read: async () => Number(await getImbalance(db)),
          everyMs: IMBALANCE_EVERY_MS,
        },
      ],
    };
  },
};

/** Makes missing partitions at once. @throws Error where that fails: then nothing can be booked */
async function requirePartitions(db: Sql): Promise<void> {
  if ((await findMissingPartitions(db)).now.length > 0) await createPartitions(db, 0);
}
