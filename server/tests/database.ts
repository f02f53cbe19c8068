// A database of its own for a test, on one real PostgreSQL shared by the whole test run.
import { randomBytes } from "node:crypto";
import { openDatabase, type Sql } from "../src/runtime/database.ts";
import { migrate } from "../src/runtime/migrate.ts";

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

/** Creates an empty database, migrated unless told otherwise; or a copy of `template`, whose own `db` must be ended. */
export async function createTestDatabase(
  options: { migrated?: boolean; poolSize?: number; template?: TestDatabase } = {},
): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const admin = openDatabase({ url: testServerUrl(), poolSize: 1, statementTimeoutMs: 60_000 });
  const template =
    options.template === undefined ? "template1" : new URL(options.template.url).pathname.slice(1);
  await admin.unsafe(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  const target = new URL(testServerUrl());
  target.pathname = `/${name}`;
  const db = openDatabase({ url: target.href, poolSize: options.poolSize ?? 5, statementTimeoutMs: 60_000 });
  if (options.migrated !== false) await migrate(db);
  return {
    url: target.href,
    db,
    drop: async () => {
      await db.end({ timeout: 5 });
      await admin.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}
