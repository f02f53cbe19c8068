// Reads holds and sums within a transaction: for checks of what other modules say they hold and have moved.
import type { Tx } from "../../../runtime/transaction.ts";
import type { KeptHold } from "../book/journal.ts";
import * as store from "./held-store.ts";

/** By id, whatever their state; unknown ids are left out. No locks. */
export async function findHoldsById(tx: Tx, ids: readonly number[]): Promise<Map<number, KeptHold>> {
  const holds = ids.length === 0 ? [] : await store.selectKeptHolds(tx, ids);
  return new Map(holds.map((hold) => [hold.id, hold]));
}

/** How many active holds there are in favor of an account. */
export function countActiveHolds(tx: Tx, creditAccountId: number): Promise<number> {
  return store.countActiveHolds(tx, creditAccountId);
}

/** Ids of active holds in favor of an account, in order. */
export function findActiveHoldIds(
  tx: Tx,
  page: { creditAccountId: number; afterId: number; limit: number },
): Promise<number[]> {
  return store.selectActiveHoldIds(tx, page);
}

/** Everything that ever went out of a system account, and into it. */
export function getSystemSums(tx: Tx, accountId: number): Promise<{ debits: bigint; credits: bigint }> {
  return store.selectSystemSums(tx, accountId);
}
