// The SQL of the desk's batches: reads orders with their lines under lock, and writes what commands left, each kind of row in
// one statement for the whole batch.
import type { Sql } from "../../runtime/database.ts";
import { type ColumnTable, columnsOf } from "../../runtime/row-columns.ts";
import { toArray } from "../../runtime/sql-array.ts";
import type { Tx } from "../../runtime/transaction.ts";
import type { RowReader, RowWriter } from "../desk/index.ts";
import {
  FULFILMENTS,
  type Fulfilment,
  ORDER_STATES,
  type OrderState,
  REVIEWS,
  type Review,
} from "./changing/states.ts";
import type { Order, OrderEntry, OrderLine, PaymentMethod } from "./order.ts";

/** Either the pool or a transaction: reading needs no more. */
type Reader = Pick<Tx, "sql"> | { readonly sql: Sql };

export interface OrderRow {
  id: bigint;
  customer_id: string | null;
  placed_by: string;
  state: number;
  placed_state: number;
  fulfilment: number;
  review: number;
  payment_method: PaymentMethod;
  payment_id: bigint | null;
  currency: string;
  coupon_code: string | null;
  discount: bigint;
  net: bigint;
  tax: bigint;
  total: bigint;
  credited: bigint;
  waived: bigint;
  waived_tax: bigint;
  expires_at: bigint | null;
  cancel_reason: string | null;
  reference: string | null;
  metadata: string | null;
  entry_count: number;
  version: number;
}

interface LineRow {
  order_id: bigint;
  line_no: number;
  product_id: number | null;
  sku: string | null;
  name: string;
  quantity: number;
  unit_price: bigint;
  includes_tax: boolean;
  tax_rate: number;
  discount: bigint;
  net: bigint;
  tax: bigint;
  gross: bigint;
  shipped: number;
  returned: number;
  credited: bigint;
  tracks_stock: boolean;
  hold_ids: string;
  stock_account_ids: string;
}

/** Orders with their lines, locked until the batch ends. */
export const ORDERS: RowReader<Order> = {
  kind: "orders.orders",
  read: async (tx, ids) => {
    const list = toArray(ids);
    const [rows, lines] = await Promise.all([lockOrders(tx, list), readLines(tx, list)]);
    return new Map(rows.map((row) => [Number(row.id), toOrder(row, lines.get(Number(row.id)) ?? [])]));
  },
};

function lockOrders({ sql }: Tx, ids: string): Promise<OrderRow[]> {
  return sql<OrderRow[]>`
    SELECT id, customer_id, placed_by, state, placed_state, fulfilment, review, payment_method, payment_id,
      currency, coupon_code, discount, net, tax, total, credited, waived, waived_tax, expires_at,
      cancel_reason, reference, metadata, entry_count, version
    FROM orders.orders
    WHERE id = ANY(${ids}::bigint[])
    ORDER BY id
    FOR NO KEY UPDATE`.execute();
}

/** Lines by order, in order of their numbers. */
export async function readLines({ sql }: Reader, ids: string): Promise<Map<number, OrderLine[]>> {
  const rows = await sql<LineRow[]>`
    SELECT order_id, line_no, product_id, sku, name, quantity, unit_price, includes_tax, tax_rate, discount,
      net, tax, gross, shipped, returned, credited, tracks_stock, hold_ids::text, stock_account_ids::text
    FROM orders.lines
    WHERE order_id = ANY(${ids}::bigint[])
    ORDER BY order_id, line_no`.execute();
  const byOrder = new Map<number, OrderLine[]>();
  for (const row of rows) {
    const lines = byOrder.get(Number(row.order_id));
    if (lines === undefined) byOrder.set(Number(row.order_id), [toLine(row)]);
    else lines.push(toLine(row));
  }
  return byOrder;
}

export function toOrder(row: OrderRow, lines: readonly OrderLine[]): Order {
  return {
    id: Number(row.id),
    customerId: row.customer_id,
    placedBy: row.placed_by,
    state: stateOf(row.state),
    placedState: stateOf(row.placed_state),
    fulfilment: fulfilmentNamed(row.fulfilment),
    review: reviewNamed(row.review),
    paymentMethod: row.payment_method,
    paymentId: row.payment_id === null ? null : Number(row.payment_id),
    currency: row.currency,
    couponCode: row.coupon_code,
    discount: row.discount,
    net: row.net,
    tax: row.tax,
    total: row.total,
    credited: row.credited,
    waived: row.waived,
    waivedTax: row.waived_tax,
    expiresAt: row.expires_at === null ? null : Number(row.expires_at),
    cancelReason: row.cancel_reason,
    reference: row.reference,
    metadata: row.metadata,
    entryCount: row.entry_count,
    version: row.version,
    lines,
  };
}

