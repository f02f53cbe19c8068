// Ledger, stock, payments and orders re-derived, as `countinghouse verify` does.
import { verifyStock } from "../src/modules/inventory/index.ts";
import { verifyBook } from "../src/modules/ledger/index.ts";
import { verifyOrders } from "../src/modules/orders/index.ts";
import { verifyPayments } from "../src/modules/payments/index.ts";
import type { Sql } from "../src/runtime/database.ts";

/** Every difference there is; none where all agree. */
export async function findDifferences(db: Sql): Promise<object[]> {
  const { differences } = await verifyBook(db, { full: true, readOnly: true });
  const { differences: orders } = await verifyOrders(db);
  const { differences: payments } = await verifyPayments(db);
  return [...differences, ...(await verifyStock(db)), ...payments, ...orders];
}
