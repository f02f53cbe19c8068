// `countinghouse migrate`: brings the database up to date without serving.
import { resolve } from "node:path";
import type { Command } from "commander";
import { type Config, loadConfig } from "../config.ts";
import { openDatabase, type Sql, waitForDatabase } from "../runtime/database.ts";
import { startEmbeddedPostgres } from "../runtime/embedded-postgres/index.ts";
import { createLog } from "../runtime/log.ts";
import { migrate } from "../runtime/migrate.ts";

export function addMigrateCommand(program: Command): void {
  program
    .command("migrate")
    .description("apply pending migrations and exit")
    .action(async () => {
      const applied = await withDatabase(loadConfig(), migrate);
      if (program.opts()["json"] === true) console.log(JSON.stringify({ applied }));
      else console.log(applied.length === 0 ? "Nothing to migrate." : `Applied ${applied.join(", ")}.`);
    });
}

/** Opens the configured database for a command; starts the embedded one where no server is running on it. */
export async function withDatabase<T>(config: Config, work: (db: Sql) => Promise<T>): Promise<T> {
  const log = createLog(config.LOG_LEVEL === "info" ? "warn" : config.LOG_LEVEL);
  const own =
    config.DB_URL === undefined
      ? await startEmbeddedPostgres({ dataDir: resolve(config.DATA_DIR), log })
      : undefined;
  const db = openDatabase({
    url: own?.url ?? config.DB_URL ?? "",
    poolSize: config.DB_POOL_SIZE,
    statementTimeoutMs: 0,
  });
  try {
    await waitForDatabase(db, { retrySeconds: config.DB_CONNECT_RETRY_SECONDS, log });
    return await work(db);
  } finally {
    await db.end({ timeout: 5 });
    await own?.stop();
  }
}
