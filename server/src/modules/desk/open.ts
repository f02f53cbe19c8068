// Opens the desk: the queue of commands, the listeners told after each commit, and the upkeep of keys and holds.
import { rotateEpochs } from "../../runtime/idempotency.ts";
import type { JobServices } from "../jobs/open.ts";
import type { LedgerModule } from "../ledger/open.ts";
import type { Module } from "../module.ts";
import { type CommandDesk, openCommandDesk } from "./command-desk.ts";
import { expireHolds } from "./expire-holds.ts";

const HOUR_SECONDS = 3_600;
const SWEEP_SECONDS = 5;
/** A posting counts as two stamps: its transfer, or its refusal. */
const STAMPS_PER_ITEM = 2;

export interface DeskSettings {
  readonly batchItemsMax: number;
  readonly queueItemsMax: number;
  /** For how many full days a key and its answer are kept. */
  readonly keepKeysDays: number;
}

export const desk: Module<"desk", DeskSettings, { jobs: JobServices; ledger: LedgerModule }, CommandDesk> = {
  name: "desk",
  readSettings: (config) => ({
    batchItemsMax: config.BATCH_ITEMS_MAX,
    queueItemsMax: config.BATCH_QUEUE_MAX,
    keepKeysDays: config.IDEMPOTENCY_KEEP_DAYS,
  }),
  open: ({ db, batchDb, lanes, metrics }, settings, { jobs, ledger }) => {
    const opened = openCommandDesk({
      db,
      batchDb,
      assets: ledger.assets,
      isWanted: jobs.isWanted,
      lanesMax: lanes,
      batchItemsMax: settings.batchItemsMax * STAMPS_PER_ITEM,
      queueItemsMax: settings.queueItemsMax * STAMPS_PER_ITEM,
      onBatch: metrics.observeBatch,
      onDecided: metrics.countDecided,
    });
    opened.afterCommit(({ transactions, events }) => {
      for (const transaction of transactions) metrics.countTransaction(transaction);
      if (events.length > 0) jobs.notice(events);
    });
    return {
      services: opened,
      tasks: [
        {
          name: "rotate_idempotency_epochs",
          everySeconds: HOUR_SECONDS,
          run: () => rotateEpochs(db, settings.keepKeysDays),
        },
        { name: "expire_holds", everySeconds: SWEEP_SECONDS, run: () => expireHolds({ db, desk: opened }) },
      ],
      close: opened.close,
    };
  },
};
