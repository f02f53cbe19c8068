import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../tests/database.ts";
import { type BatchConnections, openBatchConnections } from "./batch-driver/batch-connections.ts";
import { columnsOf } from "./row-columns.ts";
import { inPipelinedTransaction, inTransaction } from "./transaction.ts";

interface Sample {
  readonly id: number;
  readonly small?: number | null;
  readonly big?: number | bigint | null;
  readonly exact?: bigint | string | null;
  readonly flag?: boolean | null;
  readonly note?: string | null;
  readonly key?: string | null;
  readonly bytes?: Buffer | null;
  readonly at?: Date | string | null;
  readonly doc?: object | null;
  readonly ids?: readonly number[] | null;
}

const SAMPLE = columnsOf<Sample>({
  id: ["integer", (sample) => sample.id],
  small: ["smallint", (sample) => sample.small],
  big: ["bigint", (sample) => sample.big],
  exact: ["numeric", (sample) => sample.exact],
  flag: ["boolean", (sample) => sample.flag],
  note: ["text", (sample) => sample.note],
  key: ["uuid", (sample) => sample.key],
  bytes: ["bytea", (sample) => sample.bytes],
  at: ["timestamptz", (sample) => sample.at],
  doc: ["jsonb", (sample) => sample.doc],
  ids: ["bigint[]", (sample) => sample.ids],
});

let database: TestDatabase;
let batchDb: BatchConnections;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: false, poolSize: 1 });
  await database.db`
    CREATE TABLE samples (
      id integer PRIMARY KEY, small smallint, big bigint, exact numeric, flag boolean, note text, key uuid,
      bytes bytea, at timestamptz, doc jsonb, ids bigint[])`;
  batchDb = openBatchConnections({ url: database.url, poolSize: 1, statementTimeoutMs: 60_000 });
});
beforeEach(() => database.db`TRUNCATE samples`);
afterAll(async () => {
  await batchDb.end({ timeout: 5 });
  await database.drop();
});

/** By the desk's connections, whose arrays are binary, then again by everybody's, whose are text: nothing may differ. */
async function insert(samples: readonly Sample[]): Promise<number> {
  await inPipelinedTransaction(batchDb, async ({ sql }) => ({
    outcome: undefined,
    writes: [sql`INSERT INTO samples ${SAMPLE.rows(sql, samples)}`.execute()],
  }));
  const binary = await readSamples();
  await database.db`TRUNCATE samples`;
  const { count } = await database.db`INSERT INTO samples ${SAMPLE.rows(database.db, samples)}`;
  expect(await readSamples()).toEqual(binary);
  return count;
}

function readSamples() {
  return database.db`
    SELECT id, small, big::text, exact::text, flag, note, key, bytes, ids::text, doc,
      to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at
    FROM samples ORDER BY id`;
}

it("writes a value of every type", async () => {
  await insert([
    {
      id: 1,
      small: -32_768,
      big: 9_223_372_036_854_775_807n,
      exact: "123456789012345678901234567890.000000001",
      flag: true,
      note: "plain",
      key: "0123456789abcdef0123456789abcdef",
      bytes: Buffer.from([0, 0x5c, 0x22, 255]),
      at: "2026-01-02T03:04:05.678901Z",
      doc: { a: '"{\\', b: [1, null] },
      ids: [1, 2, Number.MAX_SAFE_INTEGER],
    },
    { id: 2, big: -9_223_372_036_854_775_808n, exact: -1n, flag: false, at: new Date(0), doc: [], ids: [] },
  ]);
  const [first, second] = await readSamples();
  expect(first).toEqual({
    id: 1,
    small: -32_768,
    big: "9223372036854775807",
    exact: "123456789012345678901234567890.000000001",
    flag: true,
    note: "plain",
    key: "01234567-89ab-cdef-0123-456789abcdef",
    bytes: Buffer.from([0, 0x5c, 0x22, 255]),
    at: "2026-01-02T03:04:05.678901Z",
    doc: { a: '"{\\', b: [1, null] },
    ids: "{1,2,9007199254740991}",
  });
  expect(second).toMatchObject({ big: "-9223372036854775808", exact: "-1", flag: false, doc: [], ids: "{}" });
  expect(second?.["at"]).toBe("1970-01-01T00:00:00.000000Z");
});

