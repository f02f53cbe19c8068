// Opens accounts: they are empty and open, and cannot be overdrawn beyond their credit limit.
import type { Tx } from "../../../runtime/transaction.ts";
import { insertAccounts, type NewAccount } from "./account-store.ts";

/** Opens the accounts and returns their ids in the same order. No locks. */
export function openAccounts(tx: Tx, accounts: readonly NewAccount[]): Promise<number[]> {
  return insertAccounts(tx, accounts);
}
