// The checks of `doctor` on the database: whether it can be reached, is fit, is safe, and is up to date.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Config } from "../../config/config.ts";
import {
  CLOCK_LEAD_MAX_SECONDS,
  describeLead,
  findMissingPartitions,
  getClockLead,
} from "../../modules/ledger/index.ts";
import { findRewritable } from "../../program/server-role-store.ts";
import type { Sql } from "../../runtime/database.ts";
import { type DatabaseFacts, readDatabaseFacts } from "../../runtime/database-facts.ts";
import { findPendingMigrations } from "../../runtime/migrations/migrate.ts";
import { MigrationError } from "../../runtime/migrations/migration-files.ts";
import { unwrapKeyring } from "../../runtime/vault/vault-keyring.ts";
import { readKeyEncryptionKeys } from "../../runtime/vault/vault-keys.ts";
import { selectDataKeys } from "../../runtime/vault/vault-store.ts";
import { withDatabase } from "../with-database.ts";
import type { Finding } from "./doctor.ts";

/** A command need not wait as long as a server that starts together with its database. */
const RETRY_SECONDS_MAX = 3;
/** PostgreSQL's own defaults: with less, every checkpoint and every read of a large table costs more. */
const SHARED_BUFFERS_MIN_MB = 128;
const WAL_SIZE_MIN_MB = 1_024;
const CLOCK_DIFFERENCE_MAX_MS = 2_000;
/** Each process has its pool, two connections for batches, two for reads by key, and a few for commands and upkeep. */
const CONNECTIONS_BESIDE_POOL = 8;

export async function examineDatabase(config: Config): Promise<Finding[]> {
  if (config.DB_URL === undefined && !existsSync(join(resolve(config.DATA_DIR), "postgres"))) {
    return [{ check: "database", state: "ok", what: "none yet; made at the first start" }];
  }
  const retry = Math.min(config.DB_CONNECT_RETRY_SECONDS, RETRY_SECONDS_MAX);
  try {
    return await withDatabase({ ...config, DB_CONNECT_RETRY_SECONDS: retry }, (db) => examine(db, config));
  } catch (error) {
    const wayOut =
      config.DB_URL === undefined ? "see the log above" : "check DB_URL and that its server runs";
    return [{ check: "database", state: "fail", what: (error as Error).message, wayOut }];
  }
}

async function examine(db: Sql, config: Config): Promise<Finding[]> {
  const facts = await readDatabaseFacts(db);
  const where = config.DB_URL === undefined ? "its own" : "of DB_URL";
  return [
    { check: "database", state: "ok", what: `PostgreSQL ${facts.version}, ${where}` },
    examineDurability(facts),
    examineChecksums(facts),
    examineSettings(facts),
    examineConnections(facts, config),
    examineClock(facts),
    ...(await examineSchema(db, config)),
  ];
}

function examineDurability({ unsafe }: DatabaseFacts): Finding {
  const check = "durability";
  if (unsafe.length === 0)
    return { check, state: "ok", what: "fsync, full_page_writes and synchronous_commit are on" };
  const wayOut = `ALTER SYSTEM SET ${unsafe[0]} = on; SELECT pg_reload_conf(); an answer of success must mean that it is on disk`;
  return { check, state: "fail", what: `off: ${unsafe.join(", ")}`, wayOut };
}

function examineChecksums({ hasChecksums }: DatabaseFacts): Finding {
  const check = "data checksums";
  if (hasChecksums) return { check, state: "ok", what: "on" };
  const wayOut = "stop PostgreSQL and run pg_checksums --enable: without them a failing disk goes unnoticed";
  return { check, state: "warn", what: "off", wayOut };
}

/** Settings that a connection cannot set for itself; the others are set per connection (runtime/database.ts). */
function examineSettings({ hasAutovacuum, sharedBuffersMb, walSizeMaxMb }: DatabaseFacts): Finding {
  const check = "settings";
  const what = `autovacuum ${hasAutovacuum ? "on" : "off"}, shared_buffers ${sharedBuffersMb} MB, max_wal_size ${walSizeMaxMb} MB`;
  if (!hasAutovacuum) {
    const wayOut =
      "ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf(); without it tables grow and slow down without end";
    return { check, state: "fail", what, wayOut };
  }
  if (sharedBuffersMb >= SHARED_BUFFERS_MIN_MB && walSizeMaxMb >= WAL_SIZE_MIN_MB)
    return { check, state: "ok", what };
  const wayOut =
    "set shared_buffers = 256MB and max_wal_size = 4GB or more in postgresql.conf and restart PostgreSQL: smaller ones slow it down";
  return { check, state: "warn", what, wayOut };
}

