// Reads one customer account for those who may see it: staff may see all, a customer their own. Somebody else's account is
// answered exactly like one that does not exist.
import type { Sql } from "../../../runtime/database.ts";
import { readOnce } from "../../../runtime/reads/read-together.ts";
import { inReadTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { Vault } from "../../../runtime/vault/vault.ts";
import { type Actor, actsForAll } from "../../../values/actor.ts";
import { asHidden } from "../../../values/app-error.ts";
import {
  type AccountRules,
  type Asset,
  type Assets,
  findAccountRules,
  ledgerError,
} from "../../ledger/index.ts";
import type { BankAccount } from "./account.ts";
import {
  type AccountHead,
  type BankAccountRow,
  selectBankAccount,
  selectHeads,
} from "./account-read-store.ts";

export interface AccountReader {
  readonly db: Sql;
  readonly vault: Vault;
  readonly assets: Assets;
}

/** @throws AppError `not_found/account_not_found`, also for somebody else's account */
export async function getBankAccount(
  reader: AccountReader,
  actor: Actor,
  accountId: number,
): Promise<BankAccount> {
  const { row, rules } = await inReadTransaction(reader.db, (tx) => readVisibleAccount(tx, actor, accountId));
  const [account] = await decryptAccounts(reader, [row], new Map([[accountId, rules]]));
  if (account === undefined) throw new Error("one row is one account");
  return account;
}

/** The asset of an account that the actor may see. @throws AppError `not_found/account_not_found` */
export async function getAssetOf(
  { db, assets }: Pick<AccountReader, "db" | "assets">,
  actor: Actor,
  accountId: number,
): Promise<Asset> {
  const { currency } = show(await readHead(db, accountId), actor, accountId);
  if (assets.byCode(currency) === undefined) await assets.refresh();
  const asset = assets.byCode(currency);
  if (asset === undefined) throw new Error(`account ${accountId} has the unknown asset ${currency}`);
  return asset;
}

/** Refuses an account that the actor may not see. @throws AppError `not_found/account_not_found` */
export async function checkVisible(db: Sql, actor: Actor, accountId: number): Promise<void> {
  show(await readHead(db, accountId), actor, accountId);
}

/** About 5 MB. */
const HEADS_KEPT = 20_000;
const readHead = readOnce<number, AccountHead>(
  async (tx, ids) => new Map((await selectHeads(tx, ids)).map((head) => [Number(head.id), head])),
  HEADS_KEPT,
);

/** Inside the command's own transaction. @throws AppError `not_found/account_not_found` */
export async function readVisibleAccount(
  tx: Tx,
  actor: Actor,
  accountId: number,
): Promise<{ row: BankAccountRow; rules: AccountRules }> {
  const row = show(await selectBankAccount(tx, accountId), actor, accountId);
  const rules = (await findAccountRules(tx, [accountId])).get(accountId);
  if (rules === undefined) throw new Error(`account ${accountId} is missing in the ledger`);
  return { row, rules };
}

function show<Row extends Pick<BankAccountRow, "owner_id">>(
  row: Row | undefined,
  actor: Actor,
  accountId: number,
): Row {
  if (row !== undefined && (actsForAll(actor) || row.owner_id === actor.id)) return row;
  const refusal = ledgerError("account_not_found", { account_id: String(accountId) });
  throw row === undefined ? refusal : asHidden(refusal);
}

/** Combines rows and their rules into accounts, with decrypted personal fields. Rows without rules are left out. */
export async function decryptAccounts(
  { vault, assets }: Pick<AccountReader, "vault" | "assets">,
  rows: readonly BankAccountRow[],
  rules: ReadonlyMap<number, AccountRules>,
): Promise<BankAccount[]> {
  const encrypted = rows.flatMap(({ id, holder_name, external_number }) => [
    { value: holder_name, context: `banking.accounts.holder_name:${id}` },
    { value: external_number, context: `banking.accounts.external_number:${id}` },
  ]);
  const clear = await vault.decryptAll(encrypted);
  if (rows.some((row) => assets.byCode(row.currency) === undefined)) await assets.refresh();
  return rows.flatMap((row, index) => {
    const [asset, rulesOfRow] = [assets.byCode(row.currency), rules.get(Number(row.id))];
    if (asset === undefined || rulesOfRow === undefined) return [];
    return [
      {
        id: Number(row.id),
        ownerId: row.owner_id,
        asset,
        name: row.name,
        holderName: clear[2 * index] ?? null,
        externalNumber: clear[2 * index + 1] ?? null,
        openedAt: row.opened_at,
        ...rulesOfRow,
      },
    ];
  });
}
