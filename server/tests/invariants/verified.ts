// What every crash test ends with: ledger, stock, payments and orders re-derived, as `countinghouse verify` does.
import { expect } from "vitest";
import { openDatabase, type Sql } from "../../src/runtime/database.ts";
import { findDifferences } from "../verified.ts";
import { findPostgres } from "./server-process.ts";

const PATIENCE_MS = 60_000;

/** A connection of the test's own to the PostgreSQL of a data directory. */
export async function withDatabase<T>(dataDir: string, use: (db: Sql) => Promise<T>): Promise<T> {
  const { url } = await findPostgres(dataDir);
  const db = openDatabase({ url, poolSize: 4, statementTimeoutMs: PATIENCE_MS });
  return use(db).finally(() => db.end({ timeout: 5 }));
}

export function expectVerified(dataDir: string, where: string): Promise<void> {
  return withDatabase(dataDir, async (db) => {
    expect(await findDifferences(db), where).toEqual([]);
  });
}
