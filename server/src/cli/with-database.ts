// The database of a subcommand: that of DB_URL, or the embedded one. A `serve` that runs on the same data directory
// keeps running: its PostgreSQL is used. Where none runs, one is started for the command and stopped after it.
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../config.ts";
import { openDatabase, type Sql, waitForDatabase } from "../runtime/database.ts";
import {
  DirectoryInUseError,
  findRunningPostgres,
  startEmbeddedPostgres,
} from "../runtime/embedded-postgres/index.ts";
import { createLog, type Log } from "../runtime/log.ts";
import { findPendingMigrations } from "../runtime/migrate.ts";
import { CommandError } from "./command-error.ts";

export interface DatabaseAccess {
  readonly url: string;
  /** Stops what was started for the command; nothing where another process runs it. */
  readonly release: () => Promise<void>;
}

/** Fewer than a server's pool: a command comes on top of the servers that run. */
const CONNECTIONS = 3;
const POLL_MS = 100;

/**
 * Opens the configured database for `work`, without a limit on the time of a statement.
 * @throws ConfigError, DatabaseUnreachableError, EmbeddedPostgresError: one line each, saying what to do
 */
export async function withDatabase<T>(config: Config, work: (db: Sql) => Promise<T>): Promise<T> {
  const log = createLog(config.LOG_LEVEL === "info" ? "warn" : config.LOG_LEVEL);
  const access = await reachDatabase(config, log);
  const db = openDatabase({ url: access.url, poolSize: CONNECTIONS, statementTimeoutMs: 0 });
  try {
    await waitForDatabase(db, { retrySeconds: config.DB_CONNECT_RETRY_SECONDS, log });
    return await work(db);
  } finally {
    await db.end({ timeout: 5 });
    await access.release();
  }
}

/** The same for commands that read tables: refuses where the tables are not those that this program knows. */
export function withMigratedDatabase<T>(config: Config, work: (db: Sql) => Promise<T>): Promise<T> {
  return withDatabase(config, async (db) => {
    const pending = await findPendingMigrations(db);
    if (pending.length > 0)
      throw new CommandError("The database is not up to date; run: countinghouse migrate");
    return work(db);
  });
}

/** Says where the database is; starts the embedded one where nobody runs it. */
export async function reachDatabase(config: Config, log: Log): Promise<DatabaseAccess> {
  const nothing = async () => undefined;
  if (config.DB_URL !== undefined) return { url: config.DB_URL, release: nothing };
  const dataDir = resolve(config.DATA_DIR);
  const deadline = Date.now() + config.DB_CONNECT_RETRY_SECONDS * 1000;
  for (;;) {
    const running = await findRunningPostgres(dataDir);
    if (running !== undefined) return { url: running.url, release: nothing };
    try {
      const own = await startEmbeddedPostgres({ dataDir, log });
      return { url: own.url, release: () => own.stop() };
    } catch (error) {
      // Held by a process whose PostgreSQL is not ready yet: starting, recovering, being restarted, stopping.
      if (!(error instanceof DirectoryInUseError) || Date.now() > deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}
