// Opens accounts: empty, open, not to be overdrawn beyond their credit limit.
import type { Tx } from "../../../runtime/transaction.ts";
import { insertAccounts } from "./account-store.ts";

export interface NewAccount {
  readonly assetId: number;
  /** Minor units by which the account may go below zero. */
  readonly creditLimit: bigint;
}

/** Opens the accounts and returns their ids in the same order. No locks. */
export function openAccounts(tx: Tx, accounts: readonly NewAccount[]): Promise<number[]> {
  return insertAccounts(tx, accounts);
}
