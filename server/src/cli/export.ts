// `countinghouse export`: writes transactions to a file or to standard output, as a stream. The rows go to the output,
// everything else to standard error.
import { type Command, InvalidArgumentError, Option } from "commander";
import { loadConfig } from "../config.ts";
import { loadAssets, TRANSACTION_STATUSES, type TransactionStatus } from "../modules/ledger/index.ts";
import { parseId } from "../values/id.ts";
import { formatStamp, parseStamp } from "../values/time.ts";
import { EXIT_CODES } from "./command-error.ts";
import { addExamples } from "./examples.ts";
import { addExportAuditCommand } from "./export-audit.ts";
import { EXPORT_FORMATS, type ExportFormat, formatRows } from "./export-format.ts";
import { openOutput } from "./export-output.ts";
import { showCount } from "./progress.ts";
import { withMigratedDatabase } from "./with-database.ts";

interface ExportOptions {
  readonly format: ExportFormat;
  readonly out: string;
  readonly from?: number;
  readonly to?: number;
  readonly account?: number;
  readonly status?: TransactionStatus;
}

interface ExportResult {
  /** Where the rows are; "-" for standard output. */
  readonly out: string;
  readonly rowCount: number;
  /** MAX_EXPORT_ROWS stopped it; the rows still to come are older than this. */
  readonly cutAt: string | undefined;
}

export function addExportCommand(program: Command): void {
  const exporting = program.command("export").description("write data to a file");
  addExportAuditCommand(exporting);
  const command = exporting
    .command("transactions")
    .description("write transactions, newest first, as of one moment; amounts as decimals, times in UTC")
    .addOption(new Option("--format <format>", "of the rows").choices(EXPORT_FORMATS).default("csv"))
    .option("--out <file>", "a path; a bare name goes into EXPORT_DIR; - is standard output", "-")
    .option("--from <time>", "the earliest; RFC 3339, or a date (its first moment in UTC)", readTime)
    .option("--to <time>", "up to, not included", readTime)
    .option("--account <id>", "only those of one account", readAccount)
    .addOption(new Option("--status <status>", "only those of one status").choices(TRANSACTION_STATUSES))
    .action(async (options: ExportOptions) => {
      const asJson = program.opts()["json"] === true;
      const result = await runExport(options, asJson);
      report(result, asJson);
      process.exitCode = result.cutAt === undefined ? EXIT_CODES.done : EXIT_CODES.stoppedAtLimit;
    });
  addExamples(command, [
    [
      "countinghouse export transactions --out november.csv --from 2026-11-01 --to 2026-12-01",
      "into EXPORT_DIR",
    ],
    [
      "countinghouse export transactions --format ndjson --account 1023 | jq .amount",
      "one account, to a program",
    ],
    [
      "countinghouse export transactions --format json --status FAILED --out ./failed.json",
      "what was refused",
    ],
  ]);
}

async function runExport(options: ExportOptions, asJson: boolean): Promise<ExportResult> {
  const config = loadConfig();
  const format = formatRows(options.format);
  const { exportTransactions } = await import("../modules/banking/index.ts"); // large: only for whom it is
  return withMigratedDatabase(config, async (db) => {
    const assets = await loadAssets(db);
    const output = await openOutput(options.out, config.EXPORT_DIR);
    const progress = showCount("exported", !asJson);
    let lastTime: string | undefined;
    let rowsWritten = 0;
    try {
      await output.write(format.head);
      const { rowCount, isCut } = await exportTransactions(
        { db, assets },
        {
          ...options,
          accountId: options.account,
          rowsMax: config.MAX_EXPORT_ROWS,
          write: async (page) => {
            await output.write(format.rows(page, rowsWritten === 0));
            rowsWritten += page.length;
            lastTime = page.at(-1)?.created_at;
            progress.update(rowsWritten, rowsWritten);
          },
        },
      );
      await output.write(format.foot);
      await output.finish();
      return { out: output.path, rowCount, cutAt: isCut ? (lastTime ?? formatStamp(0)) : undefined };
    } finally {
      progress.stop();
      await output.discard();
    }
  });
}

/** On standard error where the rows themselves go to standard output. */
function report({ out, rowCount, cutAt }: ExportResult, asJson: boolean): void {
  const print = out === "-" ? console.error : console.log;
  if (asJson) {
    print(
      JSON.stringify({ out, row_count: rowCount, complete: cutAt === undefined, continue_to: cutAt ?? null }),
    );
    return;
  }
  const where = out === "-" ? "" : ` to ${out}`;
  print(`Exported ${rowCount.toLocaleString("en-US")} transaction${rowCount === 1 ? "" : "s"}${where}.`);
  if (cutAt !== undefined) {
    console.error(
      `countinghouse: stopped at MAX_EXPORT_ROWS and there are more; raise it, or export the rest with --to ${cutAt}`,
    );
  }
}

function readTime(text: string): number {
  const stamp = parseStamp(text);
  if (stamp === undefined)
    throw new InvalidArgumentError(
      "must be RFC 3339 such as 2026-11-21T09:00:00Z, or a date such as 2026-11-21",
    );
  return stamp;
}

function readAccount(text: string): number {
  const id = parseId(text);
  if (id === undefined) throw new InvalidArgumentError("must be an account's id, a whole number");
  return id;
}
