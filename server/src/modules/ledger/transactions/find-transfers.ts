// Reads transfers by their ids: for checks of what other modules say they have booked.
import type { Tx } from "../../../runtime/transaction.ts";
import { selectMovements } from "../accounts/statement-store.ts";

export interface BookedTransfer {
  readonly journalId: number;
  readonly debitAccountId: number;
  readonly creditAccountId: number;
  readonly amount: bigint;
}

/** By id; the first transfer of a journal has the journal's id. Unknown ids are left out. */
export async function findTransfers(tx: Tx, ids: readonly number[]): Promise<Map<number, BookedTransfer>> {
  const rows = ids.length === 0 ? [] : await selectMovements(tx, ids);
  return new Map(
    rows.map((row) => [
      Number(row.id),
      {
        journalId: Number(row.journal_id),
        debitAccountId: Number(row.debit_account_id),
        creditAccountId: Number(row.credit_account_id),
        amount: row.amount,
      },
    ]),
  );
}
