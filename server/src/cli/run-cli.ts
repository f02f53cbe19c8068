// The subcommands of `countinghouse` and how their errors are shown: one line, or JSON with --json.
import { Command } from "commander";
import { addMigrateCommand } from "./migrate.ts";
import { addServeCommand } from "./serve.ts";
import { addTokenCommand } from "./token.ts";

export async function runCli(argv: readonly string[]): Promise<void> {
  const program = new Command("countinghouse")
    .description("Orders, stock and money that never disagree.")
    .option("--json", "write results and errors as JSON, for machines")
    .showHelpAfterError("(add --help for the options)");
  addServeCommand(program);
  addMigrateCommand(program);
  addTokenCommand(program);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    showError(error, program.opts()["json"] === true);
    process.exitCode = 1;
  }
}

function showError(error: unknown, asJson: boolean): void {
  const message = error instanceof Error ? error.message : String(error);
  const expected =
    error instanceof Error &&
    error.name !== "Error" &&
    !(error instanceof TypeError) &&
    !(error instanceof ReferenceError);
  if (asJson) console.error(JSON.stringify({ error: message }));
  else console.error(expected ? `countinghouse: ${message}` : error);
}
