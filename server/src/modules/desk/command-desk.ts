// The desk: every command that moves money or goods, whatever its kind, queues here and is committed in a batch. A batch is
// decided ahead on remembered accounts (commit-ahead.ts, one round trip) or under locks (commit-batch.ts, two). Each command
// decides on the book in arrival order; postings, remembered answers, events and rows are written in one transaction.
// Commands do not know which of the two ways was taken. A command on its own is a batch of one.
import type { BatchConnections } from "../../runtime/batch-driver/batch-connections.ts";
import type { Sql } from "../../runtime/database.ts";
import { createGroupCommit, type GroupCommit, type LockKey } from "../../runtime/group-commit.ts";
import { createNumberedWriter, type NumberedAppend } from "../audit/index.ts";
import { type Assets, withPartitions } from "../ledger/index.ts";
import { nameContended } from "./batch-rows.ts";
import type { BookCommand, CommandOutcome, Commit } from "./book-command.ts";
import { commitAhead } from "./commit-ahead.ts";
import { type CommittedBatch, commitUnderLocks } from "./commit-batch.ts";
import { createKnownAccounts } from "./known-accounts.ts";
import { createStampReserve } from "./stamp-reserve.ts";

export interface DeskOptions {
  /** Called when a batch finds upkeep that has not been done. */
  readonly db: Sql;
  readonly batchDb: BatchConnections;
  readonly assets: Assets;
  /** Tells which event topics have a subscriber; other events are not written. Default: all topics are wanted. */
  readonly isWanted?: (topic: string) => boolean;
  /** How many batches may be under way at once; `batchDb` needs a connection for each. Default 1. */
  readonly lanesMax?: number;
  readonly batchItemsMax: number;
  readonly queueItemsMax: number;
  /** How many accounts are remembered between batches, about 500 bytes each; 0: every batch is decided under locks. */
  readonly knownMax?: number;
  /** Decides every batch ahead, even when that keeps failing. For tests. */
  readonly isPersistent?: boolean;
  /** A clock in milliseconds that tells how old the stamps taken ahead are. Default: the process's own. */
  readonly clock?: () => number;
  /** Told how each batch was decided; `stale` is told before the `locks` that follows it. */
  readonly onDecided?: (way: Way) => void;
  readonly onBatch?: (batch: { inputs: number; durationMs: number; waiting: number }) => void;
}

/** How a batch was decided. `stale`: it was decided ahead, but a remembered account had changed. */
export type Way = "ahead" | "stale" | "locks";

export interface CommandDesk extends GroupCommit<BookCommand, CommandOutcome> {
  /** Calls `listener` after every commit, before the commands are answered. It must neither throw nor wait. */
  readonly afterCommit: (listener: (commit: Commit) => void) => void;
}

const KNOWN_ACCOUNTS_MAX = 50_000;
/** At most 63 batches are decided under locks before the next one is tried ahead again. */
const PASSED_OVER_DOUBLINGS = 6;

export function openCommandDesk(options: DeskOptions): CommandDesk {
  const auditWriter = createNumberedWriter();
  const listeners: ((commit: Commit) => void)[] = [];
  const commit = openCommitter(options);
  const queue = createGroupCommit<BookCommand, CommandOutcome>({
    commitBatch: async (commands) => {
      const { outcomes, commit: done } = await auditWriter.write((append) =>
        withPartitions(options.db, () => commit(commands, append)),
      );
      for (const outcome of outcomes) if ("committed" in outcome) outcome.committed?.();
      for (const listener of listeners) listener(done);
      return outcomes;
    },
    lanesMax: options.lanesMax ?? 1,
    batchWeightMax: options.batchItemsMax,
    queueWeightMax: options.queueItemsMax,
    weigh: (command) => command.scope.stampCount,
    locksOf: (command) => findLocks(command, options.assets),
    ...(options.onBatch === undefined ? {} : { onBatch: options.onBatch }),
  });
  return { ...queue, afterCommit: (listener) => void listeners.push(listener) };
}

/**
 * Decides a batch ahead where possible; under locks where it is not, or where the accounts it was decided on had changed.
 * Where other processes keep changing the same accounts, the desk stops deciding ahead for a while, each time twice as long.
 */
function openCommitter({ batchDb: db, assets, knownMax = KNOWN_ACCOUNTS_MAX, ...rest }: DeskOptions) {
  const { onDecided = () => undefined, isPersistent = false, isWanted = () => true, clock } = rest;
  const options = {
    assets,
    isWanted,
    kept: new Map(),
    known: createKnownAccounts(knownMax),
    reserve: createStampReserve(clock),
  };
  let failures = 0;
  let passedOver = 0;
  let underWay = 0;

  async function commit(commands: readonly BookCommand[], append: NumberedAppend): Promise<CommittedBatch> {
    if (passedOver > 0 && !isPersistent) passedOver -= 1;
    else if (knownMax > 0) {
      const trial = await commitAhead(db, commands, { options, append, isAlone: underWay === 1 });
      if (trial.state === "committed") {
        failures = 0;
        onDecided("ahead");
        return trial.committed;
      }
      if (trial.state === "stale") {
        failures = Math.min(failures + 1, PASSED_OVER_DOUBLINGS);
        passedOver = 2 ** failures - 1;
        onDecided("stale");
      }
    }
    onDecided("locks");
    return commitUnderLocks(db, commands, { options, append });
  }

  return (commands: readonly BookCommand[], append: NumberedAppend): Promise<CommittedBatch> => {
    underWay += 1;
    return commit(commands, append).finally(() => {
      underWay -= 1;
    });
  };
}

/** Batches do not lock the rows of system accounts. */
function findLocks({ scope, needs = [] }: BookCommand, assets: Assets): LockKey[] {
  const accountIds = [...scope.accountIds].filter((id) => assets.assetOfSystemAccount(id) === undefined);
  return [...accountIds, ...nameContended(needs)];
}
