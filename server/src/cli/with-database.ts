// The database of a subcommand: the one of DB_URL, or the embedded one. If `serve` runs on the same data directory, it
// keeps running and its PostgreSQL is used; otherwise one is started for the command and stopped after it.
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../config/config.ts";
import { openDatabase, type Sql, waitForDatabase } from "../runtime/database.ts";
import { hasOtherPrograms } from "../runtime/database-facts.ts";
import {
  DirectoryInUseError,
  findRunningPostgres,
  startEmbeddedPostgres,
} from "../runtime/embedded-postgres/index.ts";
import { createLog, type Log } from "../runtime/log.ts";
import { findPendingMigrations } from "../runtime/migrations/migrate.ts";
import { CommandError } from "./command-error.ts";

export interface DatabaseAccess {
  readonly url: string;
  /** Whether it was started for the command. */
  readonly isOwn: boolean;
  /** Stops what was started for the command; does nothing where another process runs it. */
  readonly release: () => Promise<void>;
}

/** Fewer than a server's pool, because servers may be running as well. */
const CONNECTIONS = 3;
const POLL_MS = 100;

/**
 * Opens the configured database for `work`, without a limit on the time of a statement.
 * @throws ConfigError, DatabaseUnreachableError, EmbeddedPostgresError: one line each, saying what to do
 */
export async function withDatabase<T>(
  config: Config,
  work: (db: Sql, url: string) => Promise<T>,
): Promise<T> {
  const log = createLog(config.LOG_LEVEL === "info" ? "warn" : config.LOG_LEVEL, config.LOG_FORMAT);
  const applicationName = `countinghouse command ${process.pid}`;
  const { db, access } = await connect(config, { log, applicationName });
  try {
    return await work(db, access.url);
  } finally {
    if (access.isOwn) await untilAlone(db, applicationName);
    await db.end({ timeout: 5 });
    await access.release();
  }
}

/** A running server may stop between being found and being connected to: then this looks again. */
async function connect(
  config: Config,
  { log, applicationName }: { log: Log; applicationName: string },
): Promise<{ db: Sql; access: DatabaseAccess }> {
  const deadline = performance.now() + config.DB_CONNECT_RETRY_SECONDS * 1000;
  for (;;) {
    const access = await reachDatabase(config, log);
    const mayVanish = config.DB_URL === undefined && !access.isOwn;
    const retrySeconds = mayVanish ? 0 : config.DB_CONNECT_RETRY_SECONDS;
    const db = openDatabase({
      url: access.url,
      poolSize: CONNECTIONS,
      statementTimeoutMs: 0,
      applicationName,
    });
    try {
      await waitForDatabase(db, { retrySeconds, log });
      return { db, access };
    } catch (error) {
      await db.end({ timeout: 5 });
      await access.release();
      if (!mayVanish || performance.now() > deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}

/** Another command may be using the server that this one started: it is stopped when nobody needs it any more. */
async function untilAlone(db: Sql, applicationName: string): Promise<void> {
  const isShared = () => hasOtherPrograms(db, applicationName).catch(() => false);
  while (await isShared()) await sleep(POLL_MS);
}

/** The same for commands that read tables: refuses if the tables are not in the version that this program knows. */
export function withMigratedDatabase<T>(
  config: Config,
  work: (db: Sql, url: string) => Promise<T>,
): Promise<T> {
  return withDatabase(config, async (db, url) => {
    const pending = await findPendingMigrations(db);
    if (pending.length > 0)
      throw new CommandError("The database is not up to date; run: countinghouse migrate");
    return work(db, url);
  });
}

/** Finds the database; starts the embedded one where no process runs it. */
export async function reachDatabase(config: Config, log: Log): Promise<DatabaseAccess> {
  const nothing = async () => undefined;
  if (config.DB_URL !== undefined) return { url: config.DB_URL, isOwn: false, release: nothing };
  const dataDir = resolve(config.DATA_DIR);
  const deadline = performance.now() + config.DB_CONNECT_RETRY_SECONDS * 1000;
  for (;;) {
    const running = await findRunningPostgres(dataDir);
    if (running !== undefined) return { url: running.url, isOwn: false, release: nothing };
    try {
      const own = await startEmbeddedPostgres({ dataDir, log });
      return { url: own.url, isOwn: true, release: () => own.stop() };
    } catch (error) {
      // Held by a process whose PostgreSQL is not ready yet: it is starting, recovering, restarting or stopping.
      if (!(error instanceof DirectoryInUseError) || performance.now() > deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}
