import { afterAll, beforeAll, expect, it } from "vitest";
import { asServer, createTestDatabase, type TestDatabase } from "../../../../tests/database.ts";
import { BY_INDEX_SETTINGS } from "../../../runtime/connection-settings.ts";
import { openDatabase } from "../../../runtime/database.ts";
import { inTransaction, type Tx } from "../../../runtime/transaction.ts";
import { selectTransaction, selectTransactions } from "../transactions/transaction-store.ts";
import * as store from "./book-store.ts";

const PAYER = 1_001;
const HISTORY = 30_000;
const HOUR = 3_600;

let database: TestDatabase;
let newest: number;
beforeAll(async () => {
  database = await createTestDatabase();
  const { db } = database;
  // An account that has paid and held for an hour, whose holds have ended, but for two: one of them expires in an hour.
  const [clock] = await db<[{ now: bigint }]>`SELECT ledger.clock() AS now`;
  newest = Number(clock.now) - 1;
  await db`
    INSERT INTO ledger.transfers (id, journal_id, debit_account_id, credit_account_id, amount, transfer_count, kind,
      actor_id)
    SELECT id, id, ${PAYER}, ${PAYER + 1}, 1, 1, 3, 'test'
    FROM generate_series(${newest - (HISTORY - 1) * 10}::bigint, ${newest}, 10) AS id`;
  await db`
    INSERT INTO ledger.holds (id, debit_account_id, credit_account_id, amount, kind, actor_id, state, closed_at,
      expires_at)
    SELECT id, ${PAYER}, ${PAYER + 1}, 1, 3, 'test', CASE WHEN id > ${newest - 15} THEN 1 ELSE 3 END,
      CASE WHEN id > ${newest - 15} THEN NULL ELSE id END, CASE WHEN id = ${newest} THEN id + 3600000000 END
    FROM generate_series(${newest - (HISTORY - 1) * 10}::bigint, ${newest}, 10) AS id`;
  await db`
    INSERT INTO ledger.transfers (id, journal_id, debit_account_id, credit_account_id, amount, transfer_count, kind,
      actor_id, reference)
    VALUES (${newest - 7}, ${newest - 7}, ${PAYER + 2}, ${PAYER + 3}, 1, 1, 3, 'test', 'named')`;
  await db`
    INSERT INTO ledger.holds (id, debit_account_id, credit_account_id, amount, kind, actor_id, reference, state,
      closed_at)
    VALUES (${newest - 5}, ${PAYER + 2}, ${PAYER + 3}, 1, 3, 'test', 'named', 3, ${newest - 4})`;
});
afterAll(() => database.drop());

/** What `read` answers on a connection of the desk's, and how many index entries of each index it read. */
async function readByIndex<T>(read: (tx: Tx) => Promise<T>): Promise<{ found: T; entries: object }> {
  const url = asServer(database.url);
  const batchDb = openDatabase({ url, poolSize: 1, statementTimeoutMs: 60_000, settings: BY_INDEX_SETTINGS });
  const before = await countEntries();
  const found = await inTransaction(batchDb, read);
  await batchDb`SELECT pg_stat_force_next_flush()`;
  await batchDb.end({ timeout: 5 });
  const after = await countEntries();
  const differences = [...after].map(([index, count]) => [index, count - (before.get(index) ?? 0)] as const);
  return { found, entries: Object.fromEntries(differences.filter(([, count]) => count > 0)) };
}

async function countEntries(): Promise<Map<string, number>> {
  const rows = await database.db<{ index: string; count: bigint }[]>`
    SELECT parent.relname AS index, sum(s.idx_tup_read) AS count
    FROM pg_stat_user_indexes s
    JOIN pg_inherits h ON h.inhrelid = s.indexrelid
    JOIN pg_class parent ON parent.oid = h.inhparent
    WHERE s.schemaname = 'ledger'
    GROUP BY 1`;
  return new Map(rows.map(({ index, count }) => [index, Number(count)]));
}

// Planned while PostgreSQL knows nothing of the tables, while it knows them empty (as before a month begins), and after.
const KNOWLEDGE = {
  "never analyzed": () => database.db`SELECT 1`,
  analyzed: () => database.db`ANALYZE ledger.transfers, ledger.holds`,
};

