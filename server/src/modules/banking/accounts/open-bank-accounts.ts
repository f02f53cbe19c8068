// Opens accounts for customers: for each a ledger account and, outside the ledger, its owner and encrypted personal fields.

import type { Tx } from "../../../runtime/transaction.ts";
import type { Vault } from "../../../runtime/vault/vault.ts";
import type { WhomWish } from "../../identity/index.ts";
import { type Asset, openAccounts, requireActive } from "../../ledger/index.ts";
import { bankingError } from "../errors.ts";
import type { BankAccount } from "./account.ts";
import { selectTakenNumbers } from "./account-read-store.ts";
import { findOwners } from "./find-owners.ts";
import { insertAccounts } from "./owner-store.ts";

export interface BankAccountRequest {
  readonly ownerId: string;
  readonly asset: Asset;
  /** Minor units by which the account may go below zero. */
  readonly creditLimit: bigint;
  readonly name: string | null;
  readonly holderName: string | null;
  readonly externalNumber: string | null;
}

/** The owner still has to be found. */
export interface OwnedAccountRequest extends Omit<BankAccountRequest, "ownerId"> {
  readonly owner: WhomWish;
}

/** Opens one account. @throws AppError as `openOwnedAccounts` */
export async function openOwnedAccount(
  tx: Tx,
  vault: Vault,
  request: OwnedAccountRequest,
): Promise<BankAccount> {
  const [opened] = await openOwnedAccounts(tx, vault, [request]);
  if (opened === undefined) throw new Error("no account was opened");
  return opened;
}

/** @throws AppError `refused/owner_unknown`, `refused/asset_inactive`, and as `openBankAccounts` */
export async function openOwnedAccounts(
  tx: Tx,
  vault: Vault,
  requests: readonly OwnedAccountRequest[],
): Promise<BankAccount[]> {
  await requireActive(
    tx,
    requests.map(({ asset }) => asset.id),
  );
  const owners = await findOwners(
    tx,
    requests.map(({ owner }) => owner),
  );
  const owned = requests.map(({ owner, ...request }, index) => {
    const ownerId = owners[index];
    if (ownerId === undefined) throw new Error(`${owner.field} was not looked for`);
    return { ...request, ownerId };
  });
  return openBankAccounts(tx, vault, owned);
}

/**
 * Opens the accounts, all or none, and returns them in the same order. No locks: if two processes open one external number at
 * once, the later one fails on the unique index, its transaction is tried again, and then it is refused.
 * @throws AppError `conflict/external_number_taken` naming the first such account
 */
export async function openBankAccounts(
  tx: Tx,
  vault: Vault,
  requests: readonly BankAccountRequest[],
): Promise<BankAccount[]> {
  const indexes = requests.map(({ externalNumber }) =>
    externalNumber === null ? null : vault.blindIndex(normalizeNumber(externalNumber)),
  );
  await refuseTakenNumbers(tx, indexes);
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
    accounts.map((account, index) => ({
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
      externalNumberIndex: indexes[index] ?? null,
    })),
  );
  return accounts;
}

async function refuseTakenNumbers(tx: Tx, indexes: readonly (Buffer | null)[]): Promise<void> {
  const given = indexes.filter((index) => index !== null);
  if (given.length === 0) return;
  const taken = await selectTakenNumbers(tx, given);
  for (const [position, index] of indexes.entries()) {
    const number = index?.toString("hex");
    if (number === undefined) continue;
    if (taken.has(number)) {
      const field = indexes.length === 1 ? "external_number" : `accounts[${position}].external_number`;
      throw bankingError("external_number_taken", {
        fields: [{ field, reason: "belongs to another account" }],
      });
    }
    taken.add(number);
  }
}

/** Two spellings of one number are the same number: spaces, dashes and case do not count. */
export function normalizeNumber(number: string): string {
  return number.normalize("NFKC").replaceAll(/[\s-]/g, "").toUpperCase();
}
