// Reads holds: one, those of accounts, those whose time is past. The two accounts of a hold never change, so they may be read
// ahead of a command; its state is only reliable under the lock of its debit account.
import type { Sql } from "../../../runtime/database.ts";
import type { Hold, HoldState } from "../book/journal.ts";
import * as store from "./hold-store.ts";

export interface HoldRecord extends Hold {
  readonly assetId: number;
  readonly reference: string | null;
  /** JSON text. */
  readonly metadata: string | null;
}

export interface HoldQuery {
  /** Holds out of or into any of these accounts; undefined: of all accounts. */
  readonly accountIds?: readonly number[] | undefined;
  readonly states: readonly HoldState[];
  /** Only holds placed before this one. */
  readonly beforeId?: number | undefined;
  readonly limit: number;
}

export function findHold(db: Sql, id: number): Promise<HoldRecord | undefined> {
  return store.selectHold(db, id);
}

/** Newest first. */
export function findHolds(db: Sql, query: HoldQuery): Promise<HoldRecord[]> {
  const { accountIds, beforeId = Number.MAX_SAFE_INTEGER } = query;
  if (accountIds === undefined) return store.selectAllHolds(db, { ...query, beforeId });
  return store.selectHoldsOfAccounts(db, { ...query, accountIds, beforeId });
}

/** Accounts, at most `limit`, with a hold that has passed its time and is not yet recorded as expired. */
export function findAccountsWithDueHolds(db: Sql, limit: number): Promise<number[]> {
  return store.selectAccountsWithDueHolds(db, limit);
}
