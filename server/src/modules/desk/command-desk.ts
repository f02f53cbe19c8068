// The desk: every command that moves money or goods queues here, whatever its kind, and is committed in batches. A batch locks
// all accounts at once, answers repeated keys, lets each command decide on the book in arrival order, and writes
// postings, remembered answers, events and rows in one transaction. Two round trips; a lone command is a batch of one.
import type { Sql } from "../../runtime/database.ts";
import { createGroupCommit, type GroupCommit, type LockKey } from "../../runtime/group-commit.ts";
import { inPipelinedTransaction } from "../../runtime/transaction.ts";
import { createNumberedWriter } from "../audit/index.ts";
import { type Assets, withPartitions } from "../ledger/index.ts";
import { nameContended } from "./batch-rows.ts";
import type { BookCommand, CommandOutcome, Commit } from "./book-command.ts";
import { commitBatch } from "./commit-batch.ts";

export interface DeskOptions {
  readonly db: Sql;
  readonly assets: Assets;
  /** Batches under way at once; the pool of `db` needs a connection for each. Default 1. */
  readonly lanesMax?: number;
  readonly batchItemsMax: number;
  readonly queueItemsMax: number;
  readonly onBatch?: (batch: { inputs: number; durationMs: number; waiting: number }) => void;
}

export interface CommandDesk extends GroupCommit<BookCommand, CommandOutcome> {
  /** Calls `listener` after every commit, ahead of the answers. It must neither throw nor wait. */
  readonly afterCommit: (listener: (commit: Commit) => void) => void;
}

export function openCommandDesk(options: DeskOptions): CommandDesk {
  const auditWriter = createNumberedWriter();
  const listeners: ((commit: Commit) => void)[] = [];
  const kept = new Map();
  const queue = createGroupCommit<BookCommand, CommandOutcome>({
    commitBatch: async (commands) => {
      const { outcomes, commit } = await auditWriter.write((appendEntries) =>
        withPartitions(options.db, () =>
          inPipelinedTransaction(options.db, (tx) =>
            commitBatch(tx, commands, { assets: options.assets, kept, appendEntries }),
          ),
        ),
      );
      for (const listener of listeners) listener(commit);
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

/** System accounts are no row that a batch locks. */
function findLocks({ scope, needs = [] }: BookCommand, assets: Assets): LockKey[] {
  const accountIds = [...scope.accountIds].filter((id) => assets.assetOfSystemAccount(id) === undefined);
  return [...accountIds, ...nameContended(needs)];
}
