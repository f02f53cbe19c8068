// `countinghouse export audit`: writes the trail as one JSON line an entry, in the words of ECS or OCSF, oldest first.

import { type Command, InvalidArgumentError, Option } from "commander";
import { loadConfig } from "../../config/load-config.ts";
import { ENTRY_FORMATS, type EntryFormat, exportEntries } from "../../modules/audit/index.ts";
import { readVaultOptions } from "../../program/vault-options.ts";
import { openVault } from "../../runtime/vault/vault.ts";
import { EXIT_CODES } from "../command-error.ts";
import { addExamples } from "../examples.ts";
import { withMigratedDatabase } from "../with-database.ts";
import { addOutputOptions, chooseOutput, openOutput } from "./export-output.ts";

interface AuditExportOptions {
  readonly format: EntryFormat;
  readonly out: string;
  readonly filename?: string;
  readonly fromSeq: number;
}

/** @param exporting the command `export` */
export function addExportAuditCommand(exporting: Command): void {
  const command = addOutputOptions(exporting.command("audit"))
    .description("write the audit trail, oldest first, as ndjson; forgotten values are null")
    .addOption(new Option("--format <format>", "of the lines").choices(ENTRY_FORMATS).default("ecs"))
    .option("--from-seq <number>", "the first entry", readSeq, 0)
    .action(async (options: AuditExportOptions) => {
      const { rowCount, nextSeq } = await runExport(options);
      console.error(`Exported ${rowCount.toLocaleString("en-US")} audit entries.`);
      if (nextSeq === undefined) return;
      console.error(`countinghouse: stopped at MAX_EXPORT_ROWS; export the rest with --from-seq ${nextSeq}`);
      process.exitCode = EXIT_CODES.stoppedAtLimit;
    });
  addExamples(command, [
    ["countinghouse export audit --out trail.ndjson", "Elastic Common Schema, into EXPORT_DIR"],
    [
      "countinghouse export audit --format ocsf --from-seq 1000 --out -",
      "Open Cybersecurity Schema Framework",
    ],
  ]);
}

async function runExport({ format, fromSeq, ...options }: AuditExportOptions) {
  const out = chooseOutput(options, "ndjson");
  const config = loadConfig();
  return withMigratedDatabase(config, async (db) => {
    const vault = await openVault(db, readVaultOptions(config));
    const output = await openOutput(out, config.EXPORT_DIR);
    try {
      const range = { format, fromSeq, rowsMax: config.MAX_EXPORT_ROWS };
      const result = await exportEntries({ db, vault }, { ...range, write: output.write });
      await output.finish();
      return result;
    } finally {
      await output.discard();
    }
  });
}

function readSeq(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("must be a whole number");
  return Number(text);
}
