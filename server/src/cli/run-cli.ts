// The subcommands of `countinghouse`, and how their errors are shown: one line, or JSON with --json. Options that every
// subcommand has (--json, --debug) may stand before or after its name.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { loadConfig, readConfig } from "../config/load-config.ts";
import { isLostTypeQuery } from "../runtime/pool.ts";
import { ownOf } from "../values/own-of.ts";
import { EXIT_CODES, ReaderGoneError } from "./command-error.ts";

const FOOTER = `
Settings come from the environment and from .env: docs/configuration.md lists them.
Exit codes: 0 done; 1 found something wrong; 2 could not be done; 3 stopped at a limit (docs/cli.md).`;

/** Each is loaded only when it is asked for: `countinghouse token` does not need most of the program. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  serve: async () => (await import("./serve/serve.ts")).addServeCommand,
  migrate: async () => (await import("./migrate.ts")).addMigrateCommand,
  token: async () => (await import("./keys/token.ts")).addTokenCommand,
  admin: async () => (await import("./keys/admin.ts")).addAdminCommand,
  keys: async () => (await import("./keys/keys.ts")).addKeysCommand,
  "signing-keys": async () => (await import("./keys/signing-keys.ts")).addSigningKeysCommand,
  verify: async () => (await import("./verify/verify.ts")).addVerifyCommand,
  receipt: async () => (await import("./verify/receipt.ts")).addReceiptCommand,
  reconcile: async () => (await import("./verify/reconcile.ts")).addReconcileCommand,
  "secure-transaction": async () => (await import("./secure-transaction.ts")).addSecureTransactionCommand,
  doctor: async () => (await import("./doctor/doctor.ts")).addDoctorCommand,
  export: async () => (await import("./export/export.ts")).addExportCommand,
  supplier: async () => (await import("./supplier.ts")).addSupplierCommand,
  quotes: async () => (await import("./quotes.ts")).addQuotesCommand,
  seed: async () => (await import("./demo/seed.ts")).addSeedCommand,
  demo: async () => (await import("./demo/demo-race.ts")).addDemoCommand,
  bench: async () => (await import("./bench.ts")).addBenchCommand,
};

/** The program with the named subcommand, or with all where none is named: help and mistyped names need all of them. */
export async function createProgram(named?: string): Promise<Command> {
  const one = named === undefined ? undefined : ownOf(COMMANDS, named);
  const loaders = one === undefined ? Object.values(COMMANDS) : [one];
  const program = new Command("countinghouse")
    .description("Orders, stock and money that never disagree.")
    .version(readVersion(), "-V, --version", "print the version")
    .option("--json", "write results and errors as JSON, for machines")
    .option("--debug", "show where an error came from")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => undefined }) // showError shows these, like all other errors
    .exitOverride()
    .addHelpText("after", FOOTER);
  for (const load of loaders) (await load())(program);
  return program;
}

export async function runCli(argv: readonly string[]): Promise<void> {
  process.on("unhandledRejection", surviveLostTypeQuery);
  for (const stream of [process.stdout, process.stderr]) stream.on("error", endQuietly);
  try {
    const named = argv.slice(2).find((word) => !word.startsWith("-"));
    const program = await createProgram(named);
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return; // --help, --version
    if (error instanceof ReaderGoneError) return;
    process.exitCode = EXIT_CODES.failed;
    if (!(error instanceof CommanderError && error.code === "commander.help")) showError(error, argv);
  }
}

/** A reader that has gone (`| head`) is not an error: further output is discarded. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

/** The statement that needed the connection reports the error itself. */
function surviveLostTypeQuery(error: unknown): void {
  if (isLostTypeQuery(error)) return;
  throw error;
}

function readVersion(): string {
  const manifest = readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8");
  return JSON.parse(manifest).version;
}

function showError(error: unknown, argv: readonly string[]): void {
  const message = nameSettings(describeError(error));
  if (argv.includes("--json")) console.error(JSON.stringify({ error: message }));
  else console.error(`countinghouse: ${message}`);
  if (argv.includes("--debug") || isDebugging()) console.error(error);
}

/** One line, whatever the error is. */
function describeError(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  const line = text.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
  if (error instanceof CommanderError) return `${line} (--help shows what there is)`;
  return isForeseen(error) ? line : `${line} (--debug shows where it came from)`;
}

/** Our own errors say what to do; those of libraries and of the language do not. */
function isForeseen(error: unknown): boolean {
  const foreign = ["Error", "TypeError", "RangeError", "ReferenceError", "SyntaxError", "PostgresError"];
  return error instanceof Error && !foreign.includes(error.name);
}

/** Writes settings by the names that the user gave them. */
function nameSettings(message: string): string {
  try {
    return readConfig().nameAsGiven([message]).join();
  } catch {
    return message; // then the error is about the configuration itself
  }
}

function isDebugging(): boolean {
  try {
    return ["debug", "trace"].includes(loadConfig().LOG_LEVEL);
  } catch {
    return false; // then the error is about the configuration itself
  }
}
