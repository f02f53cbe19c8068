// Reads one transaction with its transfers.
import type { Sql } from "../../../runtime/database.ts";
import { inReadTransaction } from "../../../runtime/transaction.ts";
import { ledgerError } from "../errors.ts";
import { type TransactionRecord, toRecorded, toTransaction } from "./find-transactions.ts";
import { findMovement, type RecordedTransfer } from "./movement.ts";
import { selectTransaction, selectTransfersFrom, type TransactionRow } from "./transaction-store.ts";

export interface TransactionWithTransfers extends TransactionRecord {
  /** The transfers it booked, in order; none while it is pending, or where it was cancelled or refused. */
  readonly transfers: readonly RecordedTransfer[];
}

/** A journal, a hold's journal or a refusal. @throws AppError `not_found/transaction_not_found` */
export function getTransaction(db: Sql, id: number): Promise<TransactionWithTransfers> {
  return inReadTransaction(db, async (tx) => {
    const row = await selectTransaction(tx, id);
    const [record] = row === undefined ? [] : toTransaction(row);
    if (row === undefined || record === undefined)
      throw ledgerError("transaction_not_found", { transaction_id: String(id) });
    const span = findTransfers(row);
    const transfers = span === undefined ? [] : await selectTransfersFrom(tx, span);
    const recorded = transfers.map((transfer) => toRecorded(transfer, id));
    return { ...record, ...findMovement(recorded), transfers: recorded };
  });
}

/**
 * The ids of a journal's transfers begin with its own id; a captured hold has one transfer, whose id is the time of capture, or
 * none where it was captured in parts by other journals.
 */
function findTransfers(
  row: TransactionRow,
): { journalId: number; firstId: number; count: number } | undefined {
  if (row.status !== "COMPLETED") return undefined;
  const journalId = Number(row.id);
  if (row.closed_at !== null) return { journalId, firstId: Number(row.closed_at), count: 1 };
  return { journalId, firstId: journalId, count: row.transfer_count };
}
