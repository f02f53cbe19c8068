// Opens accounts for customers: a ledger account each, and beside it who owns it, personal fields encrypted.

import type { Tx } from "../../runtime/transaction.ts";
import type { Vault } from "../../runtime/vault.ts";
import { type Asset, openAccounts } from "../ledger/index.ts";
import type { BankAccount } from "./account.ts";
import { insertAccounts } from "./store.ts";

export interface BankAccountRequest {
  readonly ownerId: string;
  readonly asset: Asset;
  /** Minor units by which the account may go below zero. */
  readonly creditLimit: bigint;
  readonly name: string | null;
  readonly holderName: string | null;
  readonly externalNumber: string | null;
}

/**
 * Opens the accounts, all or none, and returns them in the same order. No locks.
 * A taken external number fails on its unique index, which the caller turns into `external_number_taken`.
 */
export async function openBankAccounts(
  tx: Tx,
  vault: Vault,
  requests: readonly BankAccountRequest[],
): Promise<BankAccount[]> {
  const ids = await openAccounts(
    tx,
    requests.map(({ asset, creditLimit }) => ({ assetId: asset.id, creditLimit })),
  );
  const accounts = requests.map((request, index) => {
    const id = ids[index];
    if (id === undefined) throw new Error("the ledger opened fewer accounts than were asked for");
    return { ...request, id, state: "open" as const, version: 0, openedAt: new Date() };
  });
  await insertAccounts(
    tx,
    accounts.map((account) => ({
      id: account.id,
      ownerId: account.ownerId,
      currency: account.asset.code,
      name: account.name,
      openedAt: account.openedAt,
      holderName:
        account.holderName === null
          ? null
          : vault.encrypt(account.holderName, `banking.accounts.holder_name:${account.id}`),
      externalNumber:
        account.externalNumber === null
          ? null
          : vault.encrypt(account.externalNumber, `banking.accounts.external_number:${account.id}`),
      externalNumberIndex:
        account.externalNumber === null ? null : vault.blindIndex(normalizeNumber(account.externalNumber)),
    })),
  );
  return accounts;
}

/** Two spellings of one number are one number: spaces, dashes and case do not count. */
export function normalizeNumber(number: string): string {
  return number.normalize("NFKC").replaceAll(/[\s-]/g, "").toUpperCase();
}
