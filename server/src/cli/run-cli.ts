// The subcommands of `countinghouse`, and how their errors are shown: one line, or JSON with --json. Options that every
// subcommand has (--json, --debug) may stand before or after its name.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { loadConfig } from "../config.ts";
import { addAdminCommand } from "./admin.ts";
import { addBenchCommand } from "./bench.ts";
import { EXIT_CODES } from "./command-error.ts";
import { addDemoCommand } from "./demo-race.ts";
import { addDoctorCommand } from "./doctor.ts";
import { addExportCommand } from "./export.ts";
import { addKeysCommand } from "./keys.ts";
import { addMigrateCommand } from "./migrate.ts";
import { addReceiptCommand } from "./receipt.ts";
import { addReconcileCommand } from "./reconcile.ts";
import { addSecureTransactionCommand } from "./secure-transaction.ts";
import { addSeedCommand } from "./seed.ts";
import { addServeCommand } from "./serve.ts";
import { addSigningKeysCommand } from "./signing-keys.ts";
import { addSupplierCommand } from "./supplier.ts";
import { addTokenCommand } from "./token.ts";
import { addVerifyCommand } from "./verify.ts";

const FOOTER = `
Settings come from the environment and from .env: docs/configuration.md lists them.
Exit codes: 0 done; 1 found something wrong; 2 could not be done; 3 stopped at a limit (docs/cli.md).`;

export function createProgram(): Command {
  const program = new Command("countinghouse")
    .description("Orders, stock and money that never disagree.")
    .version(readVersion(), "-V, --version", "print the version")
    .option("--json", "write results and errors as JSON, for machines")
    .option("--debug", "show where an error came from")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => undefined }) // shown by showError, like all others
    .exitOverride()
    .addHelpText("after", FOOTER);
  addServeCommand(program);
  addMigrateCommand(program);
  addTokenCommand(program);
  addAdminCommand(program);
  addKeysCommand(program);
  addSigningKeysCommand(program);
  addVerifyCommand(program);
  addReceiptCommand(program);
  addReconcileCommand(program);
  addSecureTransactionCommand(program);
  addDoctorCommand(program);
  addExportCommand(program);
  addSupplierCommand(program);
  addSeedCommand(program);
  addDemoCommand(program);
  addBenchCommand(program);
  return program;
}

export async function runCli(argv: readonly string[]): Promise<void> {
  process.on("unhandledRejection", outliveLostTypeQuery);
  try {
    await createProgram().parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return; // --help, --version
    process.exitCode = EXIT_CODES.failed;
    if (!(error instanceof CommanderError && error.code === "commander.help")) showError(error, argv);
  }
}

/**
 * postgres.js 3.4 asks each new connection for its array types and lets nobody see that fail: where the server goes away
 * in that moment, the process would end. The statement that wanted the connection is told on its own.
 */
function outliveLostTypeQuery(error: unknown): void {
  const { query } = error as { query?: unknown };
  if (typeof query === "string" && query.includes("typarray")) return;
  throw error;
}

function readVersion(): string {
  const manifest = readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8");
  return JSON.parse(manifest).version;
}

function showError(error: unknown, argv: readonly string[]): void {
  const message = describeError(error);
  if (argv.includes("--json")) console.error(JSON.stringify({ error: message }));
  else console.error(`countinghouse: ${message}`);
  if (argv.includes("--debug") || isDebugging()) console.error(error);
}

/** One line, whatever was thrown. */
function describeError(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  const line = text.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
  if (error instanceof CommanderError) return `${line} (--help shows what there is)`;
  return isForeseen(error) ? line : `${line} (--debug shows where it came from)`;
}

/** Errors of ours say what to do; those of libraries and the language do not. */
function isForeseen(error: unknown): boolean {
  const foreign = ["Error", "TypeError", "RangeError", "ReferenceError", "SyntaxError", "PostgresError"];
  return error instanceof Error && !foreign.includes(error.name);
}

function isDebugging(): boolean {
  try {
    return ["debug", "trace"].includes(loadConfig().LOG_LEVEL);
  } catch {
    return false; // then the configuration is what the error says
  }
}
