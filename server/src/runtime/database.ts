// Opens PostgreSQL: one client with its pool, `bigint` columns as JavaScript bigint. A failure at start becomes one clear line;
// while the server is not up yet, the connection is retried with growing pauses.
import { setTimeout as sleep } from "node:timers/promises";
import postgres, { type Sql as PostgresSql } from "postgres";
import { openBatchConnections } from "./batch-driver/batch-connections.ts";
import { BY_INDEX_SETTINGS, CONNECTION_SETTINGS, type DatabaseOptions } from "./connection-settings.ts";
import { openGatheringSocket } from "./gathering-socket.ts";
import type { Log } from "./log.ts";
import { openPool, type Sql, type SqlTypes } from "./pool.ts";

export type { AnySql, Connections, Sql, SqlTypes } from "./pool.ts";

/** Of a pool, for reads by key: reads of other kinds go on while one is under way. */
const KEYED_CONNECTIONS = 2;

export class DatabaseUnreachableError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "DatabaseUnreachableError";
  }
}

const VERSION_MIN = 150_000;
/** How long a try may take beyond the time for retries. */
const ANSWER_MS = 10_000;

/** Makes a pool; it connects when first used. `options.url` may name a TCP host or a socket folder (`?host=/dir`). */
export function openDatabase(options: DatabaseOptions): Sql {
  const keyed = { ...options, poolSize: KEYED_CONNECTIONS, settings: BY_INDEX_SETTINGS };
  return openPool((onClose) => connect(options, onClose), openBatchConnections(keyed));
}

function connect(options: DatabaseOptions, onClose: () => void): PostgresSql<SqlTypes> {
  const address = new URL(options.url);
  const folder = address.searchParams.get("host");
  return postgres(options.url.replace(/\?host=[^&]*&?/, "?").replace(/\?$/, ""), {
    ...(folder === null ? {} : { path: `${folder}/.s.PGSQL.${address.port || "5432"}` }),
    // With several hosts, postgres.js itself tries one after another.
    ...(address.hostname.includes(",") ? {} : { socket: openGatheringSocket }),
    max: options.poolSize,
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: 10,
    onclose: onClose,
    onnotice: () => undefined,
    types: { bigint: postgres.BigInt },
    connection: {
      application_name: options.applicationName ?? "countinghouse",
      statement_timeout: options.statementTimeoutMs,
      idle_in_transaction_session_timeout: options.statementTimeoutMs,
      ...CONNECTION_SETTINGS,
      ...options.settings,
    },
  }) as unknown as PostgresSql<SqlTypes>;
}

/**
 * Waits until the database answers and is fit for use. Problems that may pass (not reachable, starting up, too many connections)
 * are retried for `retrySeconds`; lasting ones (password, permission, version) fail at once.
 * @throws DatabaseUnreachableError with one line that says what to do.
 */
export async function waitForDatabase(sql: Sql, options: { retrySeconds: number; log: Log }): Promise<void> {
  const deadline = performance.now() + options.retrySeconds * 1000;
  for (let pauseMs = 200; ; pauseMs = Math.min(pauseMs * 2, 5_000)) {
    try {
      return await Promise.race([checkDatabase(sql), giveUpAt(deadline + ANSWER_MS)]);
    } catch (error) {
      if (error instanceof DatabaseUnreachableError) throw error;
      if (!mayPass(error) || performance.now() + pauseMs > deadline)
        throw new DatabaseUnreachableError(describe(error));
      options.log.warn(
        { "error.message": describe(error), "event.duration_ms": pauseMs },
        "database not ready, trying again",
      );
      await sleep(pauseMs);
    }
  }
}

/** A proxy whose PostgreSQL is down accepts connections and closes them, and the driver then tries again for ever. */
async function giveUpAt(deadline: number): Promise<never> {
  await sleep(Math.max(0, deadline - performance.now()), undefined, { ref: false });
  throw new DatabaseUnreachableError(
    "What listens at DB_URL does not answer as PostgreSQL does; check host and port, and that the database behind them runs.",
  );
}

interface ServerFacts {
  version: number;
  standby: boolean;
  readonly: boolean;
  encoding: string;
}

async function checkDatabase(sql: Sql): Promise<void> {
  const [server] = await sql<[ServerFacts]>`
    SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS standby,
      current_setting('transaction_read_only')::boolean AS readonly,
      current_setting('server_encoding') AS encoding`;
  const problem = describeUnfit(server);
  if (problem !== undefined) throw new DatabaseUnreachableError(problem);
}

/** Why this server cannot be used, though it answers. */
function describeUnfit({ version, standby, readonly, encoding }: ServerFacts): string | undefined {
  if (version < VERSION_MIN)
    return `DB_URL is PostgreSQL ${Math.floor(version / 10_000)}; version 15 or later is needed.`;
  if (standby) return "DB_URL is a read-only standby; point it at the primary.";
  if (readonly)
    return "The database of DB_URL is read-only (default_transaction_read_only is on for it, its role or its server); set it off.";
  if (encoding !== "UTF8")
    return `The database of DB_URL keeps text as ${encoding}; make one with: createdb --encoding=UTF8 --template=template0`;
  return undefined;
}

const PASSING = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "CONNECT_TIMEOUT",
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "57P01",
  "57P02",
  "57P03",
  "53300",
]);

function mayPass(error: unknown): boolean {
  return PASSING.has(String((error as { code?: unknown }).code));
}

function describe(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  if (code === "28P01" || code === "28000") return "The database refused the user or password of DB_URL.";
  if (code === "3D000") return "The database named in DB_URL does not exist; create it with createdb.";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "The host of DB_URL is not known to this machine.";
  if (code === "53300")
    return "The database has no connection left; lower DB_POOL_SIZE or raise max_connections.";
  if (mayPass(error))
    return `The database of DB_URL cannot be reached (${code}); check that it runs and the host and port are right.`;
  return `The database of DB_URL cannot be used: ${message ?? code ?? "unknown error"}`;
}
