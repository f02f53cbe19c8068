// The output of `countinghouse export transactions`.
import { parseId } from "../../../values/id.ts";
import { loadAssets, TRANSACTION_STATUSES, type TransactionStatus } from "../../ledger/index.ts";
import type { RowExport } from "../../module.ts";
import type { TransactionDocument } from "../answer-schemas.ts";
import { exportTransactions } from "./export-transactions.ts";

interface Options {
  readonly account?: number;
  readonly status?: TransactionStatus;
}

export const TRANSACTION_EXPORT: RowExport<TransactionDocument, Options> = {
  name: "transactions",
  isDefault: true,
  noun: "transaction",
  description: "write transactions, newest first, as of one moment; amounts as decimals, times in UTC",
  options: [
    {
      flags: "--account <id>",
      description: "only those of one account",
      read: parseId,
      must: "must be an account's id, a whole number",
    },
    { flags: "--status <status>", description: "only those of one status", choices: TRANSACTION_STATUSES },
  ],
  examples: [
    [
      "countinghouse export transactions --out november.csv --from 2026-11-01 --to 2026-12-01",
      "into EXPORT_DIR",
    ],
    [
      "countinghouse export transactions --format ndjson --account 1109 | jq .amount",
      "one account, to a program",
    ],
    [
      "countinghouse export transactions --format json --status FAILED --out ./failed.json",
      "what was refused",
    ],
    ["countinghouse export --format json --filename my_report", "my_report.json in EXPORT_DIR"],
  ],
  columns: [
    "id",
    "created_at",
    "type",
    "status",
    "account_id",
    "to_account_id",
    "amount",
    "currency",
    "reference",
    "metadata",
    "reverses",
    "failure_code",
  ],
  texts: ["reference"],
  timeOf: (row) => row.created_at,
  writeRows: async (db, { account: accountId, ...filter }, target) =>
    exportTransactions({ db, assets: await loadAssets(db) }, { ...filter, ...target, accountId }),
};
