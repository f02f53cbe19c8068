// Exports that are lines in a format of their own, up to the limit.
import { loadConfig } from "../../config/load-config.ts";
import type { LineExport } from "../../modules/module.ts";
import { readVaultOptions } from "../../program/vault-options.ts";
import { openVault } from "../../runtime/vault/vault.ts";
import { EXIT_CODES } from "../command-error.ts";
import { withMigratedDatabase } from "../with-database.ts";
import { chooseOutput, openOutput, tellCount } from "./export-output.ts";

export interface LineOptions {
  readonly out: string;
  readonly filename?: string;
}

/** Exports, reports on standard error and sets the exit code. @throws CommandError, and whatever reading throws */
export async function exportLines(options: LineOptions, wanted: LineExport<object>): Promise<void> {
  const out = chooseOutput(options, "ndjson");
  const config = loadConfig();
  const { rowCount, rest } = await withMigratedDatabase(config, async (db) => {
    const vault = await openVault(db, readVaultOptions(config));
    const output = await openOutput(out, config.EXPORT_DIR);
    try {
      const result = await wanted.writeLines({ db, vault }, options, {
        rowsMax: config.MAX_EXPORT_ROWS,
        write: (lines) => output.write(lines.map((line) => `${line}\n`).join("")),
      });
      await output.finish();
      return result;
    } finally {
      await output.discard();
    }
  });
  console.error(`Exported ${tellCount(rowCount, wanted.noun)}.`);
  if (rest === undefined) return;
  console.error(`countinghouse: stopped at MAX_EXPORT_ROWS; export the rest with ${rest}`);
  process.exitCode = EXIT_CODES.stoppedAtLimit;
}
