// Brings the schema up to date: applies the pending .sql files in order, all in one transaction under an advisory lock, so that
// several processes may start at once, and a failure leaves nothing behind. Applied files are recorded with their checksum.

import { DatabaseUnreachableError, type Sql } from "../database.ts";
import { inTransaction } from "../transaction.ts";
import { choosePending, findAppliedMigrations } from "./applied-migrations.ts";
import { type MigrationSource, readMigrations } from "./migration-files.ts";

const LOCK = 0x434f554e; // "COUN"

/**
 * Brings the schema up to date and returns the names applied now. Waits for another process that is migrating.
 * @throws DatabaseUnreachableError where something is pending and the role may not do it
 * @throws MigrationError where the files and the database contradict each other
 */
export async function migrate(db: Sql, source?: MigrationSource): Promise<string[]> {
  const migrations = readMigrations(source);
  if (choosePending(migrations, await findAppliedMigrations(db)).length === 0) return [];
  await checkMayMigrate(db);
  return inTransaction(db, async ({ sql }) => {
    await sql`SET LOCAL statement_timeout = 0`;
    await sql`SELECT pg_advisory_xact_lock(${LOCK})`;
    await sql`CREATE SCHEMA IF NOT EXISTS runtime`;
    await sql`CREATE TABLE IF NOT EXISTS runtime.migrations (
      name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`;
    const pending = choosePending(migrations, await findAppliedMigrations(sql));
    for (const { name, body, checksum } of pending) {
      await sql.unsafe(body);
      await sql`INSERT INTO runtime.migrations (name, checksum) VALUES (${name}, ${checksum})`;
    }
    return pending.map(({ name }) => name);
  });
}

async function checkMayMigrate(db: Sql): Promise<void> {
  const [role] = await db<[{ may: boolean; database: string }]>`
    SELECT has_database_privilege(current_database(), 'CREATE') AS may, current_database() AS database`;
  if (role.may) return;
  throw new DatabaseUnreachableError(
    `Migrations are pending, and the user of DB_URL may not create schemas in "${role.database}": run "countinghouse migrate --server-role <user>" with the owner's DB_URL, or: GRANT CREATE ON DATABASE "${role.database}" TO <user>.`,
  );
}

/**
 * Names of migrations that this program has and the database does not.
 * @throws DatabaseUnreachableError where the role has no access
 * @throws MigrationError where the files and the database contradict each other
 */
export async function findPendingMigrations(db: Sql): Promise<string[]> {
  return choosePending(readMigrations(), await findAppliedMigrations(db)).map(({ name }) => name);
}