function examineConnections({ connectionsMax }: DatabaseFacts, { DB_POOL_SIZE }: Config): Finding {
  const check = "connections";
  const needed = DB_POOL_SIZE + CONNECTIONS_BESIDE_POOL;
  const what = `${connectionsMax} allowed, a process takes up to ${needed}`;
  if (needed <= connectionsMax) return { check, state: "ok", what };
  return { check, state: "fail", what, wayOut: "lower DB_POOL_SIZE or raise max_connections" };
}

/** The book's stamps use the database's clock, the expiry of tokens uses the process's. */
function examineClock({ clockDifferenceMs }: DatabaseFacts): Finding {
  const check = "clock";
  const what = `the database's differs by ${Math.round(Math.abs(clockDifferenceMs))} ms`;
  if (Math.abs(clockDifferenceMs) <= CLOCK_DIFFERENCE_MAX_MS) return { check, state: "ok", what };
  return { check, state: "warn", what, wayOut: "let both machines set their clocks by NTP" };
}

async function examineSchema(db: Sql, config: Config): Promise<Finding[]> {
  const check = "schema";
  const pending = await findPendingMigrations(db).catch((error: unknown) => {
    if (error instanceof MigrationError) return error;
    throw error;
  });
  if (pending instanceof MigrationError)
    return [{ check, state: "fail", what: pending.what, wayOut: pending.wayOut }];
  if (pending.length > 0) {
    const wayOut = "run: countinghouse migrate (serve does it at its start)";
    return [{ check, state: "warn", what: `${pending.length} migrations are pending`, wayOut }];
  }
  return [
    { check, state: "ok", what: "up to date" },
    await examineLedgerClock(db),
    await examinePartitions(db),
    await examineKeys(db, config),
    ...(config.DB_URL === undefined ? [] : [await examineRole(db)]),
  ];
}

/** Whether the configured key can decrypt the data in the database. */
async function examineKeys(db: Sql, config: Config): Promise<Finding> {
  const check = "encryption key";
  const dataDir = resolve(config.DATA_DIR);
  const rows = await selectDataKeys(db);
  const keys = {
    encryptionKey: config.ENCRYPTION_KEY,
    previousKey: config.ENCRYPTION_KEY_PREVIOUS,
    dataDir,
  };
  const isGiven = config.ENCRYPTION_KEY !== undefined || existsSync(join(dataDir, "encryption-key"));
  try {
    if (rows.length === 0) {
      if (isGiven) readKeyEncryptionKeys(keys, false); // an unreadable file stops the start too
      return { check, state: "ok", what: "nothing is encrypted yet" };
    }
    if (!isGiven) throw new Error(`neither ENCRYPTION_KEY nor ${join(dataDir, "encryption-key")} is there`);
    unwrapKeyring(rows, readKeyEncryptionKeys(keys, false));
    return { check, state: "ok", what: "opens the encrypted fields" };
  } catch (error) {
    const wayOut =
      "put back the key that the server was first started with: without it, encrypted fields are lost";
    return { check, state: "fail", what: (error as Error).message, wayOut };
  }
}

/** With the embedded database, a command uses the owner's role, but the server uses another one. */
async function examineRole(db: Sql): Promise<Finding> {
  const check = "server's role";
  const [first] = await findRewritable(db);
  if (first === undefined)
    return { check, state: "ok", what: "owns nothing: history and trail are append-only for it" };
  const wayOut =
    "make a role for the server, run countinghouse migrate --server-role <role> with this DB_URL, and serve with that role's";
  return {
    check,
    state: "warn",
    what: `could rewrite ${first}: it owns the tables, or is a superuser`,
    wayOut,
  };
}

async function examineLedgerClock(db: Sql): Promise<Finding> {
  const check = "ledger's clock";
  const seconds = await getClockLead(db);
  if (seconds <= CLOCK_LEAD_MAX_SECONDS) return { check, state: "ok", what: "no stamp lies in the future" };
  const wayOut =
    "set the machine's clock right and keep it so by NTP; the ledger goes on and catches up by itself (docs/operating.md, Clocks)";
  return { check, state: "warn", what: describeLead(seconds), wayOut };
}

async function examinePartitions(db: Sql): Promise<Finding> {
  const check = "partitions";
  const { now, soon } = await findMissingPartitions(db);
  if (now.length + soon.length === 0)
    return { check, state: "ok", what: "there for this month and the next" };
  const wayOut = "start the server, whose upkeep makes them, or run: SELECT ledger.create_partitions(3)";
  return {
    check,
    state: now.length > 0 ? "fail" : "warn",
    what: `missing: ${[...now, ...soon].join(", ")}`,
    wayOut,
  };
}
