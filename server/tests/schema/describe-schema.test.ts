import { expect, it } from "vitest";
import { createTestDatabase } from "../database.ts";
import { describeSchema } from "./describe-schema.ts";

async function describeAfter(change: string): Promise<string[]> {
  const { db, drop } = await createTestDatabase({ poolSize: 1 });
  try {
    await db.unsafe(change);
    return await describeSchema(db);
  } finally {
    await drop();
  }
}

it.each([
  "ALTER TABLE ledger.accounts SET (fillfactor = 60)",
  "ALTER TABLE carts.carts ALTER currency DROP NOT NULL",
  "ALTER TABLE orders.lines ALTER shipped SET DEFAULT 1",
  "ALTER TABLE audit.pending ALTER entries SET STORAGE EXTENDED",
  "ALTER TABLE ledger.accounts RENAME CONSTRAINT accounts_closed_empty TO other",
  "ALTER TABLE ledger.transfers DETACH PARTITION ledger.transfers_2000_01",
  "ALTER INDEX catalog.products_by_words SET (fastupdate = on)",
  "ALTER TABLE audit.entries DISABLE TRIGGER entries_append_only",
  "ALTER FUNCTION ledger.create_partitions SECURITY INVOKER",
  "ALTER SEQUENCE ledger.stamps CACHE 10",
  "GRANT SELECT ON orders.orders TO PUBLIC",
  "CREATE SCHEMA other",
  "UPDATE ledger.assets SET scale = 3 WHERE code = 'USD'",
])("notices %s", async (change) => {
  const month = new Date().toISOString().slice(0, 7).replace("-", "_");
  const before = await describeAfter("SELECT 1");
  expect(await describeAfter("SELECT 1")).toEqual(before);
  expect(await describeAfter(change.replace("2000_01", month))).not.toEqual(before);
});