for (const [knowledge, prepare] of Object.entries(KNOWLEDGE)) {
  it(`reads twenty of an account's recent transfers and holds, and no more, whatever its history: ${knowledge}`, async () => {
    await prepare();
    const query = { accountIds: [PAYER, PAYER + 1], seconds: HOUR, countMax: 20 };
    const debits = await readByIndex((tx) => store.selectRecentDebits(tx, query));
    const stamps = Array.from({ length: 20 }, (_, index) => newest - (19 - index) * 10);
    expect(debits).toEqual({
      found: new Map([[PAYER, stamps]]),
      entries: { transfers_by_debit_account: 20 },
    });
    const holds = await readByIndex((tx) => store.selectRecentHolds(tx, query));
    expect(holds).toEqual({
      found: new Map([[PAYER, [newest - 10, newest]]]),
      entries: { holds_open_by_debit_account: 2 },
    });
  });

  it(`finds the next hold that expires by one look-up: ${knowledge}`, async () => {
    await prepare();
    const next = await readByIndex((tx) => store.selectNextExpiries(tx, [PAYER], newest));
    expect(next).toEqual({
      found: new Map([[PAYER, newest + HOUR * 1_000_000]]),
      entries: { holds_active_by_account: 1 },
    });
  });

  it(`reads a hold with its journal by its key: ${knowledge}`, async () => {
    await prepare();
    const hold = await readByIndex((tx) => store.selectHolds(tx, [newest]));
    expect(hold).toMatchObject({ found: [{ id: newest, kind: "TRANSFER" }], entries: { holds_pkey: 1 } });
  });
}

it("finds the newest transactions, and those with a reference, by a few rows of each table", async () => {
  const all = { from: 0, before: Number.MAX_SAFE_INTEGER, scanMax: 21, limit: 20 };
  const newestOf = await readByIndex((tx) => selectTransactions(tx, all));
  expect(newestOf.found.map(({ id }) => Number(id)).slice(0, 4)).toEqual([
    newest,
    newest,
    newest - 5,
    newest - 7,
  ]);
  expect(Math.max(...Object.values(newestOf.entries))).toBeLessThanOrEqual(60);
  const named = await readByIndex((tx) => selectTransactions(tx, { ...all, reference: "named" }));
  expect(named.found.map(({ id }) => Number(id))).toEqual([newest - 5, newest - 7]);
  expect(named.entries).toMatchObject({ transfers_by_reference: 1, holds_by_reference: 1 });
  const byId = await readByIndex((tx) => selectTransaction(tx, newest - 7));
  expect(byId).toMatchObject({ found: { reference: "named" }, entries: { transfers_pkey: 2 } });
});

it("reads the recent transfers by the same index where the months are known to be empty", async () => {
  const empty = await createTestDatabase({ poolSize: 1 });
  await empty.db`ANALYZE`;
  await inTransaction(empty.db, async (tx) => {
    await tx.sql`
      SELECT set_config(name, value, true)
      FROM unnest(${Object.keys(BY_INDEX_SETTINGS)}::text[], ${Object.values(BY_INDEX_SETTINGS)}::text[])
        AS s (name, value)`;
    const query = { accountIds: [1, 2], seconds: 60, countMax: 20 };
    expect([
      ...(await store.selectRecentDebits(tx, query)),
      ...(await store.selectRecentHolds(tx, query)),
    ]).toEqual([]);
  });
  await empty.db`SELECT pg_stat_force_next_flush()`;
  const used = await empty.db<{ index: string }[]>`
    SELECT DISTINCT parent.relname AS index
    FROM pg_stat_user_indexes s
    JOIN pg_inherits h ON h.inhrelid = s.indexrelid
    JOIN pg_class parent ON parent.oid = h.inhparent
    WHERE s.schemaname = 'ledger' AND s.idx_scan > 0
    ORDER BY 1`;
  expect(used.map(({ index }) => index)).toEqual([
    "holds_open_by_debit_account",
    "transfers_by_debit_account",
  ]);
  await empty.drop();
});
