// Opens the database: our own PostgreSQL or the one of DB_URL, migrated, with one general pool and one only for group
// commit. Imports little, so that PostgreSQL can start while the rest of the program is still being loaded.
import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { type BatchConnections, openBatchConnections } from "../runtime/batch-driver/batch-connections.ts";
import { BY_INDEX_SETTINGS } from "../runtime/connection-settings.ts";
import { openDatabase, type Sql, waitForDatabase } from "../runtime/database.ts";
import { hasCluster, serverRole, startEmbeddedPostgres } from "../runtime/embedded-postgres/index.ts";
import type { Log } from "../runtime/log.ts";
import { findAppliedMigrations } from "../runtime/migrations/applied-migrations.ts";
import { migrate } from "../runtime/migrations/migrate.ts";
import { runBackwards, type StopSteps } from "../runtime/stop-steps.ts";
import { grantServerRole, mayServe } from "./server-role-store.ts";

/** Batches under way at once. */
export const LANES = 2;
/** The sequencer of the trail has a connection of its own among those of the batches. */
const SEQUENCERS = 1;
/**
 * Pages of long histories are read by walking an index until they are full, never by collecting and sorting all rows. And a plan
 * that was made while a table was empty stays with its connection: one that reads the whole table must not be among them.
 */
const READ_SETTINGS = { enable_bitmapscan: "off", enable_seqscan: "off" };

export interface Databases {
  readonly db: Sql;
  /** For group commit, and for the sequencer of the trail. */
  readonly batchDb: BatchConnections;
  /** How to reach the database with psql. */
  readonly hint: string;
  readonly close: () => Promise<void>;
}

/** Throws where the settings cannot be used; `isNew`: the database has no tables yet. */
export type Judge = (database: { readonly isNew: boolean }) => Promise<void>;

/**
 * @param judge called before anything is created; the rest of the program, which it needs, may load meanwhile
 * @throws DatabaseUnreachableError, EmbeddedPostgresError: one line each, saying what to do; nothing is left running then
 */
export async function openDatabases(config: Config, log: Log, judge: Judge): Promise<Databases> {
  const steps: StopSteps = [];
  const close = () => runBackwards(steps);
  try {
    const { url, hint } = await findServer(config, { log, steps, judge });
    const common = { url, statementTimeoutMs: config.REQUEST_TIMEOUT_MS };
    const db = openDatabase({ ...common, poolSize: config.DB_POOL_SIZE, settings: READ_SETTINGS });
    steps.push(() => db.end({ timeout: 5 }));
    await waitForDatabase(db, { retrySeconds: config.DB_CONNECT_RETRY_SECONDS, log });
    if (config.DB_URL !== undefined) await judge({ isNew: (await findAppliedMigrations(db)).length === 0 });
    tellMigrated(log, await migrate(db));
    const batchDb = openBatchConnections({
      ...common,
      poolSize: LANES + SEQUENCERS,
      settings: BY_INDEX_SETTINGS,
    });
    steps.push(() => batchDb.end({ timeout: 5 }));
    return { db, batchDb, hint, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The URL of the role that the server runs as. */
async function findServer(
  config: Config,
  { log, steps, judge }: { log: Log; steps: StopSteps; judge: Judge },
): Promise<{ url: string; hint: string }> {
  if (config.DB_URL !== undefined) return { url: config.DB_URL, hint: "DB_URL" };
  const isNew = !(await hasCluster(resolve(config.DATA_DIR)));
  if (isNew) await judge({ isNew });
  const postgres = await startEmbeddedPostgres({
    dataDir: resolve(config.DATA_DIR),
    log,
    onGaveUp: (error) => {
      log.fatal({ err: error }, "PostgreSQL does not stay up; giving up");
      process.exit(1);
    },
  });
  steps.push(() => postgres.stop());
  if (!isNew) await judge({ isNew });
  await migrateOwn(postgres.socketUrl ?? postgres.url, log);
  return { url: postgres.serverUrl, hint: postgres.adminHint };
}

/** Runs as the owner of the tables, who then grants access to the server's role. */
async function migrateOwn(url: string, log: Log): Promise<void> {
  const owner = openDatabase({ url, poolSize: 1, statementTimeoutMs: 0 });
  try {
    const applied = await migrate(owner);
    tellMigrated(log, applied);
    if (applied.length > 0 || !(await mayServe(owner, serverRole))) await grantServerRole(owner, serverRole);
  } finally {
    await owner.end({ timeout: 5 });
  }
}

function tellMigrated(log: Log, migrations: readonly string[]): void {
  const { length } = migrations;
  if (length > 0) log.info({ migrations: length }, "brought the database up to date");
  log.debug({ names: migrations }, "migrations applied");
}
