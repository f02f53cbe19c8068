// The common part of all exports of rows: their options, the stream from the database to the output, the limit, and the
// report. The rows go to the output, everything else goes to standard error.

import { type Command, Option } from "commander";
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load-config.ts";
import type { RowExport } from "../../modules/module.ts";
import type { Exported } from "../../values/exported.ts";
import { CommandError, EXIT_CODES } from "../command-error.ts";
import { showCount } from "../progress.ts";
import { readTime } from "../read-time.ts";
import { withMigratedDatabase } from "../with-database.ts";
import { EXPORT_FORMATS, type ExportFormat, formatRows } from "./export-format.ts";
import { chooseOutput, openOutput, tellCount } from "./export-output.ts";

export interface RowOptions {
  readonly format: ExportFormat;
  readonly out: string;
  readonly filename?: string;
  readonly from?: number;
  readonly to?: number;
}

interface ExportResult extends Exported {
  /** The target of the rows; "-" for standard output. */
  readonly out: string;
  /** The remaining rows are older than this; undefined where none was written. */
  readonly lastTime: string | undefined;
}

/** Adds the options of every export of rows. */
export function addRowOptions(command: Command): void {
  command
    .addOption(new Option("--format <format>", "of the rows").choices(EXPORT_FORMATS).default("csv"))
    .option(
      "--from <time>",
      "the earliest; RFC 3339, or a date (its first moment in SHOP_TIME_ZONE)",
      readTime,
    )
    .option("--to <time>", "up to, not included", readTime);
}

/** Exports, reports and sets the exit code. @throws CommandError, and whatever reading throws */
export async function exportRows(
  program: Command,
  options: RowOptions,
  source: RowExport<never, object>,
): Promise<void> {
  const asJson = program.opts()["json"] === true;
  checkRange(options);
  const out = chooseOutput(options, options.format);
  const result = await writeRows(loadConfig(), source, { ...options, out, asJson });
  report(result, source.noun, asJson);
  process.exitCode = result.isCut ? EXIT_CODES.stoppedAtLimit : EXIT_CODES.done;
}

/** @throws CommandError */
function checkRange({ from, to }: RowOptions): void {
  if (from !== undefined && to !== undefined && to < from)
    throw new CommandError("--to lies before --from; nothing could be between them");
}

function writeRows<Row>(
  config: Config,
  source: RowExport<Row, object>,
  options: RowOptions & { readonly asJson: boolean },
): Promise<ExportResult> {
  const format = formatRows<Row>(options.format, source);
  return withMigratedDatabase(config, async (db) => {
    const output = await openOutput(options.out, config.EXPORT_DIR);
    const progress = showCount("exported", !options.asJson);
    let last: Row | undefined;
    let rowsWritten = 0;
    let isBegun = false; // only where reading went well, so that a refusal is all that there is
    const begin = async () => {
      if (!isBegun) await output.write(format.head);
      isBegun = true;
    };
    try {
      const { rowCount, isCut } = await source.writeRows(db, options, {
        rowsMax: config.MAX_EXPORT_ROWS,
        write: async (page) => {
          await begin();
          await output.write(format.rows(page, rowsWritten === 0));
          rowsWritten += page.length;
          last = page.at(-1);
          progress.update(rowsWritten, rowsWritten);
        },
      });
      await begin();
      await output.write(format.foot);
      await output.finish();
      return {
        out: output.path,
        rowCount,
        isCut,
        lastTime: last === undefined ? undefined : source.timeOf(last),
      };
    } finally {
      progress.stop();
      await output.discard();
    }
  });
}

/** Written to standard error where the rows themselves go to standard output. */
function report({ out, rowCount, isCut, lastTime }: ExportResult, noun: string, asJson: boolean): void {
  const print = out === "-" ? console.error : console.log;
  if (asJson) {
    const continueTo = isCut ? (lastTime ?? null) : null;
    print(JSON.stringify({ out, row_count: rowCount, complete: !isCut, continue_to: continueTo }));
    return;
  }
  const where = out === "-" ? "" : ` to ${out}`;
  print(`Exported ${tellCount(rowCount, noun)}${where}.`);
  if (!isCut) return;
  const rest = lastTime === undefined ? "raise it" : `raise it, or export the rest with --to ${lastTime}`;
  console.error(`countinghouse: stopped at MAX_EXPORT_ROWS and there are more; ${rest}`);
}
