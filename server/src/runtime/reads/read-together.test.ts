import { expect, it } from "vitest";
import { createTestDatabase } from "../../../tests/database.ts";
import type { Connections, Sql } from "../database.ts";
import { readOnce, readTogether } from "./read-together.ts";

/** A pool of no database, which counts what is read over it. */
function openPool() {
  let taken = 0;
  const keyed: Connections = {
    takeConnection: async () => {
      taken += 1;
      return { sql: keyed as never, lost: new Promise<never>(() => undefined), release: () => undefined };
    },
    replaceConnections: () => undefined,
  };
  return { db: { keyed } as unknown as Sql, taken: () => taken };
}

it("reads what is asked for at once in one go, each key once, and each database by itself", async () => {
  const reads: (readonly number[])[] = [];
  const read = readTogether<number, string>(async (_tx, keys) => {
    reads.push(keys);
    await new Promise(setImmediate);
    return new Map(keys.filter((key) => key > 0).map((key) => [key, `row ${key}`]));
  });
  const [one, other] = [openPool(), openPool()];
  const asked = [read(one.db, 1), read(one.db, 2), read(one.db, 1), read(one.db, -1), read(other.db, 1)];
  expect(await Promise.all(asked)).toEqual(["row 1", "row 2", "row 1", undefined, "row 1"]);
  expect(reads).toEqual([[1, 2, -1], [1]]);
  expect([one.taken(), other.taken()]).toEqual([1, 1]);
});

it("reads anew what is asked for while a read is under way", async () => {
  let value = 0;
  const begun = Promise.withResolvers<void>();
  const read = readTogether<string, number>(async (_tx, keys) => {
    const seen = value;
    begun.resolve();
    await new Promise(setImmediate);
    return new Map(keys.map((key) => [key, seen]));
  });
  const { db } = openPool();
  const before = read(db, "a");
  await begun.promise;
  value = 1;
  expect(await Promise.all([before, read(db, "a")])).toEqual([0, 1]);
});

it("remembers rows that never change, no more than told, and asks again for what was not there", async () => {
  const reads: (readonly number[])[] = [];
  const there = new Set([1, 2, 3]);
  const read = readOnce<number, string>(async (_tx, keys) => {
    reads.push(keys);
    return new Map(keys.filter((key) => there.has(key)).map((key) => [key, `row ${key}`]));
  }, 2);
  const { db } = openPool();
  for (const key of [1, 2, 1, 4]) await read(db, key);
  there.add(4);
  expect(await read(db, 4)).toBe("row 4"); // takes the place of 1
  for (const key of [2, 1]) expect(await read(db, key)).toBe(`row ${key}`);
  expect(reads).toEqual([[1], [2], [4], [4], [1]]);
});

it("plans by index what it reads, of tables that were never analyzed too", async () => {
  const database = await createTestDatabase({ migrated: false });
  await database.db`CREATE TABLE coins AS SELECT 1 AS id`;
  await database.db`CREATE INDEX coins_by_id ON coins (id)`;
  const readPlan = readTogether<string, string>(async ({ sql }) => {
    const plan = await sql<{ "QUERY PLAN": string }[]>`EXPLAIN SELECT id FROM coins WHERE id = 1`;
    return new Map([["plan", plan.map((row) => row["QUERY PLAN"]).join()]]);
  });
  expect(await readPlan(database.db, "plan")).toContain("coins_by_id");
  await database.drop();
});
