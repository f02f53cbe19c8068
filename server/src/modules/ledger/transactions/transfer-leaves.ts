// Transfers as the leaves of a transparency log: canonical bytes, in the order of their ids. A log can only grow at its end, but
// transactions do not commit in the order of their stamps. So the log takes transfers only up to a settled stamp, before which
// none can appear any more. Up to there, the order of ids is final.
import type { Sql } from "../../../runtime/database.ts";
import { JOURNAL_KINDS, nameOf } from "../book/journal.ts";
import { selectTransferLeafRows, type TransferLeafRow } from "./transfer-leaf-store.ts";

export interface TransferLeaf {
  readonly key: bigint;
  /** Canonical JSON (RFC 8785): everything about the transfer that never changes, amounts in minor units. */
  readonly content: string;
}

/** Up to `limit` transfers with an id above `after` and not above `upTo`. */
export async function readTransferLeaves(
  db: Sql,
  range: { after: bigint; upTo: bigint; limit: number },
): Promise<TransferLeaf[]> {
  const rows = await selectTransferLeafRows(db, range);
  return rows.map((row) => ({ key: row.id, content: writeLeaf(row) }));
}

/** `journal_transfers`: how many transfers the journal has, so that a missing one is noticed. */
function writeLeaf(row: TransferLeafRow): string {
  const after = (balance: bigint | null) => (balance === null ? "null" : `"${balance}"`);
  return [
    `{"amount":"${row.amount}","asset":${JSON.stringify(row.asset)}`,
    `"credit_account_id":"${row.credit_account_id}","credit_after":${after(row.credit_after)}`,
    `"debit_account_id":"${row.debit_account_id}","debit_after":${after(row.debit_after)}`,
    `"id":"${row.id}","journal_id":"${row.journal_id}","journal_transfers":${Math.max(row.transfer_count, 1)}`,
    `"kind":"${nameOf(JOURNAL_KINDS, row.kind)}","scale":${row.scale}}`,
  ].join(",");
}
