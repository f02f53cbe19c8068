// Exports transactions as an operator sees them: all that match, newest first, as of one moment, page after page, so that
// neither this process nor PostgreSQL ever holds more than one page.

import type { Sql } from "../../../runtime/database.ts";
import { inReadTransaction } from "../../../runtime/transaction.ts";
import type { Exported } from "../../../values/exported.ts";
import {
  type Assets,
  ensureAssets,
  findAccountRules,
  findTransactionsAt,
  ledgerError,
  type TransactionQuery,
} from "../../ledger/index.ts";
import type { TransactionDocument } from "../answer-schemas.ts";
import { describeRecord } from "./describe-reading.ts";
import { withoutStock } from "./find-bank-transactions.ts";

export interface ExportQuery extends Pick<TransactionQuery, "from" | "to" | "status"> {
  readonly accountId?: number | undefined;
  /** At most this many are written. */
  readonly rowsMax: number;
  /** Writes a page; the next page is read when this is done. */
  readonly write: (page: readonly TransactionDocument[]) => Promise<void>;
}

const PAGE = 1_000;

/** Takes no locks. @throws AppError `not_found/account_not_found`, and whatever `write` throws */
export function exportTransactions(
  { db, assets }: { db: Sql; assets: Assets },
  { accountId, rowsMax, write, ...filter }: ExportQuery,
): Promise<Exported> {
  return inReadTransaction(db, async (tx) => {
    if (accountId !== undefined && !(await findAccountRules(tx, [accountId])).has(accountId))
      throw ledgerError("account_not_found", { account_id: String(accountId) });
    const accountIds = accountId === undefined ? undefined : [accountId];
    let rowCount = 0;
    for (let cursor: number | undefined; ; ) {
      const page = await findTransactionsAt(tx, { ...filter, accountIds, cursor, limit: PAGE });
      await ensureAssets(assets, page.items);
      const found = withoutStock(assets, page.items);
      const records = found.slice(0, rowsMax - rowCount);
      if (records.length > 0) await write(records.map((record) => describeRecord(assets, record)));
      rowCount += records.length;
      if (records.length < found.length) return { rowCount, isCut: true };
      if (page.nextCursor === undefined) return { rowCount, isCut: false };
      cursor = page.nextCursor;
    }
  });
}
