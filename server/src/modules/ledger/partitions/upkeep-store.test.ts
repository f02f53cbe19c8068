import { expect, it } from "vitest";
import { createTestDatabase } from "../../../../tests/database.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { createPartitions } from "../index.ts";

it("creates partitions ahead while a long report reads and a batch writes, and finds nothing to do the next time", async () => {
  const { db, drop } = await createTestDatabase();
  const made = await inTransaction(db, async ({ sql }) => {
    await sql`SELECT count(*) FROM ledger.transfers`;
    await sql`
      INSERT INTO ledger.holds (id, debit_account_id, credit_account_id, amount, kind, actor_id)
      VALUES (${Date.now() * 1000}, 1, 2, 1, 3, 'test')`;
    await db`SET lock_timeout = '5s'`;
    return createPartitions(db, 6);
  });
  expect(made).toBe(12); // three tables of the ledger and the quotes, three months more than the migration made
  expect(await createPartitions(db, 6)).toBe(0);
  const wrong = await db`
    SELECT i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid::regclass::text LIKE 'ledger.%' AND c.relkind = 'I' AND NOT i.indisvalid`;
  expect([...wrong]).toEqual([]);
  const counts = await db<{ parent: string; indexes: number; partitions: number }[]>`
    SELECT p.relname AS parent, count(DISTINCT ic.indexrelid)::int AS indexes, count(DISTINCT h.inhrelid)::int AS partitions
    FROM pg_class p JOIN pg_inherits h ON h.inhparent = p.oid JOIN pg_index ic ON ic.indrelid = h.inhrelid
    WHERE p.relname IN ('transfers', 'holds', 'refusals') AND p.relkind = 'p' GROUP BY 1 ORDER BY 1`;
  const parents = await db<{ parent: string; indexes: number }[]>`
    SELECT p.relname AS parent, count(*)::int AS indexes FROM pg_class p JOIN pg_index i ON i.indrelid = p.oid
    WHERE p.relname IN ('transfers', 'holds', 'refusals') AND p.relkind = 'p' GROUP BY 1 ORDER BY 1`;
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
