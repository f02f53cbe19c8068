// `countinghouse export`: its subcommands, and the export of transactions.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { TransactionRow } from "../../modules/banking/index.ts";
import { loadAssets, TRANSACTION_STATUSES, type TransactionStatus } from "../../modules/ledger/index.ts";
import { parseId } from "../../values/id.ts";
import { CommandError } from "../command-error.ts";
import { addExamples } from "../examples.ts";
import { addExportAuditCommand } from "./export-audit.ts";
import type { RowShape } from "./export-format.ts";
import { addExportOrdersCommands } from "./export-orders.ts";
import { addExportOptions, type ExportOptions, exportRows } from "./export-rows.ts";

interface TransactionOptions extends ExportOptions {
  readonly account?: number;
  readonly status?: TransactionStatus;
}

const TRANSACTIONS: RowShape<TransactionRow> = {
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
};

export function addExportCommand(program: Command): void {
  const exporting = program
    .command("export")
    .description("write data to a file: transactions, where nothing else is named");
  addExportAuditCommand(exporting);
  addExportOrdersCommands(program, exporting);
  const command = addExportOptions(exporting.command("transactions", { isDefault: true }))
    .description("write transactions, newest first, as of one moment; amounts as decimals, times in UTC")
    .option("--account <id>", "only those of one account", readAccount)
    .addOption(new Option("--status <status>", "only those of one status").choices(TRANSACTION_STATUSES))
    .allowExcessArguments() // the default one gets every mistyped name
    .action((options: TransactionOptions) => {
      refuseSubject(command.args[0], exporting);
      return exportTransactionRows(program, options);
    });
  addExamples(command, [
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
  ]);
}

/** @throws CommandError */
function refuseSubject(subject: string | undefined, exporting: Command): void {
  if (subject === undefined) return;
  const known = exporting.commands.map((command) => command.name()).join(", ");
  throw new CommandError(
    `There is no "${subject}" to export; name one of ${known}, or none for transactions.`,
  );
}

async function exportTransactionRows(program: Command, options: TransactionOptions): Promise<void> {
  const { exportTransactions } = await import("../../modules/banking/index.ts"); // large: only for whom it is
  await exportRows<TransactionRow>(program, options, {
    noun: "transaction",
    shape: TRANSACTIONS,
    timeOf: (row) => row.created_at,
    read: async (db, target) =>
      exportTransactions(
        { db, assets: await loadAssets(db) },
        { ...options, ...target, accountId: options.account },
      ),
  });
}

function readAccount(text: string): number {
  const id = parseId(text);
  if (id === undefined) throw new InvalidArgumentError("must be an account's id, a whole number");
  return id;
}
