// A transaction as its customer sees it, and its JSON document: the same whether it was just posted, looked up or replayed.
import { formatAmount } from "../../../values/money.ts";
import { formatStamp } from "../../../values/time.ts";
import {
  type Asset,
  type Assets,
  type Balance,
  type Book,
  balanceOf,
  type JournalKind,
  type TransactionStatus,
} from "../../ledger/index.ts";
import type { TransactionDocument } from "../answer-schemas.ts";

export interface TransactionFields {
  readonly id: number;
  readonly type: JournalKind;
  readonly status: TransactionStatus;
  /** Null where the other side is the outside world. */
  readonly accountId: number | null;
  readonly toAccountId: number | null;
  readonly amount: bigint;
  readonly asset: Asset;
  readonly reference: string | null;
  /** JSON text. */
  readonly metadata: string | null;
  readonly reversedId?: number | null;
  readonly failureCode?: string | null;
}

export function describeTransaction(fields: TransactionFields): TransactionDocument {
  return {
    id: String(fields.id),
    type: fields.type,
    status: fields.status,
    account_id: fields.accountId === null ? null : String(fields.accountId),
    to_account_id: fields.toAccountId === null ? null : String(fields.toAccountId),
    amount: formatAmount(fields.amount, fields.asset.scale),
    currency: fields.asset.code,
    reference: fields.reference,
    metadata: fields.metadata === null ? null : JSON.parse(fields.metadata),
    reverses: fields.reversedId == null ? null : String(fields.reversedId),
    failure_code: fields.failureCode ?? null,
    created_at: formatStamp(fields.id),
  };
}

export function describeBalance(accountId: number, asset: Asset, sums: Balance): Record<string, unknown> {
  return {
    account_id: String(accountId),
    currency: asset.code,
    balance: formatAmount(sums.balance, asset.scale),
    available: formatAmount(sums.available, asset.scale),
    held: formatAmount(sums.held, asset.scale),
    version: sums.version,
  };
}

/** The balances that a decision left on these accounts, system accounts left out. */
export function describeBalances(
  { book, assets }: { book: Book; assets: Assets },
  accountIds: readonly number[],
): Record<string, unknown>[] {
  return accountIds.flatMap((id) => {
    const account = book.accounts.get(id);
    if (account === undefined || account.system) return [];
    return [describeBalance(id, assets.byId(account.assetId), balanceOf(account))];
  });
}
