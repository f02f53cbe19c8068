// The SQL of the check of stock: what the module's own tables say, a page at a time.
import type { Tx } from "../../../runtime/transaction.ts";

export interface NotedStock {
  readonly productId: number;
  readonly locationId: number;
  readonly accountId: number;
  /** How many rows name the account, and how many the product and location: must be one each. */
  readonly accountRows: number;
  readonly placeRows: number;
}

/** In the order of account ids. */
export async function selectNotedStock(
  { sql }: Tx,
  { afterId, limit }: { afterId: number; limit: number },
): Promise<NotedStock[]> {
  const rows = await sql<
    {
      product_id: bigint;
      location_id: number;
      account_id: bigint;
      account_rows: number;
      place_rows: number;
    }[]
  >`
    SELECT s.product_id, s.location_id, s.account_id,
      (
        SELECT count(*)::int FROM inventory.stock o WHERE o.account_id = s.account_id) AS account_rows,
      (
        SELECT count(*)::int
        FROM inventory.stock o
        WHERE o.product_id = s.product_id AND o.location_id = s.location_id) AS place_rows
    FROM inventory.stock s
    WHERE s.account_id > ${afterId}
    ORDER BY s.account_id
    LIMIT ${limit}`;
  return rows.map((row) => ({
    productId: Number(row.product_id),
    locationId: row.location_id,
    accountId: Number(row.account_id),
    accountRows: row.account_rows,
    placeRows: row.place_rows,
  }));
}

export async function selectNotedAccounts({ sql }: Tx, accountIds: readonly number[]): Promise<Set<number>> {
  const rows = await sql<{ account_id: bigint }[]>`
    SELECT account_id FROM inventory.stock WHERE account_id = ANY(${`{${accountIds.join(",")}}`}::bigint[])`;
  return new Set(rows.map((row) => Number(row.account_id)));
}

export interface CountedDifference {
  readonly stocktakeId: number;
  readonly locationId: number;
  readonly productId: number;
  readonly difference: number;
  readonly journalId: number | null;
}

/** Lines of stocktakes after a stocktake, in order. */
export async function selectCountedDifferences(
  { sql }: Tx,
  { afterId, limit }: { afterId: number; limit: number },
): Promise<CountedDifference[]> {
  const rows = await sql<
    {
      id: bigint;
      location_id: number;
      product_id: bigint;
      difference: bigint;
      journal_id: bigint | null;
    }[]
  >`
    SELECT t.id, t.location_id, l.product_id, l.counted - l.expected AS difference, l.journal_id
    FROM (
      SELECT id, location_id FROM inventory.stocktakes WHERE id > ${afterId} ORDER BY id LIMIT ${limit}) AS t
    JOIN inventory.stocktake_lines l ON l.stocktake_id = t.id
    ORDER BY t.id, l.product_id`;
  return rows.map((row) => ({
    stocktakeId: Number(row.id),
    locationId: row.location_id,
    productId: Number(row.product_id),
    difference: Number(row.difference),
    journalId: row.journal_id === null ? null : Number(row.journal_id),
  }));
}