const STATE_NAMES = namesOf<OrderState>(ORDER_STATES);
const FULFILMENT_NAMES = namesOf<Fulfilment>(FULFILMENTS);
const REVIEW_NAMES = namesOf<Review>(REVIEWS);

function namesOf<Name extends string>(
  numbers: Readonly<Record<Name, number>>,
): readonly (Name | undefined)[] {
  const names: (Name | undefined)[] = [];
  for (const name of Object.keys(numbers) as Name[]) names[numbers[name]] = name;
  return names;
}

/** The state of a number that the database keeps. */
export function fulfilmentNamed(number: number): Fulfilment {
  return FULFILMENT_NAMES[number] ?? unknown(number);
}

export function reviewNamed(number: number): Review {
  return REVIEW_NAMES[number] ?? unknown(number);
}

export function stateOf(number: number): OrderState {
  return STATE_NAMES[number] ?? unknown(number);
}

function unknown(number: number): never {
  throw new Error(`unknown number ${number}`);
}

function toLine(row: LineRow): OrderLine {
  return {
    lineNo: row.line_no,
    productId: row.product_id,
    sku: row.sku,
    name: row.name,
    quantity: row.quantity,
    unitPrice: row.unit_price,
    includesTax: row.includes_tax,
    taxRate: row.tax_rate,
    discount: row.discount,
    net: row.net,
    tax: row.tax,
    gross: row.gross,
    shipped: row.shipped,
    returned: row.returned,
    credited: row.credited,
    tracksStock: row.tracks_stock,
    holdIds: readIds(row.hold_ids),
    stockAccountIds: readIds(row.stock_account_ids),
  };
}

/** "{1,2}" as numbers. */
export function readIds(text: string): readonly number[] {
  return text === "{}" ? [] : text.slice(1, -1).split(",").map(Number);
}

/** Told when an order is placed, and never changed. */
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
  payment_method: ["text", (order) => order.paymentMethod],
  payment_id: ["bigint", (order) => order.paymentId],
  discount: ["bigint", (order) => order.discount],
  net: ["bigint", (order) => order.net],
  tax: ["bigint", (order) => order.tax],
  total: ["bigint", (order) => order.total],
  credited: ["bigint", (order) => order.credited],
  waived: ["bigint", (order) => order.waived],
  waived_tax: ["bigint", (order) => order.waivedTax],
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

const PROGRESS: ColumnTable<NewLine> = {
  shipped: ["integer", ({ line }) => line.shipped],
  returned: ["integer", ({ line }) => line.returned],
  credited: ["bigint", ({ line }) => line.credited],
  hold_ids: ["bigint[]", ({ line }) => line.holdIds],
  stock_account_ids: ["bigint[]", ({ line }) => line.stockAccountIds],
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
  hold_ids: ["bigint[]", ({ line }) => line.holdIds],
  stock_account_ids: ["bigint[]", ({ line }) => line.stockAccountIds],
});
const PROGRESS_COLUMNS = columnsOf<NewLine>(PROGRESS);
const LINE_CHANGE_COLUMNS = columnsOf<NewLine>({ ...LINE_KEY, ...PROGRESS });

/** New orders; their lines are written with them. */
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

/** An order as a command left it; its lines only where they changed. */
export interface ChangedOrder {
  readonly order: Order;
  /** `progress`: shipped, returned, credited and holds. `all`: the lines are others than before. */
  readonly lines: "same" | "progress" | "all";
}

/** Orders that were locked. Where several commands of a batch changed one, the last has seen what the others did. */
export const CHANGED_ORDERS: RowWriter<ChangedOrder> = {
  name: "orders.changed_orders",
  write: (tx, changes) => {
    const last = [...new Map(changes.map(({ order }) => [order.id, order])).values()];
    const withLines = (kind: ChangedOrder["lines"]) => {
      const ids = new Set(changes.filter(({ lines }) => lines === kind).map(({ order }) => order.id));
      return last.filter((order) => ids.has(order.id));
    };
    const [replaced, progressed] = [withLines("all"), withLines("progress")];
    const writes = [updateOrders(tx, last)];
    if (replaced.length > 0) writes.push(replaceLines(tx, replaced));
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

/** The last of a batch counts. */
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
