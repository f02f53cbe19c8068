// The SQL that reads lone transfers as they were posted: what has become of them since does not matter.
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { JOURNAL_KINDS, type JournalKind, nameOf, type Transfer } from "../book/journal.ts";
import type { TransferRow } from "./transaction-store.ts";

/** The first transfer of a journal, and the journal. */
export interface PostedTransfer extends Transfer {
  readonly assetId: number;
  readonly kind: JournalKind;
  readonly reference: string | null;
  /** JSON text. */
  readonly metadata: string | null;
}

interface PostedRow extends TransferRow {
  kind: number;
  reference: string | null;
  metadata: string | null;
}

/** By the journals' ids. */
export async function findPostedTransfers(
  { sql }: Tx,
  journalIds: readonly number[],
): Promise<Map<number, PostedTransfer>> {
  const rows = await sql<PostedRow[]>`
    SELECT t.id, t.debit_account_id, t.credit_account_id, t.amount, t.debit_after, t.credit_after, a.asset_id,
      t.kind, t.reference, t.metadata
    FROM ledger.transfers t
    JOIN ledger.accounts a ON a.id = t.debit_account_id
    WHERE t.id = ANY(${toArray(journalIds)}::bigint[]) AND t.transfer_count = 1`.execute();
  return new Map(rows.map((row) => [Number(row.id), toPosted(row)]));
}

function toPosted(row: PostedRow): PostedTransfer {
  return {
    id: Number(row.id),
    journalId: Number(row.id),
    debitAccountId: Number(row.debit_account_id),
    creditAccountId: Number(row.credit_account_id),
    amount: row.amount,
    debitAfter: row.debit_after,
    creditAfter: row.credit_after,
    assetId: row.asset_id,
    kind: nameOf(JOURNAL_KINDS, row.kind),
    reference: row.reference,
    metadata: row.metadata,
  };
}
