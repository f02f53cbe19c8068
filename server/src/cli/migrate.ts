// `countinghouse migrate`: brings the database up to date without starting a server.
import type { Command } from "commander";
import { loadConfig } from "../config/load-config.ts";
import { grantServerRole } from "../program/server-role-store.ts";
import type { Sql } from "../runtime/database.ts";
import { migrate } from "../runtime/migrations/migrate.ts";
import { CommandError } from "./command-error.ts";
import { addExamples } from "./examples.ts";
import { withDatabase } from "./with-database.ts";

export function addMigrateCommand(program: Command): void {
  const command = program
    .command("migrate")
    .description("apply pending migrations and exit (serve does the same at its start)")
    .option("--server-role <role>", "also let this role serve: it may read and write, and own nothing")
    .action(async ({ serverRole }: { serverRole?: string }) => {
      const applied = await withDatabase(loadConfig(), async (db) => {
        const names = await migrate(db);
        if (serverRole !== undefined) await admit(db, serverRole);
        return names;
      });
      if (program.opts()["json"] === true) console.log(JSON.stringify({ applied }));
      else console.log(applied.length === 0 ? "Nothing to migrate." : `Applied ${applied.join(", ")}.`);
    });
  addExamples(command, [
    ["countinghouse migrate", "the database of DB_URL, or the one in DATA_DIR"],
    [
      "countinghouse migrate --server-role shop",
      "with the owner's DB_URL; then serve with that of the role shop",
    ],
    ["countinghouse migrate --json", 'prints {"applied": [...]}'],
  ]);
}

/** @throws CommandError where the role does not exist, or the connection's role does not own the tables */
async function admit(db: Sql, role: string): Promise<void> {
  try {
    await grantServerRole(db, role);
  } catch (error) {
    throw new CommandError(`The role ${role} could not be let in: ${(error as Error).message}`);
  }
}
