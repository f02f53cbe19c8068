// Writes a batch's decisions. All statements are sent at once, without waiting for each other, before the COMMIT.
import { randomInt } from "node:crypto";
import type { Tx } from "../../../runtime/transaction.ts";
import type { Book, BookAccount } from "./book.ts";
import * as store from "./write-book-store.ts";

/** Each batch adds to a random one of these stripes. Two batches on one stripe stay correct; one merely waits for the other. */
const STRIPES = 64;

/**
 * Sends the batch's writes; the caller awaits them together with its own and the COMMIT.
 * @param refusedIds accounts on which a command was refused: their row notes the stamp up to which they were looked at
 */
export function writeBook(
  tx: Tx,
  book: Book,
  refusedIds: ReadonlySet<number> = new Set(),
): Promise<unknown>[] {
  const { accounts, decisions } = book;
  const changed = [...accounts.values()].filter((account) => account.version !== account.openingVersion);
  const customers = findCustomers(book, refusedIds);
  const system = changed.filter((account) => account.system);
  const reversals = decisions.journals.filter((journal) => journal.reversedId !== undefined);
  const ended = [...new Map([...decisions.drawnHolds, ...decisions.closedHolds]).values()];
  const writes: Promise<unknown>[] = [];
  if (customers.length > 0)
    writes.push(store.updateAccounts(tx, customers, { ...stampsOf(book), posted: decisions }));
  else if (decisions.transfers.length > 0) writes.push(store.insertPosted(tx, decisions));
  if (system.length > 0) writes.push(store.addToSystemBalances(tx, system, randomInt(STRIPES)));
  if (decisions.placedHolds.length > 0) writes.push(store.insertHolds(tx, decisions));
  if (ended.length > 0) writes.push(store.updateHolds(tx, ended));
  if (decisions.captures.length > 0) writes.push(store.insertCaptures(tx, decisions.captures));
  if (reversals.length > 0) writes.push(store.insertReversals(tx, reversals));
  if (decisions.refusals.length > 0) writes.push(store.insertRefusals(tx, decisions.refusals));
  return writes;
}

/**
 * Of locked accounts, writes those that changed, those that got a refusal or a hold in their favor on their list, and those on
 * which a command was refused: later batches must not take earlier stamps. Of accounts decided on ahead, writes all: the write
 * proves that they were as remembered.
 */
function findCustomers({ accounts, decisions, ahead }: Book, refusedIds: ReadonlySet<number>): BookAccount[] {
  const named = [...decisions.refusals.map(({ transfer }) => transfer), ...decisions.placedHolds];
  const listed = new Set(
    named.flatMap(({ debitAccountId, creditAccountId }) => [debitAccountId, creditAccountId]),
  );
  return [...accounts.values()]
    .filter(({ system, id, version, openingVersion }) => {
      const isTouched = version !== openingVersion || listed.has(id) || refusedIds.has(id);
      return !system && (isTouched || ahead !== null);
    })
    .sort((a, b) => a.id - b.id);
}

function stampsOf({ firstStamp, nextStamp, ahead }: Book) {
  return { firstStamp, lastStamp: Math.max(firstStamp, nextStamp - 1), ahead };
}
