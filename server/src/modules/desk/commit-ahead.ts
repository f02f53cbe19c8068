// Commits one batch of commands in a single round trip. The batch is decided ahead, on accounts as this process remembers them,
// with stamps that the batch before it took. It is written only if every account still has the version it was decided on, none
// of its keys has a remembered answer, and its stamps may still be used. Otherwise nothing is written, and the batch is decided
// again under locks. So other processes and a stale memory can never change an outcome, only how long it takes.
import type { BatchConnections } from "../../runtime/batch-driver/batch-connections.ts";
import { readOnOneConnection, type Tx, tryInOneTrip } from "../../runtime/transaction.ts";
import type { NumberedAppend } from "../audit/index.ts";
import {
  type BookAccount,
  claimStamps,
  openBookAhead,
  type StampsAhead,
  selectAccounts,
  takeStampsAhead,
} from "../ledger/index.ts";
import {
  type AnyReader,
  isAnyUnknown,
  mayBeRemembered,
  type OpenedRows,
  type RowMemory,
  readRows,
} from "./batch-rows.ts";
import type { BookCommand } from "./book-command.ts";
import {
  type CommitOptions,
  type CommittedBatch,
  countStamps,
  decideAll,
  idsOf,
  writeAll,
} from "./commit-batch.ts";
import type { KnownAccount } from "./known-accounts.ts";

/** `unfit` and `stale` mean that nothing was written: the batch has to be decided under locks. */
export type Trial =
  | { readonly state: "committed"; readonly committed: CommittedBatch }
  | { readonly state: "unfit" | "stale" };

const UNFIT: Trial = { state: "unfit" };

export async function commitAhead(
  db: BatchConnections,
  commands: readonly BookCommand[],
  { options, append, isAlone }: { options: CommitOptions; append: NumberedAppend; isAlone: boolean },
): Promise<Trial> {
  if (!commands.every(mayBeDecidedAhead)) return UNFIT;
  const { assets, known, reserve } = options;
  const count = countStamps(commands);
  const reserved = reserve.take(count);
  const chosen = reserved === undefined && isAlone ? reserve.choose(count) : undefined;
  const stamps = reserved ?? chosen;
  if (stamps === undefined) return UNFIT;
  const { accounts, opened } = await recall(db, commands, { ...options, now: stamps.first });
  const book = openBookAhead(accounts, { ...stamps, count }, { accountIds: [...idsOf(commands)], assets });
  if (book === undefined || accounts.length === 0) return UNFIT;
  const decided = await decideAll(commands, { book, opened, remembered: new Map() }, options);
  let ahead: Promise<StampsAhead> | undefined;
  const isWritten = await tryInOneTrip(db, (tx) => {
    if (chosen !== undefined) return [claimStamps(tx, chosen), ...writeAll(tx, decided, append)];
    const writes = writeAll(tx, decided, append);
    const more = reserve.countAfter(count);
    if (more === 0) return writes;
    ahead = takeStampsAhead(tx, more);
    return [...writes, ahead];
  }).catch((error: unknown) => {
    known.forget(book.accounts.keys());
    throw error;
  });
  if (!isWritten) {
    known.forget(book.accounts.keys());
    reserve.drop();
    return { state: "stale" };
  }
  known.keep(book, opened);
  if (chosen !== undefined)
    reserve.keep({ ...chosen, first: chosen.first + count, count: chosen.count - count });
  if (ahead !== undefined) reserve.keep(await ahead);
  return { state: "committed", committed: decided.committed };
}

/** Holds and reversals have rows of their own, and upkeep looks for whatever is due: these commands need the locks. */
function mayBeDecidedAhead({ event, scope, needs = [], reach }: BookCommand): boolean {
  const { holdIds = [], reversedIds = [] } = scope;
  if (reach !== undefined) return false;
  return event !== null && holdIds.length === 0 && reversedIds.length === 0 && mayBeRemembered(needs);
}

/** Takes remembered rows and reads the rest, without locks, in one more round trip: accounts before the rows that follow them. */
async function recall(
  db: BatchConnections,
  commands: readonly BookCommand[],
  { assets, kept, known, now }: CommitOptions & { readonly now: number },
): Promise<{ accounts: BookAccount[]; opened: OpenedRows }> {
  const ids = [...idsOf(commands)].filter((id) => assets.assetOfSystemAccount(id) === undefined);
  const recalled = new Map(ids.map((id) => [id, known.get(id)]));
  const ofAccount = (id: unknown, reader: AnyReader) => rowOf(recalled.get(Number(id)), reader, now);
  const memory: RowMemory = { kept, ofAccount };
  const needs = commands.flatMap((command) => command.needs ?? []);
  const unknownIds = ids.filter((id) => recalled.get(id) === undefined);
  const read = async (tx: Tx) => {
    const [found, opened] = await Promise.all([
      unknownIds.length === 0 ? [] : selectAccounts(tx, unknownIds),
      readRows(tx, needs, memory),
    ]);
    return {
      accounts: [...[...recalled.values()].flatMap((known) => known?.account ?? []), ...found],
      opened,
    };
  };
  const isComplete = unknownIds.length === 0 && !isAnyUnknown(needs, memory);
  return isComplete ? read(NO_READS) : readOnOneConnection(db, read);
}

/** The row as it was read once and followed since; `none` for an account that has not paid for long enough. */
function rowOf(known: KnownAccount | undefined, reader: AnyReader, now: number): unknown {
  const row = known?.rows.get(reader);
  if (row !== undefined || known === undefined) return row;
  return reader.ofAccount?.isNone(known.lastDebitedAt, now) === true ? reader.ofAccount.none : undefined;
}

/** Where everything is remembered, the database is not asked. */
const NO_READS: Tx = {
  get sql(): never {
    throw new Error("a remembered row was looked up");
  },
};
