// Adds transfers to their log, up to the last settled stamp. The ledger is a higher module, so it is passed in as a source of
// leaves.
import type { Sql } from "../../../runtime/database.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { hashLeaf } from "../proofs/merkle-hash.ts";
import { appendLeaves, partialTiles } from "../proofs/tiles.ts";
import { lockCheckpoints } from "./checkpoint-store.ts";
import { type LogState, moveLog, selectLog, selectTiles, writeTiles } from "./log-store.ts";

export interface LeafContent {
  readonly key: bigint;
  readonly content: string;
}

/** Where the log of transfers gets its leaves from. */
export interface TransferSource {
  /** The key up to which no new leaf can appear any more; undefined where that is not known now. */
  readonly settle: () => Promise<bigint | undefined>;
  /** Leaves with a key above `after` and not above `upTo`, in the order of their keys. */
  readonly read: (range: { after: bigint; upTo: bigint; limit: number }) => Promise<LeafContent[]>;
  /** Keys of the leaves of one transaction, in order; none where there is no such transaction. */
  readonly keysOf: (transactionId: number) => Promise<bigint[]>;
}

const LEAVES_PER_STEP = 1_024;

/** Returns how many leaves were added. Works in short transactions, one process at a time; stops early when `signal` aborts. */
export async function extendTransferLog(
  db: Sql,
  source: TransferSource,
  signal?: AbortSignal,
): Promise<number> {
  const upTo = await source.settle();
  let added = 0;
  for (let isDone = upTo === undefined; !isDone && upTo !== undefined && signal?.aborted !== true; ) {
    // Read before the transaction: inside it, this would hold one connection while waiting for another.
    const from = await selectLog(db, "transfers");
    const contents = await source.read({ after: from.lastKey, upTo, limit: LEAVES_PER_STEP });
    added += await append(db, from, contents);
    isDone = contents.length < LEAVES_PER_STEP;
  }
  return added;
}

/** Adds nothing where another process has extended the log meanwhile: its leaves are the same. */
function append(db: Sql, from: LogState, contents: readonly LeafContent[]): Promise<number> {
  const last = contents.at(-1);
  if (last === undefined) return Promise.resolve(0);
  return inTransaction(db, async (tx) => {
    await lockCheckpoints(tx);
    if ((await selectLog(tx.sql, "transfers")).size !== from.size) return 0;
    const leaves = contents.map(({ key, content }) => ({ key, hash: hashLeaf(content) }));
    const partial = await selectTiles(tx.sql, "transfers", partialTiles(from.size));
    await writeTiles(tx, "transfers", appendLeaves(from.size, partial, leaves));
    await moveLog(tx, "transfers", { from, to: { size: from.size + leaves.length, lastKey: last.key } });
    return leaves.length;
  });
}
