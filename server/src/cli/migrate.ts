// `countinghouse migrate`: brings the database up to date without serving.
import type { Command } from "commander";
import { loadConfig } from "../config.ts";
import { migrate } from "../runtime/migrate.ts";
import { addExamples } from "./examples.ts";
import { withDatabase } from "./with-database.ts";

export function addMigrateCommand(program: Command): void {
  const command = program
    .command("migrate")
    .description("apply pending migrations and exit (serve does the same at its start)")
    .action(async () => {
      const applied = await withDatabase(loadConfig(), migrate);
      if (program.opts()["json"] === true) console.log(JSON.stringify({ applied }));
      else console.log(applied.length === 0 ? "Nothing to migrate." : `Applied ${applied.join(", ")}.`);
    });
  addExamples(command, [
    ["countinghouse migrate", "the database of DB_URL, or the one in DATA_DIR"],
    ["countinghouse migrate --json", 'prints {"applied": [...]}'],
  ]);
}
