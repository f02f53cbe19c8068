import { expect, it } from "vitest";
import { createTestDatabase } from "../../../../tests/database.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { countRecentDebits, countRecentHolds, createPartitions } from "../index.ts";

it("creates partitions ahead while a long report reads and a batch writes, and finds nothing to do the next time", async () => {
  const { db, drop } = await createTestDatabase();
  const made = await inTransaction(db, async ({ sql }) => {
    await sql`SELECT count(*) FROM ledger.transfers`;
    await sql`INSERT INTO ledger.journals (id, kind, transfer_count, actor_id) VALUES (${Date.now() * 1000}, 1, 0, 'test')`;
    await db`SET lock_timeout = '5s'`;
    return createPartitions(db, 6);
  });
  expect(made).toBe(12); // four tables, three months more than the migration made
  expect(await createPartitions(db, 6)).toBe(0);
  const wrong = await db`
    SELECT i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid::regclass::text LIKE 'ledger.%' AND c.relkind = 'I' AND NOT i.indisvalid`;
  expect([...wrong]).toEqual([]);
  const counts = await db<{ parent: string; indexes: number; partitions: number }[]>`
    SELECT p.relname AS parent, count(DISTINCT ic.indexrelid)::int AS indexes, count(DISTINCT h.inhrelid)::int AS partitions
    FROM pg_class p JOIN pg_inherits h ON h.inhparent = p.oid JOIN pg_index ic ON ic.indrelid = h.inhrelid
    WHERE p.relname IN ('transfers', 'journals', 'holds', 'refusals') AND p.relkind = 'p' GROUP BY 1 ORDER BY 1`;
  const parents = await db<{ parent: string; indexes: number }[]>`
    SELECT p.relname AS parent, count(*)::int AS indexes FROM pg_class p JOIN pg_index i ON i.indrelid = p.oid
    WHERE p.relname IN ('transfers', 'journals', 'holds', 'refusals') AND p.relkind = 'p' GROUP BY 1 ORDER BY 1`;
  // No partition has an index twice, and none lacks one: the copies were taken as the parent's own.
  for (const [index, { parent, indexes, partitions }] of counts.entries()) {
    expect({ parent, perPartition: indexes / partitions }).toEqual({
      parent,
      perPartition: parents[index]?.indexes,
    });
    expect(partitions).toBe(7);
  }
  await drop();
});

it("counts recent debits and holds by the account's own index, though planned while the months ahead are empty", async () => {
  const { db, drop } = await createTestDatabase({ poolSize: 1 });
  await db`ANALYZE`; // notes that they are empty, as it may happen before the month begins
  await inTransaction(db, async (tx) => {
    await tx.sql`SELECT set_config(name, value, true) FROM (VALUES
      ('plan_cache_mode', 'force_generic_plan'), ('enable_seqscan', 'off')) AS batch (name, value)`;
    const query = { accountIds: [1, 2], seconds: 60, countMax: 20 };
    expect([...(await countRecentDebits(tx, query)), ...(await countRecentHolds(tx, query))]).toEqual([]);
  });
  await db`SELECT pg_stat_force_next_flush()`;
  const used = await db<{ index: string }[]>`
    SELECT DISTINCT regexp_replace(indexrelname, '_[0-9]{4}_[0-9]{2}', '') AS index FROM pg_stat_user_indexes
    WHERE schemaname = 'ledger' AND idx_scan > 0 AND relname ~ '^(transfers|holds)_[0-9]'`;
  const expected = ["transfers_debit_account_id_id_idx", "holds_debit_account_id_id_idx"];
  expect(used.map(({ index }) => index).sort()).toEqual(expected.sort());
  await drop();
});
