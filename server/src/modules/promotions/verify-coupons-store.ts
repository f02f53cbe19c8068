// The SQL that verifies coupons.
import type { Tx } from "../../runtime/transaction.ts";

export interface Miscount {
  readonly code: string;
  readonly used: number;
  readonly counted: number;
  readonly usageLimit: number | null;
}

/** The first coupon whose count of uses is wrong, or above its limit. */
export async function selectMiscount({ sql }: Tx): Promise<Miscount | undefined> {
  const [row] = await sql<Miscount[]>`
    WITH counts AS (
      SELECT code, count(*)::int AS counted FROM promotions.uses WHERE returned_at IS NULL GROUP BY code)
    SELECT c.code, c.used, coalesce(n.counted, 0) AS counted, c.usage_limit AS "usageLimit"
    FROM promotions.coupons c
    LEFT JOIN counts n ON n.code = c.code
    WHERE c.used <> coalesce(n.counted, 0) OR c.used > c.usage_limit
    ORDER BY c.code
    LIMIT 1`;
  return row;
}

export async function selectUses(
  { sql }: Tx,
  { afterId, untilId }: { readonly afterId: number; readonly untilId: number },
): Promise<{ orderId: number; code: string; customerId: string | null; isReturned: boolean }[]> {
  const rows = await sql<
    { order_id: bigint; code: string; customer_id: string | null; is_returned: boolean }[]
  >`
    SELECT order_id, code, customer_id, returned_at IS NOT NULL AS is_returned
    FROM promotions.uses
    WHERE order_id > ${afterId} AND order_id <= ${untilId}
    ORDER BY order_id`;
  return rows.map((row) => ({
    orderId: Number(row.order_id),
    code: row.code,
    customerId: row.customer_id,
    isReturned: row.is_returned,
  }));
}
