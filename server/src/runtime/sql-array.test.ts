import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../tests/database.ts";
import { toArray, toTextArray } from "./sql-array.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: false });
});
afterAll(() => database.drop());

const text = fc.string({ unit: "binary" }).map((value) => value.replaceAll("\0", "").toWellFormed());

it("carries any text and null to PostgreSQL unchanged", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(text), { minLength: 1 }), async (values) => {
      const [row] = await database.db`SELECT to_jsonb(${toTextArray(values)}::text[]) AS values`;
      expect(row?.["values"]).toEqual(values);
    }),
    { examples: [[['"', "\\", "null", "", "{}", ",", "\n\t\u0001", '{"a":"\\\\"}', null]]], numRuns: 200 },
  );
});

it("carries integers of any size and null", async () => {
  const [row] =
    await database.db`SELECT ${toArray([1, 9_223_372_036_854_775_807n, -5n, null])}::bigint[]::text AS values`;
  expect(row?.["values"]).toBe("{1,9223372036854775807,-5,NULL}");
});
