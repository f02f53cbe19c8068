// `countinghouse quotes import`: imports the quotes of a file, as POST /quotes does, and fills the orders that they fire.
import type { Command } from "commander";
import { loadConfig } from "../config/load-config.ts";
import { openCommandDesk } from "../modules/desk/index.ts";
import { loadAssets } from "../modules/ledger/index.ts";
import {
  createLiveBooks,
  type ImportedQuotes,
  importQuotes,
  QUOTE_COLUMNS,
  type QuoteRow,
} from "../modules/trading/index.ts";
import { openBatchConnections } from "../runtime/batch-driver/batch-connections.ts";
import { type CsvFile, openCsv } from "../runtime/files/csv-file.ts";
import { TextFileError } from "../runtime/files/text-file.ts";
import { AppError } from "../values/app-error.ts";
import { CommandError } from "./command-error.ts";
import { addExamples } from "./examples.ts";
import { showCount } from "./progress.ts";
import { withMigratedDatabase } from "./with-database.ts";

const BATCH_ITEMS_MAX = 2_000;

export function addQuotesCommand(program: Command): void {
  const quotes = program.command("quotes").description("bring quotes of instruments in");
  const command = quotes
    .command("import <file>")
    .description(
      `take the quotes of a CSV file in: ${QUOTE_COLUMNS.join(", ")}, and where there are source, sequence`,
    )
    .action(async (path: string) => {
      const asJson = program.opts()["json"] === true;
      const imported = await importFile(path, !asJson);
      console.log(asJson ? JSON.stringify(imported) : describe(imported));
    });
  addExamples(command, [["countinghouse quotes import quotes.csv", "in the file's order; twice is once"]]);
}

async function importFile(path: string, isForPeople: boolean): Promise<ImportedQuotes> {
  const file = await openFile(path);
  const progress = showCount("quotes", isForPeople);
  try {
    return await withMigratedDatabase(loadConfig(), async (db, url) => {
      const assets = await loadAssets(db);
      const batchDb = openBatchConnections({ url, poolSize: 1, statementTimeoutMs: 0 });
      const items = { batchItemsMax: BATCH_ITEMS_MAX, queueItemsMax: BATCH_ITEMS_MAX };
      const desk = openCommandDesk({ db, batchDb, assets, ...items });
      try {
        return await importQuotes({ db, desk, assets, books: createLiveBooks() }, readRows(file), (done) =>
          progress.update(done, done),
        );
      } finally {
        await desk.close();
        await batchDb.end({ timeout: 5 });
      }
    });
  } catch (error) {
    throw error instanceof AppError || error instanceof TextFileError
      ? new CommandError(`${path}: ${error.message}`)
      : error;
  } finally {
    progress.stop();
  }
}

async function openFile(path: string): Promise<CsvFile> {
  const file = await openCsv(path).catch((error: unknown) => {
    const reason = error instanceof TextFileError ? error.message : "cannot be read";
    throw new CommandError(`${path} ${reason}`);
  });
  const missing = QUOTE_COLUMNS.filter((column) => !file.columns.includes(column));
  if (missing.length > 0)
    throw new CommandError(`${path}: the first line does not name ${missing.join(", ")}`);
  return file;
}

async function* readRows({ columns, rows }: CsvFile): AsyncGenerator<QuoteRow> {
  for await (const { line, values } of rows)
    yield { line, values: new Map(columns.map((column, index) => [column, values[index] ?? ""])) };
}

function describe({ accepted, ignored, fired }: ImportedQuotes): string {
  return `${accepted} quotes taken in, ${ignored} ignored, ${fired} orders fired`;
}
