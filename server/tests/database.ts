// A database of its own for a test, on one real PostgreSQL shared by the whole test run.
import { randomBytes } from "node:crypto";
import { grantServerRole } from "../src/program/server-role-store.ts";
import { openDatabase, type Sql } from "../src/runtime/database.ts";
import { serverRole } from "../src/runtime/embedded-postgres/index.ts";
import { migrate } from "../src/runtime/migrations/migrate.ts";

export interface TestDatabase {
  readonly url: string;
  readonly db: Sql;
  readonly drop: () => Promise<void>;
}

/** URL of the run's PostgreSQL, given by global-setup.ts. */
export function testServerUrl(): string {
  const url = process.env["TEST_POSTGRES_URL"];
  if (url === undefined) throw new Error("run tests with `npm test`, which starts PostgreSQL");
  return url;
}

const MIGRATED = "test_migrated";

/** The database of this URL for the role that serves, which owns nothing there. */
export function asServer(url: string): string {
  const server = new URL(process.env["TEST_POSTGRES_SERVER_URL"] ?? "");
  server.pathname = new URL(url).pathname;
  return server.href;
}

/** The database of this URL for the owner of its tables. */
export function asOwner(url: string): string {
  return urlOf(new URL(url).pathname.slice(1));
}

/** Makes the database that all migrated ones are copies of. Once a run, before any test. */
export async function createMigratedTemplate(): Promise<void> {
  const admin = openDatabase({ url: testServerUrl(), poolSize: 1, statementTimeoutMs: 60_000 });
  await admin.unsafe(`CREATE DATABASE ${MIGRATED}`);
  await admin.end();
  const db = openDatabase({ url: urlOf(MIGRATED), poolSize: 1, statementTimeoutMs: 60_000 });
  await migrateForServer(db);
  await db.end();
}

/** All migrations, and the role that serves let in. */
export async function migrateForServer(db: Sql): Promise<void> {
  await migrate(db);
  await grantServerRole(db, serverRole);
}

function urlOf(database: string): string {
  const url = new URL(testServerUrl());
  url.pathname = `/${database}`;
  return url.href;
}

/** Creates an empty database, migrated unless told otherwise; or a copy of `template`, whose own `db` must be ended. */
export async function createTestDatabase(
  options: { migrated?: boolean; poolSize?: number; template?: TestDatabase } = {},
): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const admin = openDatabase({ url: testServerUrl(), poolSize: 1, statementTimeoutMs: 60_000 });
  const plain = options.migrated === false ? "template1" : MIGRATED;
  const template = options.template === undefined ? plain : new URL(options.template.url).pathname.slice(1);
  await admin.unsafe(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`); // no WAL: the cluster is disposable
  const url = urlOf(name);
  const db = openDatabase({ url, poolSize: options.poolSize ?? 5, statementTimeoutMs: 60_000 });
  return {
    url,
    db,
    drop: async () => {
      await db.end({ timeout: 5 });
      await admin.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}