it("writes NULL for null and for what is left out", async () => {
  const nulls = {
    small: null,
    big: null,
    exact: null,
    flag: null,
    note: null,
    key: null,
    bytes: null,
    at: null,
    doc: null,
    ids: null,
  };
  await insert([{ id: 1 }, { id: 2, ...nulls }]);
  expect(await readSamples()).toEqual([
    { id: 1, ...nulls },
    { id: 2, ...nulls },
  ]);
});

it("writes any text, bytes and document unchanged", async () => {
  const text = fc.string({ unit: "binary" }).map((value) => value.replaceAll("\0", "").toWellFormed());
  const examples = [
    "",
    "null",
    "NULL",
    "{}",
    ",",
    '"',
    "\\",
    "\\x00",
    "a\n\t\u0001",
    "žluťoučký 🐎",
    "'; --",
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 8 }), async (notes) => {
      await database.db`DELETE FROM samples`;
      await insert(notes.map((note, id) => ({ id, note, bytes: Buffer.from(note), doc: { note } })));
      const rows = await database.db`SELECT note, bytes, doc FROM samples ORDER BY id`;
      expect(rows).toEqual(notes.map((note) => ({ note, bytes: Buffer.from(note), doc: { note } })));
    }),
    { examples: [[examples]], numRuns: 50 },
  );
});

it("inserts nothing for no rows", async () => {
  expect(await insert([])).toBe(0);
});

it("goes on after the rows with the rest of the statement", async () => {
  const { db } = database;
  await insert([{ id: 1, note: "old" }]);
  const changed = await db`
    INSERT INTO samples AS s ${SAMPLE.rows(db, [
      { id: 1, note: "new", ids: [7] },
      { id: 2, note: "other" },
    ])}
    ON CONFLICT (id) DO UPDATE SET ${NOTES.assignments(db, "excluded")} WHERE s.note = ${"old"}
    RETURNING s.id`;
  expect(changed).toEqual([{ id: 1 }, { id: 2 }]);
  expect(await db`SELECT note FROM samples ORDER BY id`).toEqual([{ note: "new" }, { note: "other" }]);
});

const NOTES = columnsOf<Sample>({ note: ["text", (sample) => sample.note] });
const CHANGES = columnsOf<Sample>({
  note: ["text", (sample) => sample.note],
  ids: ["bigint[]", (sample) => sample.ids],
});

it("updates a set of rows, in a transaction", async () => {
  await insert([{ id: 1 }, { id: 2 }, { id: 3, note: "kept" }]);
  const given: Sample[] = [{ id: 1, note: "one", ids: [1, 2] }, { id: 2 }];
  const keyed = columnsOf<Sample>({
    id: ["integer", (sample) => sample.id],
    note: ["text", (sample) => sample.note],
    ids: ["bigint[]", (sample) => sample.ids],
  });
  await inTransaction(
    database.db,
    ({ sql }) => sql`
      UPDATE samples s SET ${CHANGES.assignments(sql, "n")}
      FROM unnest(${keyed.arrays(sql, given)}) AS n (${keyed.names(sql)})
      WHERE s.id = n.id`,
  );
  expect(await database.db`SELECT id, note, ids::text FROM samples ORDER BY id`).toEqual([
    { id: 1, note: "one", ids: "{1,2}" },
    { id: 2, note: null, ids: null },
    { id: 3, note: "kept", ids: null },
  ]);
});

it("prepares one statement for any number of rows", async () => {
  for (let count = 0; count < 4; count += 1) {
    await database.db`TRUNCATE samples`;
    await insert(Array.from({ length: count }, (_, index) => ({ id: count * 10 + index, note: "x" })));
  }
  const prepared = await database.db`
    SELECT parameter_types::text FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO samples (%'`;
  expect(prepared).toHaveLength(1);
});
