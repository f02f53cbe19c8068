// The JSON documents of reads: balances, statements, transactions. The same for everyone who may see them.
import { formatAmount } from "../../../values/money.ts";
import { formatStamp } from "../../../values/time.ts";
import {
  type Asset,
  type Assets,
  type BalanceReading,
  describeOwner,
  type RecordedTransfer,
  type Statement,
  type StatementEntry,
  type TransactionRecord,
  type TransactionSide,
} from "../../ledger/index.ts";
import type {
  BalanceDocument,
  StatementDocument,
  StatementEntryDocument,
  TransactionDetailDocument,
  TransactionDocument,
} from "../answer-schemas.ts";
import { describeRate } from "../exchange/exchange-rate.ts";
import type { VisibleTransaction } from "./find-bank-transactions.ts";
import { describeTransaction } from "./transaction.ts";

export function describeReading(accountId: number, asset: Asset, reading: BalanceReading): BalanceDocument {
  const format = (minor: bigint) => formatAmount(minor, asset.scale);
  return {
    account_id: String(accountId),
    currency: asset.code,
    balance: format(reading.balance),
    available: format(reading.available),
    held: format(reading.held),
    incoming: reading.incoming === null ? null : format(reading.incoming),
    version: reading.version,
    as_of: formatStamp(reading.asOf),
  };
}

export function describeStatement(
  asset: Asset,
  statement: Statement,
  range: { accountId: number; from?: number | undefined; to?: number | undefined },
): Omit<StatementDocument, "next_cursor"> {
  return {
    account_id: String(range.accountId),
    currency: asset.code,
    from: range.from === undefined ? null : formatStamp(range.from),
    to: range.to === undefined ? null : formatStamp(range.to),
    opening_balance: formatAmount(statement.openingBalance, asset.scale),
    closing_balance: formatAmount(statement.closingBalance, asset.scale),
    items: statement.entries.map((entry) => describeEntry(asset, entry)),
  };
}

function describeEntry(asset: Asset, entry: StatementEntry): StatementEntryDocument {
  return {
    id: String(entry.id),
    transaction_id: String(entry.transactionId),
    type: entry.type,
    direction: entry.direction,
    amount: formatAmount(entry.amount, asset.scale),
    balance_after: formatAmount(entry.balanceAfter, asset.scale),
    counterparty_account_id: entry.counterpartyId === null ? null : String(entry.counterpartyId),
    reference: entry.reference,
    created_at: formatStamp(entry.id),
  };
}

/** The same document as the answer when it was posted. A deposit is described from its receiving account. */
export function describeRecord(assets: Assets, record: TransactionRecord): TransactionDocument {
  const { debit, credit, type } = record;
  const sides = type === "DEPOSIT" ? { from: credit, to: debit } : { from: debit, to: credit };
  return describeTransaction({
    ...record,
    accountId: nullIfSystem(sides.from),
    toAccountId: nullIfSystem(sides.to),
    asset: assets.byId(record.assetId),
  });
}

export function describeDetail(assets: Assets, transaction: VisibleTransaction): TransactionDetailDocument {
  const { reversedBy, expiresAt, effectiveAt, owner, transfers } = transaction;
  return {
    ...describeRecord(assets, transaction),
    reversed_by: reversedBy === null ? null : String(reversedBy),
    owned_by: owner === null ? null : describeOwner(owner),
    expires_at: expiresAt === null ? null : formatStamp(expiresAt),
    effective_at: effectiveAt?.toISOString() ?? null,
    transfers: transfers.map((transfer) => describeTransfer(assets, transaction, transfer)),
    ...describeExchange(assets, transaction),
  };
}

/** As in the exchange's own answer: who received, how much, at which rate. */
function describeExchange(
  assets: Assets,
  { exchange, transfers }: VisibleTransaction,
): Partial<TransactionDetailDocument> {
  const received = transfers.at(-1);
  if (exchange === undefined || received === undefined) return {};
  const { code, scale } = assets.byId(received.assetId);
  return {
    to_account_id: String(received.creditAccountId),
    bought: { amount: formatAmount(exchange.bought, scale), currency: code },
    exchange_rate: describeRate(exchange.rate),
    rounding: exchange.rounding,
  };
}

function describeTransfer(
  assets: Assets,
  { mayShowBalance }: VisibleTransaction,
  transfer: RecordedTransfer,
): TransactionDetailDocument["transfers"][number] {
  const { id, debitAccountId, creditAccountId, amount, debitAfter, creditAfter } = transfer;
  const asset = assets.byId(transfer.assetId);
  const format = (minor: bigint | null, accountId: number) =>
    minor === null || !mayShowBalance(accountId) ? null : formatAmount(minor, asset.scale);
  return {
    id: String(id),
    account_id: debitAfter === null ? null : String(debitAccountId),
    to_account_id: creditAfter === null ? null : String(creditAccountId),
    amount: formatAmount(amount, asset.scale),
    currency: asset.code,
    balance_after: format(debitAfter, debitAccountId),
    to_balance_after: format(creditAfter, creditAccountId),
    created_at: formatStamp(id),
  };
}

function nullIfSystem({ accountId, system }: TransactionSide): number | null {
  return system ? null : accountId;
}
