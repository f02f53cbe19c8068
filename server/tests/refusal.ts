// Commands as a route runs them, without HTTP, and the proof that a refused one left nothing.
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { runCommand } from "../src/http/index.ts";
import type { Sql } from "../src/runtime/database.ts";
import type { KeyedRequest } from "../src/runtime/idempotency.ts";
import type { Tx } from "../src/runtime/transaction.ts";
import { keyed, STAFF } from "./desk.ts";

type Json = ReturnType<typeof JSON.parse>;

/** Runs a command that is not the desk's, once per key, and returns its parsed answer. The trail's entry is the route's. */
export async function run(db: Sql, work: (tx: Tx) => Promise<object>, key?: KeyedRequest): Promise<Json> {
  const { body } = await runCommand(db, { key, record: async () => undefined }, work);
  return JSON.parse(body);
}

/**
 * Expects `act` to be refused so, and every table but the trail to hold afterwards what it held before, row by row. Without
 * a key: a key remembers its refusal.
 */
export async function expectRefusal(db: Sql, act: () => Promise<unknown>, refusal: object): Promise<void> {
  await expectNothingWritten(db, () => expect(act()).rejects.toMatchObject(refusal));
}

/** Expects every table but the trail to hold after `act` what it held before, row by row. */
export async function expectNothingWritten<Result>(db: Sql, act: () => Promise<Result>): Promise<Result> {
  const before = await digestTables(db);
  const result = await act();
  expect(await digestTables(db)).toEqual(before);
  return result;
}

/** Expects a repeated key to be answered the same, and to write nothing. Returns the answer. */
export async function expectReplay(db: Sql, act: (key: KeyedRequest) => Promise<Json>): Promise<Json> {
  const key = keyed(STAFF, randomUUID());
  const answer = await act(key);
  expect(await expectNothingWritten(db, () => act(key))).toEqual(answer);
  return answer;
}

/** Expects one of two at once to be carried out and the other to be refused so. Returns the answer of the first. */
export async function expectOneOfTwo(act: () => Promise<Json>, code: string): Promise<Json> {
  const outcomes = await Promise.allSettled([act(), act()]);
  const [done] = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  expect(outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.code] : []))).toEqual(
    [code],
  );
  return done;
}

/** Number and digest of the rows of each table; partitions count as their table. */
async function digestTables(db: Sql): Promise<Json> {
  const tables = await db<{ name: string }[]>`
    SELECT format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p')
      AND NOT c.relispartition
      AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pgboss', 'audit')
    ORDER BY 1`;
  const digests = tables.map(({ name }) => {
    // Up to which moment an account was looked at, as a refusal does too: what is booked on it later has later stamps.
    const row = name === "ledger.accounts" ? "(to_jsonb(t) - 'last_stamp')" : "t";
    return `(SELECT count(*) || ' ' || coalesce(sum(hashtextextended(${row}::text, 0)), 0) FROM ${name} t) AS "${name}"`;
  });
  const [row] = await db.unsafe<Json[]>(`SELECT ${digests.join(", ")}`);
  return row;
}
