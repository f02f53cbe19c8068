// Finds transactions: by account, type, status, reference and time, newest first, a page at a time.

import type { Sql } from "../../../runtime/database.ts";
import { inReadTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { PageFilter } from "../../../values/filter.ts";
import { EMPTY_PAGE, type Page } from "../../../values/page.ts";
import {
  JOURNAL_KINDS,
  type JournalKind,
  nameOf,
  type Owner,
  type TransactionStatus,
} from "../book/journal.ts";
import { toOwner } from "../book/owner.ts";
import { findMovement, type RecordedTransfer, type TransactionSide } from "./movement.ts";
import {
  selectSeveral,
  selectTransactions,
  type TransactionRow,
  type TransactionScan,
  type TransferRow,
} from "./transaction-store.ts";

export type TransactionQuery = PageFilter<{
  /** Transactions on any of these accounts; undefined: on all accounts. */
  accountIds: readonly number[];
  type: JournalKind;
  status: TransactionStatus;
  reference: string;
  /** Stamps of creation, half-open: `from` is included, `to` is not. */
  from: number;
  to: number;
}>;

export interface TransactionRecord {
  readonly id: number;
  readonly type: JournalKind;
  readonly status: TransactionStatus;
  /** Who pays, who is paid, and how much, as seen from the accounts asked for: `findMovement`. */
  readonly debit: TransactionSide;
  readonly credit: TransactionSide;
  readonly amount: bigint;
  readonly assetId: number;
  readonly actorId: string;
  readonly reference: string | null;
  /** JSON text. */
  readonly metadata: string | null;
  readonly effectiveAt: Date | null;
  /** Why the transaction was refused. */
  readonly failureCode: string | null;
  /** Stamp at which its hold expires. */
  readonly expiresAt: number | null;
  readonly reversedId: number | null;
  readonly reversedBy: number | null;
  /** The owner, whose commands alone move it; null: no owner. */
  readonly owner: Owner | null;
}

/** How many rows one branch of a search reads where a filter may accept few of them; shared between many accounts. */
const SCANNED_MAX = 5_000;

/**
 * One page. It may be short, even empty, and still have a next page, because a search reads only so many rows. Transactions of
 * the accounts asked for are neither skipped nor repeated, whatever is booked meanwhile.
 */
export function findTransactions(db: Sql, query: TransactionQuery): Promise<Page<TransactionRecord>> {
  return inReadTransaction(db, (tx) => findTransactionsAt(tx, query));
}

/** One of many pages that must all see the same moment: that of one read transaction. */
export async function findTransactionsAt(tx: Tx, query: TransactionQuery): Promise<Page<TransactionRecord>> {
  if (query.accountIds?.length === 0) return EMPTY_PAGE;
  const { limit, cursor = Number.MAX_SAFE_INTEGER, to = Number.MAX_SAFE_INTEGER } = query;
  const scan: TransactionScan = {
    ...query,
    from: query.from ?? 0,
    before: Math.min(cursor, to),
    limit: limit + 1,
    scanMax: countScanned(query),
  };
  const rows = await selectTransactions(tx, scan);
  const found = rows.flatMap((row) => (row.id === null ? [] : [row]));
  const page = found.slice(0, limit);
  const end = found.length > limit ? page.at(-1)?.id : rows[0]?.horizon;
  const items = await withMovements(tx, page, query.accountIds);
  return { items, nextCursor: end == null ? undefined : Number(end) };
}

/** The movement that stands for each; only journals of several transfers are read again. */
async function withMovements(
  tx: Tx,
  rows: readonly TransactionRow[],
  accountIds: readonly number[] | undefined,
): Promise<TransactionRecord[]> {
  const several = rows.filter((row) => row.transfer_count > 1);
  const transfers = several.length === 0 ? [] : await selectSeveral(tx, several, accountIds);
  const ofJournal = Map.groupBy(transfers, (transfer) => transfer.journal_id);
  const own = new Set(accountIds);
  return rows.flatMap((row) =>
    toTransaction(row).map((record) => {
      const moved = (ofJournal.get(row.id) ?? []).map((transfer) => toRecorded(transfer, record.id));
      return { ...record, ...findMovement(moved, own) };
    }),
  );
}

export function toRecorded(row: TransferRow, journalId: number): RecordedTransfer {
  return {
    id: Number(row.id),
    journalId,
    debitAccountId: Number(row.debit_account_id),
    creditAccountId: Number(row.credit_account_id),
    amount: row.amount,
    debitAfter: row.debit_after,
    creditAfter: row.credit_after,
    assetId: row.asset_id,
  };
}

function countScanned({ limit, type, status, reference, accountIds }: TransactionQuery): number {
  const isFiltered = type !== undefined || status !== undefined || reference !== undefined;
  const share = Math.floor((4 * SCANNED_MAX) / Math.max(4, accountIds?.length ?? 1));
  return isFiltered ? Math.max(limit + 1, share) : limit + 1;
}

/** Null where a refusal named accounts that do not exist: such a transaction has no currency. */
export function toTransaction(row: TransactionRow): TransactionRecord[] {
  if (row.asset_id === null) return [];
  const record = {
    id: Number(row.id),
    type: nameOf(JOURNAL_KINDS, row.kind),
    status: row.status,
    debit: { accountId: Number(row.debit_account_id), system: row.debit_is_system },
    credit: { accountId: Number(row.credit_account_id), system: row.credit_is_system },
    amount: row.amount,
    assetId: row.asset_id,
    actorId: row.actor_id,
    reference: row.reference,
    metadata: row.metadata,
    effectiveAt: row.effective_at,
    failureCode: row.code,
    expiresAt: toStamp(row.expires_at),
    reversedId: toStamp(row.reversed_id),
    reversedBy: toStamp(row.reversed_by),
    owner: toOwner(row),
  };
  return [record];
}

function toStamp(value: bigint | null): number | null {
  return value === null ? null : Number(value);
}
