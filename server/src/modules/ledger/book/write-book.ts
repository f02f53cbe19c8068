// Writes what a batch decided. All statements leave at once, without waiting for each other, ahead of the COMMIT.
import { randomInt } from "node:crypto";
import type { Tx } from "../../../runtime/transaction.ts";
import type { Book } from "./book.ts";
import * as store from "./write-book-store.ts";

/** Each batch adds to one of these stripes by chance. Two batches on one stripe stay correct and merely wait for each other. */
const STRIPES = 64;

/** Sends the batch's writes; the caller awaits them together with its own and the COMMIT. */
export function writeBook(tx: Tx, { accounts, decisions }: Book): Promise<unknown>[] {
  const changed = [...accounts.values()].filter((account) => account.version !== account.openingVersion);
  const customers = changed.filter((account) => !account.system);
  const system = changed.filter((account) => account.system);
  const reversals = decisions.journals.filter((journal) => journal.reversedId !== undefined);
  const closed = [...decisions.closedHolds.values()];
  const writes: Promise<unknown>[] = [];
  if (customers.length > 0) writes.push(store.updateAccounts(tx, customers));
  if (system.length > 0) writes.push(store.addToSystemBalances(tx, system, randomInt(STRIPES)));
  if (decisions.journals.length > 0) writes.push(store.insertJournals(tx, decisions.journals));
  if (decisions.transfers.length > 0) writes.push(store.insertTransfers(tx, decisions.transfers));
  if (decisions.placedHolds.length > 0) writes.push(store.insertHolds(tx, decisions.placedHolds));
  if (closed.length > 0) writes.push(store.closeHolds(tx, closed));
  if (reversals.length > 0) writes.push(store.insertReversals(tx, reversals));
  if (decisions.refusals.length > 0) writes.push(store.insertRefusals(tx, decisions.refusals));
  return writes;
}
