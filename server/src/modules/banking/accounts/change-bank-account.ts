// Changes a customer's account: its rules in the ledger and its names outside it, as one change with one version.

import { checkVersion } from "../../../http/version.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { type Actor, actsForAll } from "../../../values/actor.ts";
import { AppError } from "../../../values/app-error.ts";
import { readName } from "../../../values/names.ts";
import { readAll, readAmount } from "../../../values/read-input.ts";
import type { CommandDesk } from "../../desk/index.ts";
import { buildTouchCommand } from "../../desk/index.ts";
import { appendEvents } from "../../jobs/index.ts";
import { type AccountState, type Asset, changeAccount } from "../../ledger/index.ts";
import type { AccountChange } from "../query-schemas.ts";
import { type BankAccount, describeAccount } from "./account.ts";
import { selectBankAccount, updateNames } from "./account-read-store.ts";
import { type AccountReader, decryptAccounts, getAssetOf, readVisibleAccount } from "./get-account.ts";

/** Undefined leaves a field as it is. */
export interface BankAccountChange {
  readonly creditLimit?: bigint | undefined;
  readonly state?: AccountState | undefined;
  readonly name?: string | null | undefined;
  readonly holderName?: string | null | undefined;
  /** The account must have one of these versions. */
  readonly versions?: readonly number[] | undefined;
}

/** A change as the client sent it, before anything is known about the account. */
export interface WantedChange {
  readonly accountId: number;
  readonly input: AccountChange;
  readonly versions: BankAccountChange["versions"];
}

/**
 * Reads a change by the currency of its account, and refuses what the actor may not change: staff may change everything, a
 * customer only the name of an account of theirs. Also expires holds of the account that are past their time, so that they do
 * not prevent a change.
 * @throws AppError `not_found/account_not_found`, `invalid/…` naming the field, `forbidden/forbidden`
 */
export async function prepareChange(
  { db, assets, desk }: Pick<AccountReader, "db" | "assets"> & { desk: CommandDesk },
  actor: Actor,
  { accountId, input, versions }: WantedChange,
): Promise<BankAccountChange> {
  const asset = await getAssetOf({ db, assets }, actor, accountId);
  const change = { ...readChange(input, asset), versions };
  const { creditLimit, state, holderName } = change;
  const isForStaff = creditLimit !== undefined || state !== undefined || holderName !== undefined;
  if (isForStaff && !actsForAll(actor))
    throw new AppError("forbidden", "forbidden", {
      message: "a customer may change the name of their account; the rest needs the role admin or operator",
    });
  if (creditLimit !== undefined || state === "closed") await desk.submit(buildTouchCommand([accountId]));
  return change;
}

function readChange(
  { credit_limit: limit, state, name, holder_name: holderName }: AccountChange,
  asset: Asset,
): Omit<BankAccountChange, "versions"> {
  const read = readAll({
    creditLimit: () => (limit === undefined ? undefined : readAmount(limit, asset, "credit_limit")),
    name: () => readName(name, "name"),
    holderName: () => readName(holderName, "holder_name"),
  });
  return { ...read, state };
}

/**
 * Changes the account and returns it as changed. Locks it, and appends `account.changed`.
 * @throws AppError `conflict/version_mismatch`, `refused/account_closed`, `refused/account_not_empty`, `refused/limit_in_use`
 */
export async function changeBankAccount(
  tx: Tx,
  reader: AccountReader & { actor: Actor },
  { accountId, change }: { accountId: number; change: BankAccountChange },
): Promise<BankAccount> {
  const { creditLimit, state, name, holderName, versions } = change;
  const alsoOutside = name !== undefined || holderName !== undefined;
  const before = await readVisibleAccount(tx, reader.actor, accountId);
  const rules = await changeAccount(tx, accountId, {
    request: { actorId: reader.actor.id, creditLimit, state, alsoOutside },
    check: ({ version }) => checkVersion(version, versions),
  });
  if (alsoOutside) await writeNames(tx, reader, { accountId, change });
  const row = (await selectBankAccount(tx, accountId)) ?? before.row;
  const [account] = await decryptAccounts(reader, [row], new Map([[accountId, rules]]));
  if (account === undefined) throw new Error("one row is one account");
  if (rules.version !== before.rules.version) await announce(tx, account);
  return account;
}

/** Reads the names again, under the lock that the ledger took, because another change may have come first. */
async function writeNames(
  tx: Tx,
  { vault }: AccountReader,
  { accountId, change }: { accountId: number; change: BankAccountChange },
): Promise<void> {
  const current = await selectBankAccount(tx, accountId);
  if (current === undefined) throw new Error(`account ${accountId} vanished`);
  const { name = current.name, holderName } = change;
  const encrypt = (text: string) => vault.encrypt(text, `banking.accounts.holder_name:${accountId}`);
  const kept = holderName === undefined ? current.holder_name : null;
  await updateNames(tx, accountId, { name, holderName: holderName == null ? kept : encrypt(holderName) });
}

/** Leaves an event about the change, without personal fields. */
async function announce(tx: Tx, account: BankAccount): Promise<void> {
  const { holder_name, external_number, name, ...document } = describeAccount(account);
  await appendEvents(tx, [{ topic: "account.changed", payload: JSON.stringify(document) }]);
}
