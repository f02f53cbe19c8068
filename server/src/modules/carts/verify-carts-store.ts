// The SQL that compares carts with the orders that they became. Each read answers its first difference, or undefined.
import type { Tx } from "../../runtime/transaction.ts";

export interface CartRow {
  id: bigint;
  order_id: bigint;
  /** What is wrong, in words. */
  wrong: string;
}

/** Carts ordered after a stamp whose order is missing, somebody else's, in another currency, with another coupon, or of other goods and never edited. */
export async function findWrongCart({ sql }: Tx, since: number): Promise<CartRow | undefined> {
  const [row] = await sql<CartRow[]>`
    SELECT id, order_id, wrong FROM (
      SELECT c.id, c.order_id, CASE
        WHEN o.id IS NULL THEN 'does not exist'
        WHEN o.currency <> c.currency THEN 'is in another currency'
        WHEN o.coupon_code IS DISTINCT FROM c.coupon_code THEN 'names another coupon'
        WHEN o.customer_id IS DISTINCT FROM coalesce(c.user_id, o.customer_id) THEN 'is somebody else''s'
        WHEN NOT EXISTS (SELECT FROM orders.entries e WHERE e.order_id = c.order_id AND e.event = 'edited') AND EXISTS (
          SELECT FROM (SELECT product_id, quantity FROM carts.cart_lines WHERE cart_id = c.id) AS put
          FULL JOIN (SELECT product_id, quantity FROM orders.lines WHERE order_id = c.order_id) AS bought USING (product_id, quantity)
          WHERE put IS NULL OR bought IS NULL) THEN 'is of other goods'
        END AS wrong
      FROM carts.carts c LEFT JOIN orders.orders o ON o.id = c.order_id WHERE c.order_id > ${since}) AS ordered
    WHERE wrong IS NOT NULL ORDER BY order_id LIMIT 1`;
  return row;
}

/** Merged carts whose lines went into a cart that is nobody's: merging is what signing in does. */
export async function findWrongMerge({ sql }: Tx): Promise<{ id: bigint; merged_into: bigint } | undefined> {
  const [row] = await sql<{ id: bigint; merged_into: bigint }[]>`
    SELECT c.id, c.merged_into FROM carts.carts c LEFT JOIN carts.carts i ON i.id = c.merged_into
    WHERE c.merged_into IS NOT NULL AND i.user_id IS NULL ORDER BY c.id LIMIT 1`;
  return row;
}

/** Products in carts that are open, or were ordered after a stamp. */
export async function readCartProducts(
  { sql }: Tx,
  since: number,
): Promise<{ productId: number; cartId: number }[]> {
  const rows = await sql<{ product_id: bigint; cart_id: bigint }[]>`
    SELECT l.product_id, min(l.cart_id) AS cart_id FROM carts.cart_lines l JOIN carts.carts c ON c.id = l.cart_id
    WHERE c.state = 'open' OR c.order_id > ${since} GROUP BY l.product_id ORDER BY 2`;
  return rows.map((row) => ({ productId: Number(row.product_id), cartId: Number(row.cart_id) }));
}
