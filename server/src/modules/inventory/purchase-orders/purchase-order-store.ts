// The SQL of purchase orders.
import type { AnySql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";

export type PurchaseOrderState =
  | "created"
  | "unknown"
  | "accepted"
  | "shipped"
  | "delivered"
  | "refused"
  | "cancelled"
  | "received";

export interface PurchaseOrder {
  readonly id: number;
  readonly key: string;
  readonly productId: number;
  readonly sku: string;
  readonly quantity: number;
  readonly isAutomatic: boolean;
  readonly state: PurchaseOrderState;
  readonly supplierReference: string | null;
  readonly carrier: string | null;
  readonly trackingNumber: string | null;
  readonly expectedAt: Date | null;
  readonly lastError: string | null;
  readonly receivedQuantity: number | null;
  readonly createdAt: Date;
}

const COLUMNS = `id::float8 AS id, key, product_id::float8 AS "productId", sku, quantity::float8 AS quantity,
  is_automatic AS "isAutomatic", state, supplier_reference AS "supplierReference", carrier,
  tracking_number AS "trackingNumber", expected_at AS "expectedAt", last_error AS "lastError",
  received_quantity::float8 AS "receivedQuantity", created_at AS "createdAt"`;

/** Newest first. */
export async function selectPurchaseOrders(
  sql: AnySql,
  { beforeId, limit }: { readonly beforeId: number | undefined; readonly limit: number },
): Promise<PurchaseOrder[]> {
  return sql<PurchaseOrder[]>`
    SELECT ${sql.unsafe(COLUMNS)}
    FROM inventory.purchase_orders
    WHERE ${beforeId === undefined ? sql`true` : sql`id < ${beforeId}`}
    ORDER BY id DESC
    LIMIT ${limit}`;
}

export async function lockPurchaseOrders({ sql }: Tx, ids: readonly number[]): Promise<PurchaseOrder[]> {
  return sql<PurchaseOrder[]>`
    SELECT ${sql.unsafe(COLUMNS)}
    FROM inventory.purchase_orders
    WHERE id = ANY(${toArray(ids)}::bigint[])
    ORDER BY id
    FOR UPDATE`.execute();
}

export async function selectPurchaseOrder(sql: AnySql, id: number): Promise<PurchaseOrder | undefined> {
  const [order] = await sql<PurchaseOrder[]>`
    SELECT ${sql.unsafe(COLUMNS)} FROM inventory.purchase_orders WHERE id = ${id}`;
  return order;
}

/** Undefined where no stock of the product is kept. */
export async function insertPurchaseOrder(
  { sql }: Tx,
  { productId, sku, quantity }: { productId: number; sku: string; quantity: number },
): Promise<PurchaseOrder | undefined> {
  const [order] = await sql<PurchaseOrder[]>`
    INSERT INTO inventory.purchase_orders (product_id, sku, quantity, is_automatic)
    SELECT product_id, ${sku}, ${quantity}, false
    FROM inventory.items
    WHERE product_id = ${productId}
    RETURNING ${sql.unsafe(COLUMNS)}`;
  return order;
}

/** Products with an open alert and a quantity to reorder, and no order on its way. */
export async function selectReorders({ sql }: Tx, limit: number): Promise<Omit<Reorder, "sku">[]> {
  return sql<Omit<Reorder, "sku">[]>`
    SELECT i.product_id::float8 AS "productId", i.reorder_quantity::float8 AS quantity
    FROM inventory.items i
    WHERE i.low_since IS NOT NULL AND i.reorder_quantity IS NOT NULL
      AND NOT EXISTS (
        SELECT
        FROM inventory.purchase_orders o
        WHERE o.product_id = i.product_id AND o.is_automatic
          AND o.state NOT IN ('refused', 'cancelled', 'received'))
      AND NOT EXISTS (
        SELECT
        FROM inventory.purchase_orders o
        WHERE o.product_id = i.product_id AND o.is_automatic
          AND o.state IN ('refused', 'cancelled') AND o.updated_at > i.low_since)
    ORDER BY i.product_id
    LIMIT ${limit}`;
}

type Reorder = Pick<PurchaseOrder, "productId" | "sku" | "quantity">;

const REORDER_COLUMNS = columnsOf<Reorder>({
  product_id: ["bigint", (reorder) => reorder.productId],
  sku: ["text", (reorder) => reorder.sku],
  quantity: ["bigint", (reorder) => reorder.quantity],
  is_automatic: ["boolean", () => true],
});

/** Skips products that another process has ordered meanwhile. Returns how many orders are new. */
export async function insertReorders({ sql }: Tx, wanted: readonly Reorder[]): Promise<number> {
  const inserted = await sql`
    INSERT INTO inventory.purchase_orders ${REORDER_COLUMNS.rows(sql, wanted)}
    ON CONFLICT DO NOTHING
    RETURNING id`;
  return inserted.length;
}

/** Claims orders that are due, for a while; if the process dies, they become due again after that. */
export async function claimDue(
  sql: AnySql,
  { limit, leaseSeconds }: { readonly limit: number; readonly leaseSeconds: number },
): Promise<PurchaseOrder[]> {
  return sql<PurchaseOrder[]>`
    UPDATE inventory.purchase_orders
    SET due_at = now() + ${leaseSeconds} * interval '1 second', call_count = call_count + 1
    WHERE id IN (
      SELECT id
      FROM inventory.purchase_orders
      WHERE due_at <= now()
      ORDER BY due_at
      LIMIT ${limit}
      FOR UPDATE SKIP LOCKED)
    RETURNING ${sql.unsafe(COLUMNS)}`;
}

export interface PurchaseOrderOutcome
  extends Omit<
    PurchaseOrder,
    "key" | "productId" | "sku" | "quantity" | "isAutomatic" | "receivedQuantity" | "createdAt"
  > {
  /** Null: no further call. */
  readonly nextSeconds: number | null;
}

/** Does not change an order that was received meanwhile. */
export async function updatePurchaseOrder({ sql }: Tx, outcome: PurchaseOrderOutcome): Promise<boolean> {
  const { id, state, supplierReference, carrier, trackingNumber, expectedAt, lastError, nextSeconds } =
    outcome;
  const updated = await sql`
    UPDATE inventory.purchase_orders
    SET state = ${state}, supplier_reference = ${supplierReference}, carrier = ${carrier},
        tracking_number = ${trackingNumber}, expected_at = ${expectedAt}, last_error = ${lastError},
        updated_at = now(), due_at = now() + ${nextSeconds}::integer * interval '1 second'
    WHERE id = ${id} AND state <> 'received'
    RETURNING id`;
  return updated.length > 0;
}

export interface ReceivedRow {
  readonly id: number;
  readonly quantity: number;
  readonly journalId: number;
}

const RECEIVED_COLUMNS = columnsOf<ReceivedRow>({
  id: ["bigint", (row) => row.id],
  quantity: ["bigint", (row) => row.quantity],
  journal_id: ["bigint", (row) => row.journalId],
});

export function markReceived({ sql }: Tx, rows: readonly ReceivedRow[]): Promise<unknown> {
  return sql`
    UPDATE inventory.purchase_orders o
    SET state = 'received', due_at = NULL, updated_at = now(), received_quantity = n.quantity,
        journal_id = n.journal_id
    FROM unnest(${RECEIVED_COLUMNS.arrays(sql, rows)}) AS n (${RECEIVED_COLUMNS.names(sql)})
    WHERE o.id = n.id`.execute();
}

/** Received orders after an id, with what they booked. */
export async function selectReceived(
  { sql }: Tx,
  { afterId, limit }: { readonly afterId: number; readonly limit: number },
): Promise<{ id: number; productId: number; quantity: number; journalId: number }[]> {
  return sql<{ id: number; productId: number; quantity: number; journalId: number }[]>`
    SELECT id::float8 AS id, product_id::float8 AS "productId", received_quantity::float8 AS quantity,
      journal_id::float8 AS "journalId"
    FROM inventory.purchase_orders
    WHERE id > ${afterId} AND state = 'received'
    ORDER BY id
    LIMIT ${limit}`;
}
