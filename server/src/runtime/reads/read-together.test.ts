import { expect, it } from "vitest";
import type { Sql } from "../database.ts";
import { readTogether } from "./read-together.ts";

const pool = () => (() => undefined) as unknown as Sql;

it("reads what is asked for at once in one go, each key once, and each database by itself", async () => {
  const reads: [Sql, readonly number[]][] = [];
  const read = readTogether<number, string>(async (db, keys) => {
    reads.push([db, keys]);
    await new Promise(setImmediate);
    return new Map(keys.filter((key) => key > 0).map((key) => [key, `row ${key}`]));
  });
  const [one, other] = [pool(), pool()];
  const asked = [read(one, 1), read(one, 2), read(one, 1), read(one, -1), read(other, 1)];
  expect(await Promise.all(asked)).toEqual(["row 1", "row 2", "row 1", undefined, "row 1"]);
  expect(reads).toEqual([
    [one, [1, 2, -1]],
    [other, [1]],
  ]);
});

it("reads anew what is asked for while a read is under way", async () => {
  let value = 0;
  const read = readTogether<string, number>(async (_db, keys) => {
    const seen = value;
    await new Promise(setImmediate);
    return new Map(keys.map((key) => [key, seen]));
  });
  const db = pool();
  const before = read(db, "a");
  await Promise.resolve();
  await Promise.resolve();
  value = 1;
  expect(await Promise.all([before, read(db, "a")])).toEqual([0, 1]);
});
