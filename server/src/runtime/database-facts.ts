// What the database server reports about itself and its clients, for the command line.
import type { Sql } from "./database.ts";

export interface DatabaseFacts {
  readonly version: string;
  /** Settings without which a commit may be lost. */
  readonly unsafe: readonly string[];
  readonly hasChecksums: boolean;
  readonly hasAutovacuum: boolean;
  readonly sharedBuffersMb: number;
  readonly walSizeMaxMb: number;
  /** How many connections are open to roles without special rights. */
  readonly connectionsMax: number;
  /** The database's clock less this process's, exact to a few milliseconds. */
  readonly clockDifferenceMs: number;
}

interface FactsRow {
  version: string;
  unsafe: string[];
  checksums: boolean;
  autovacuum: boolean;
  buffers_mb: number;
  wal_mb: number;
  connections: number;
  clock_ms: number;
}

export async function readDatabaseFacts(db: Sql): Promise<DatabaseFacts> {
  await db`SELECT 1`; // so that the time to connect is not measured
  const askedAtMs = Date.now();
  const [row] = await db<[FactsRow]>`
    SELECT current_setting('server_version') AS version,
      ARRAY(
        SELECT name
        FROM pg_settings
        WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'
        ORDER BY name) AS unsafe,
      current_setting('data_checksums')::boolean AS checksums,
      current_setting('autovacuum')::boolean AS autovacuum,
      (pg_size_bytes(current_setting('shared_buffers')) / 1048576)::int AS buffers_mb,
      (pg_size_bytes(current_setting('max_wal_size')) / 1048576)::int AS wal_mb,
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        AS connections,
      (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS clock_ms`;
  const answeredAtMs = Date.now();
  return {
    version: row.version,
    unsafe: row.unsafe,
    hasChecksums: row.checksums,
    hasAutovacuum: row.autovacuum,
    sharedBuffersMb: row.buffers_mb,
    walSizeMaxMb: row.wal_mb,
    connectionsMax: row.connections,
    clockDifferenceMs: row.clock_ms - (askedAtMs + answeredAtMs) / 2,
  };
}

/** Whether a program of ours other than `applicationName` is connected to this database. */
export async function hasOtherPrograms(db: Sql, applicationName: string): Promise<boolean> {
  const rows = await db`
    SELECT
    FROM pg_stat_activity
    WHERE datname = current_database()
      AND application_name LIKE 'countinghouse%'
      AND application_name <> ${applicationName}
    LIMIT 1`;
  return rows.length > 0;
}
