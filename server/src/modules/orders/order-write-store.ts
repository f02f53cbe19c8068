// The SQL that writes what a batch's commands left for orders, each kind of row in one statement for the whole batch.

import type { ClockSetBack } from "../../runtime/clock-times-store.ts";
import { type ColumnTable, columnsOf } from "../../runtime/row-columns.ts";
import { toArray } from "../../runtime/sql-array.ts";
import type { Tx } from "../../runtime/transaction.ts";
import type { RowWriter } from "../desk/index.ts";
import { FULFILMENTS, ORDER_STATES, REVIEWS, SHIPPING_STOPS } from "./changing/states.ts";
import type { Order, OrderEntry, OrderLine } from "./order.ts";

/** Set when an order is placed, and never changed. */
const PLACED: ColumnTable<Order> = {
  customer_id: ["text", (order) => order.customerId],
  placed_by: ["text", (order) => order.placedBy],
  placed_state: ["smallint", (order) => ORDER_STATES[order.placedState]],
  currency: ["text", (order) => order.currency],
  coupon_code: ["text", (order) => order.couponCode],
};

const CHANGING: ColumnTable<Order> = {
  state: ["smallint", (order) => ORDER_STATES[order.state]],
  fulfilment: ["smallint", (order) => FULFILMENTS[order.fulfilment]],
  review: ["smallint", (order) => REVIEWS[order.review]],
  shipping_stop: ["smallint", (order) => SHIPPING_STOPS[order.shippingStop]],
  payment_method: ["text", (order) => order.paymentMethod],
  payment_id: ["bigint", (order) => order.paymentId],
  discount: ["bigint", (order) => order.discount],
  net: ["bigint", (order) => order.net],
  tax: ["bigint", (order) => order.tax],
  total: ["bigint", (order) => order.total],
  credited: ["bigint", (order) => order.credited],
  cancelled: ["bigint", (order) => order.cancelled],
  waived: ["bigint", (order) => order.waived],
  waived_tax: ["bigint", (order) => order.waivedTax],
  repaid: ["bigint", (order) => order.repaid],
  expires_at: ["bigint", (order) => order.expiresAt],
  cancel_reason: ["text", (order) => order.cancelReason],
  reference: ["text", (order) => order.reference],
  metadata: ["text", (order) => order.metadata],
  entry_count: ["smallint", (order) => order.entryCount],
  version: ["integer", (order) => order.version],
};

const ID: ColumnTable<Order> = { id: ["bigint", (order) => order.id] };
const ORDER_COLUMNS = columnsOf<Order>({ ...ID, ...PLACED, ...CHANGING });
const CHANGING_COLUMNS = columnsOf<Order>(CHANGING);
const CHANGE_COLUMNS = columnsOf<Order>({ ...ID, ...CHANGING });

interface NewLine {
  readonly orderId: number;
  readonly line: OrderLine;
}

const LINE_KEY: ColumnTable<NewLine> = {
  order_id: ["bigint", ({ orderId }) => orderId],
  line_no: ["smallint", ({ line }) => line.lineNo],
};

/** Stock set aside. */
const SET_ASIDE: ColumnTable<NewLine> = {
  hold_ids: ["bigint[]", ({ line }) => line.holdIds],
  stock_account_ids: ["bigint[]", ({ line }) => line.stockAccountIds],
};

const PROGRESS: ColumnTable<NewLine> = {
  shipped: ["integer", ({ line }) => line.shipped],
  returned: ["integer", ({ line }) => line.returned],
  cancelled: ["integer", ({ line }) => line.cancelled],
  short: ["integer", ({ line }) => line.short],
  stopped: ["boolean", ({ line }) => line.stopped],
  credited: ["bigint", ({ line }) => line.credited],
  ...SET_ASIDE,
};

const LINE_COLUMNS = columnsOf<NewLine>({
  ...LINE_KEY,
  product_id: ["integer", ({ line }) => line.productId],
  sku: ["text", ({ line }) => line.sku],
  name: ["text", ({ line }) => line.name],
  quantity: ["integer", ({ line }) => line.quantity],
  unit_price: ["bigint", ({ line }) => line.unitPrice],
  includes_tax: ["boolean", ({ line }) => line.includesTax],
  tax_rate: ["integer", ({ line }) => line.taxRate],
  discount: ["bigint", ({ line }) => line.discount],
  net: ["bigint", ({ line }) => line.net],
  tax: ["bigint", ({ line }) => line.tax],
  gross: ["bigint", ({ line }) => line.gross],
  tracks_stock: ["boolean", ({ line }) => line.tracksStock],
  ...SET_ASIDE,
});
const PROGRESS_COLUMNS = columnsOf<NewLine>(PROGRESS);
const LINE_CHANGE_COLUMNS = columnsOf<NewLine>({ ...LINE_KEY, ...PROGRESS });

/** New orders, written together with their lines. */
export const NEW_ORDERS: RowWriter<Order> = {
  name: "orders.new_orders",
  write: (tx, orders) => Promise.all([insertOrders(tx, orders), insertLines(tx, orders)]),
};

function insertOrders({ sql }: Tx, orders: readonly Order[]): Promise<unknown> {
  return sql`INSERT INTO orders.orders ${ORDER_COLUMNS.rows(sql, orders)}`.execute();
}

function insertLines({ sql }: Tx, orders: readonly Order[]): Promise<unknown> {
  return sql`INSERT INTO orders.lines ${LINE_COLUMNS.rows(sql, linesOf(orders))}`.execute();
}

function linesOf(orders: readonly Order[]): NewLine[] {
  return orders.flatMap(({ id, lines }) => lines.map((line) => ({ orderId: id, line })));
}

