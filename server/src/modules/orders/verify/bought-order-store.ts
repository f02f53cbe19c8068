// The SQL that reads what orders bought, to be compared with the carts they came from.
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";

export interface BoughtOrder {
  readonly currency: string;
  /** Minor units. */
  readonly total: bigint;
  readonly couponCode: string | null;
  readonly customerId: string | null;
  /** Its lines are not the ones that it was placed with. */
  readonly wasEdited: boolean;
  readonly items: readonly BoughtItem[];
}

export interface BoughtItem {
  /** null: a service. */
  readonly productId: number | null;
  readonly quantity: number;
}

/** The orders that exist, by id. */
export async function findBoughtOrders(
  { sql }: Tx,
  ids: readonly number[],
): Promise<Map<number, BoughtOrder>> {
  const rows = await sql<(BoughtOrder & { id: bigint })[]>`
    SELECT id, currency, total, coupon_code AS "couponCode", customer_id AS "customerId",
      EXISTS (
        SELECT FROM orders.entries e WHERE e.order_id = o.id AND e.event = 'edited') AS "wasEdited",
      (
        SELECT coalesce(jsonb_agg(jsonb_build_object('productId', product_id, 'quantity', quantity)), '[]')
        FROM orders.lines l
        WHERE l.order_id = o.id) AS items
    FROM orders.orders o
    WHERE id = ANY(${toArray(ids)}::bigint[])`;
  return new Map(rows.map(({ id, ...order }) => [Number(id), order]));
}
