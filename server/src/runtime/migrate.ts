// Applies the numbered .sql files in order, each in its own transaction, under an advisory lock, so that several
// processes may start at once. Forward only: a file once applied must never change, which its checksum makes sure.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseUnreachableError, type Sql } from "./database.ts";
import { inTransaction } from "./transaction.ts";

const FOLDER = join(import.meta.dirname, "..", "..", "migrations");
const LOCK = 0x434f554e; // "COUN"

export interface Migration {
  readonly name: string;
  readonly body: string;
  readonly checksum: string;
}

export function readMigrations(): Migration[] {
  return readdirSync(FOLDER)
    .filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const body = readFileSync(join(FOLDER, name), "utf8");
      return { name, body, checksum: createHash("sha256").update(body).digest("hex") };
    });
}

/**
 * Brings the schema up to date and returns the names applied now. Waits for another process that is migrating.
 * @throws DatabaseUnreachableError where something is pending and the role may not do it
 */
export async function migrate(db: Sql): Promise<string[]> {
  if ((await findPendingMigrations(db)).length === 0) return [];
  await checkMayMigrate(db);
  return inTransaction(db, async ({ sql }) => {
    await sql`SET LOCAL statement_timeout = 0`;
    await sql`SELECT pg_advisory_xact_lock(${LOCK})`;
    await sql`CREATE SCHEMA IF NOT EXISTS runtime`;
    await sql`CREATE TABLE IF NOT EXISTS runtime.migrations (
      name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`;
    const applied = new Map(
      (await sql<{ name: string; checksum: string }[]>`SELECT name, checksum FROM runtime.migrations`).map(
        (row) => [row.name, row.checksum],
      ),
    );
    const pending = readMigrations().filter((migration) => !isApplied(migration, applied));
    for (const { name, body, checksum } of pending) {
      await sql.unsafe(body);
      await sql`INSERT INTO runtime.migrations (name, checksum) VALUES (${name}, ${checksum})`;
    }
    return pending.map((migration) => migration.name);
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
 * Names of migrations that this program has and the database has not.
 * @throws DatabaseUnreachableError where the role has not been let in
 */
export async function findPendingMigrations(db: Sql): Promise<string[]> {
  const applied = new Map((await readApplied(db)).map((row) => [row.name, row.checksum]));
  return readMigrations()
    .filter((migration) => !isApplied(migration, applied))
    .map((migration) => migration.name);
}

async function readApplied(db: Sql): Promise<{ name: string; checksum: string }[]> {
  try {
    const [there] = await db<
      [{ exists: boolean }]
    >`SELECT to_regclass('runtime.migrations') IS NOT NULL AS exists`;
    return there.exists
      ? await db<{ name: string; checksum: string }[]>`SELECT name, checksum FROM runtime.migrations`
      : [];
  } catch (error) {
    if ((error as { code?: unknown }).code !== PERMISSION_DENIED) throw error;
    throw new DatabaseUnreachableError(
      'The user of DB_URL has not been let in to the tables: run "countinghouse migrate --server-role <user>" with the owner\'s DB_URL.',
    );
  }
}

const PERMISSION_DENIED = "42501";

function isApplied(migration: Migration, applied: ReadonlyMap<string, string>): boolean {
  const checksum = applied.get(migration.name);
  if (checksum !== undefined && checksum !== migration.checksum) {
    throw new Error(`migration ${migration.name} was changed after it had been applied; restore the file`);
  }
  return checksum !== undefined;
}