/** An order as a command left it; its lines are only written where they changed. */
export interface ChangedOrder {
  readonly order: Order;
  /**
   * `progress`: shipped, returned, cancelled, credited and holds. `more`: these, and added lines. `all`: the lines were
   * replaced.
   */
  readonly lines: "same" | "progress" | "more" | "all";
}

/** Writes locked orders. Where several commands of a batch changed one, the last has seen the changes of the others. */
export const CHANGED_ORDERS: RowWriter<ChangedOrder> = {
  name: "orders.changed_orders",
  write: (tx, changes) => {
    const last = [...new Map(changes.map(({ order }) => [order.id, order])).values()];
    const withLines = (kind: ChangedOrder["lines"]) => {
      const ids = new Set(changes.filter(({ lines }) => lines === kind).map(({ order }) => order.id));
      return last.filter((order) => ids.has(order.id));
    };
    const [replaced, grown, progressed] = [withLines("all"), withLines("more"), withLines("progress")];
    const writes = [updateOrders(tx, last)];
    if (replaced.length > 0) writes.push(replaceLines(tx, replaced));
    if (grown.length > 0) writes.push(addLines(tx, grown), updateLines(tx, grown));
    if (progressed.length > 0) writes.push(updateLines(tx, progressed));
    return Promise.all(writes);
  },
};

function updateOrders({ sql }: Tx, orders: readonly Order[]): Promise<unknown> {
  return sql`
    WITH written AS (
      UPDATE orders.orders o
      SET ${CHANGING_COLUMNS.assignments(sql, "n")}
      FROM unnest(${CHANGE_COLUMNS.arrays(sql, orders)}) AS n (${CHANGE_COLUMNS.names(sql)})
      WHERE o.id = n.id AND o.version < n.version
      RETURNING 1)
    SELECT orders.expect_rows(count(*), ${orders.length}, 'orders')
    FROM written`.execute();
}

function updateLines({ sql }: Tx, orders: readonly Order[]): Promise<unknown> {
  const lines = linesOf(orders);
  return sql`
    UPDATE orders.lines l
    SET ${PROGRESS_COLUMNS.assignments(sql, "n")}
    FROM unnest(${LINE_CHANGE_COLUMNS.arrays(sql, lines)}) AS n (${LINE_CHANGE_COLUMNS.names(sql)})
    WHERE l.order_id = n.order_id AND l.line_no = n.line_no`.execute();
}

/** Adds those that do not exist yet. */
function addLines({ sql }: Tx, orders: readonly Order[]): Promise<unknown> {
  return sql`
    INSERT INTO orders.lines ${LINE_COLUMNS.rows(sql, linesOf(orders))}
    ON CONFLICT (order_id, line_no) DO NOTHING`.execute();
}

function replaceLines(tx: Tx, orders: readonly Order[]): Promise<unknown> {
  const { sql } = tx;
  return Promise.all([
    sql`
      DELETE FROM orders.lines
      WHERE order_id = ANY(${toArray(orders.map((o) => o.id))}::bigint[])`.execute(),
    insertLines(tx, orders),
  ]);
}

const ENTRY_COLUMNS = columnsOf<OrderEntry>({
  order_id: ["bigint", (entry) => entry.orderId],
  seq: ["smallint", (entry) => entry.seq],
  at: ["bigint", (entry) => entry.at],
  event: ["text", (entry) => entry.event],
  actor_id: ["text", (entry) => entry.actorId],
  from_state: ["smallint", (entry) => ORDER_STATES[entry.from]],
  to_state: ["smallint", (entry) => ORDER_STATES[entry.to]],
  note: ["text", (entry) => entry.note],
});

export const NEW_ENTRIES: RowWriter<OrderEntry> = {
  name: "orders.new_entries",
  write: ({ sql }, entries) => sql`INSERT INTO orders.entries ${ENTRY_COLUMNS.rows(sql, entries)}`.execute(),
};

export interface EncryptedAddresses {
  readonly orderId: number;
  readonly shipping: string | null;
  readonly billing: string | null;
}

const ADDRESS_COLUMNS = columnsOf<EncryptedAddresses>({
  order_id: ["bigint", (row) => row.orderId],
  shipping: ["text", (row) => row.shipping],
  billing: ["text", (row) => row.billing],
});

/** The last one in a batch wins. */
export const ADDRESSES: RowWriter<EncryptedAddresses> = {
  name: "orders.addresses",
  write: ({ sql }, rows) => {
    const last = [...new Map(rows.map((row) => [row.orderId, row])).values()];
    return sql`
      INSERT INTO orders.addresses ${ADDRESS_COLUMNS.rows(sql, last)}
      ON CONFLICT (order_id) DO UPDATE
      SET shipping = excluded.shipping, billing = excluded.billing`.execute();
  },
};

/**
 * Unpaid orders that were placed, or got more time, while the clock ran ahead end earlier, but not before now. Returns how many. Locks
 * them in the order of their ids.
 */
export async function setOrderEndsBack(
  { sql }: Tx,
  { after, until, microseconds, at }: ClockSetBack,
): Promise<number> {
  const { count } = await sql`
    UPDATE orders.orders
    SET expires_at = greatest(expires_at - ${microseconds}::bigint, ${at}::bigint), version = version + 1
    WHERE id IN (
      SELECT id
      FROM orders.orders o
      WHERE expires_at IS NOT NULL
        AND (id BETWEEN ${after}::bigint AND ${until}::bigint
          OR EXISTS (
            SELECT
            FROM orders.entries e
            WHERE e.order_id = o.id
              AND e.event = 'extended'
              AND e.at BETWEEN ${after}::bigint AND ${until}::bigint))
      ORDER BY id
      FOR NO KEY UPDATE)`;
  return count;
}
