// Reads transactions for those who may see them: staff may see all, a customer those on their own accounts, and of a journal with
// many transfers only their own. Somebody else's transaction is answered like one that does not exist.
import type { Sql } from "../../../runtime/database.ts";
import { inReadTransaction } from "../../../runtime/transaction.ts";
import { type Actor, actsForAll } from "../../../values/actor.ts";
import { asHidden, invalidField } from "../../../values/app-error.ts";
import type { Page } from "../../../values/page.ts";
import {
  type Assets,
  ensureAssets,
  findMovement,
  findTransactions,
  getTransaction,
  ledgerError,
  type RecordedTransfer,
  type TransactionQuery,
  type TransactionRecord,
  type TransactionWithTransfers,
} from "../../ledger/index.ts";
import { selectOwnedIds } from "../accounts/account-read-store.ts";
import { checkVisible } from "../accounts/get-account.ts";
import { findExchange, type RecordedExchange } from "../exchange/exchange-rate.ts";
import { selectOwnersOf } from "../holds/hold-owner-store.ts";

interface TransactionReader {
  readonly db: Sql;
  readonly assets: Assets;
}

/** At most this many accounts of one owner are searched at once. */
const ACCOUNTS_MAX = 1_000;

/**
 * One page, newest first: of the account, or of everything that the actor may see.
 * @throws AppError `not_found/account_not_found`; `invalid/invalid_request` where a customer with over 1,000 accounts names none
 */
export async function findBankTransactions(
  { db, assets }: TransactionReader,
  actor: Actor,
  { accountId, ...query }: Omit<TransactionQuery, "accountIds"> & { accountId?: number | undefined },
): Promise<Page<TransactionRecord>> {
  const accountIds = await findVisibleAccounts(db, actor, accountId);
  const page = await findTransactions(db, { ...query, accountIds });
  await ensureAssets(assets, page.items);
  return { ...page, items: withoutStock(assets, page.items) };
}

/** Leaves out units of stock, which are not a customer's money. A page may be short. */
export function withoutStock<T extends { readonly assetId: number }>(
  assets: Assets,
  found: readonly T[],
): T[] {
  return found.filter(({ assetId }) => assets.byId(assetId).kind !== "stock");
}

/** The accounts to search for the actor; undefined: all of them. Refuses as findBankTransactions does. */
export async function findVisibleAccounts(
  db: Sql,
  actor: Actor,
  accountId: number | undefined,
): Promise<number[] | undefined> {
  if (accountId !== undefined) {
    await checkVisible(db, actor, accountId);
    return [accountId];
  }
  if (actsForAll(actor)) return undefined;
  const ids = await inReadTransaction(db, (tx) => selectOwnedIds(tx, actor.id, ACCOUNTS_MAX + 1));
  if (ids.length > ACCOUNTS_MAX)
    throw invalidField("account_id", `is required of an owner of more than ${ACCOUNTS_MAX} accounts`);
  return ids;
}

/** What a customer may see of a transaction: their own transfers, and the balances of their own accounts. */
export interface VisibleTransaction extends TransactionWithTransfers {
  readonly exchange: RecordedExchange | undefined;
  readonly mayShowBalance: (accountId: number) => boolean;
}

/** @throws AppError `not_found/transaction_not_found`, also for somebody else's */
export async function getBankTransaction(
  { db, assets }: TransactionReader,
  actor: Actor,
  id: number,
): Promise<VisibleTransaction> {
  const found = await getTransaction(db, id);
  const exchange = mayBeExchange(found) ? await findExchange(db, id) : undefined;
  const transaction = { ...found, exchange };
  await ensureAssets(assets, [transaction, ...transaction.transfers]);
  if (withoutStock(assets, [transaction]).length === 0)
    throw ledgerError("transaction_not_found", { transaction_id: String(id) });
  if (actsForAll(actor)) return { ...transaction, mayShowBalance: () => true };
  const owners = await selectOwnersOf(db, sidesOf(transaction));
  const isOwn = (accountId: number) => owners.get(accountId) === actor.id;
  const transfers = transaction.transfers.filter(
    ({ debitAccountId, creditAccountId }) => isOwn(debitAccountId) || isOwn(creditAccountId),
  );
  const isHead = isOwn(transaction.debit.accountId) || isOwn(transaction.credit.accountId);
  if (!isHead && transfers.length === 0)
    throw asHidden(ledgerError("transaction_not_found", { transaction_id: String(id) }));
  return { ...transaction, ...standFor(transaction, transfers, isOwn), transfers, mayShowBalance: isOwn };
}

/** Only an exchange, or its reversal, puts two currencies into one journal. */
function mayBeExchange({ assetId, transfers }: TransactionWithTransfers): boolean {
  return transfers.some((transfer) => transfer.assetId !== assetId);
}

/** What their own accounts gained or lost by it; where there are more than two transfers, other accounts are ignored. */
function standFor(
  { transfers: all }: TransactionWithTransfers,
  own: readonly RecordedTransfer[],
  isOwn: (accountId: number) => boolean,
) {
  const seen = all.length <= 2 ? all : own;
  const ids = seen.flatMap(({ debitAccountId, creditAccountId }) => [debitAccountId, creditAccountId]);
  return all.length <= 1 ? undefined : findMovement(seen, new Set(ids.filter(isOwn)));
}

function sidesOf({ debit, credit, transfers }: TransactionWithTransfers): number[] {
  const moved = transfers.flatMap(({ debitAccountId, creditAccountId }) => [debitAccountId, creditAccountId]);
  return [...new Set([debit.accountId, credit.accountId, ...moved])];
}
