// Finds the journals and holds that other modules own in the ledger, within a transaction. Their own checks then say whether the
// owner knows each of them.
import type { Tx } from "../../../runtime/transaction.ts";
import type { OwnerType } from "../book/journal.ts";
import * as store from "./owned-store.ts";

export interface OwnedJournals {
  /** Stamp: only journals after it. */
  readonly since: number;
  readonly ownerTypes: readonly OwnerType[];
  /** Journals whose first transfer is out of or into one of these accounts; undefined: all. */
  readonly accountIds?: readonly number[];
}

const PAGE = 200_000;

export function countOwnedJournals(tx: Tx, owned: OwnedJournals): Promise<number> {
  return store.selectOwnedJournalCount(tx, owned);
}

/** The first journal that `readKnown` does not know; reads a page at a time. */
export async function findUnknownJournal(
  tx: Tx,
  owned: OwnedJournals,
  readKnown: (range: { first: number; last: number }) => Promise<ReadonlySet<number>>,
): Promise<number | undefined> {
  for (let afterId = owned.since; ; ) {
    const ids = await store.selectOwnedJournalIds(tx, owned, { afterId, limit: PAGE });
    const [first, last] = [ids.at(0), ids.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const known = await readKnown({ first, last });
    const unknown = ids.find((id) => !known.has(id));
    if (unknown !== undefined) return unknown;
    afterId = last;
  }
}

/** The first hold in favor of these accounts that was captured; undefined where none was. */
export function findCapturedHold(tx: Tx, creditAccountIds: readonly number[]): Promise<number | undefined> {
  return store.selectCapturedHoldId(tx, creditAccountIds);
}
