// The SQL of the desk's batches: reads orders with their lines under lock, and writes what commands left, each kind of row in
// one statement for the whole batch.
import type { Sql } from "../../runtime/database.ts";
import { toArray, toTextArray } from "../../runtime/sql-array.ts";
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
    SELECT id, customer_id, placed_by, state, placed_state, fulfilment, review, payment_method, payment_id, currency, coupon_code, discount,
           net, tax, total, credited, waived, waived_tax, expires_at, cancel_reason, reference, metadata, entry_count, version
    FROM orders.orders WHERE id = ANY(${ids}::bigint[]) ORDER BY id FOR NO KEY UPDATE`.execute();
}

/** Lines by order, in order of their numbers. */
export async function readLines({ sql }: Reader, ids: string): Promise<Map<number, OrderLine[]>> {
  const rows = await sql<LineRow[]>`
    SELECT order_id, line_no, product_id, sku, name, quantity, unit_price, includes_tax, tax_rate, discount, net, tax, gross, shipped, returned,
           credited, tracks_stock, hold_ids::text, stock_account_ids::text
    FROM orders.lines WHERE order_id = ANY(${ids}::bigint[]) ORDER BY order_id, line_no`.execute();
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

/** New orders; their lines are written with them. */
export const NEW_ORDERS: RowWriter<Order> = {
  name: "orders.new_orders",
  write: (tx, orders) => Promise.all([insertOrders(tx, orders), insertLines(tx, orders)]),
};

function insertOrders({ sql }: Tx, orders: readonly Order[]): Promise<unknown> {
  return sql`
    INSERT INTO orders.orders (id, customer_id, placed_by, state, placed_state, fulfilment, review, payment_method, payment_id,
      currency, coupon_code, discount, net, tax, total, expires_at, reference, metadata, entry_count, version)
    SELECT * FROM unnest(
      ${toArray(orders.map((o) => o.id))}::bigint[], ${toTextArray(orders.map((o) => o.customerId))}::text[],
      ${toTextArray(orders.map((o) => o.placedBy))}::text[], ${toArray(orders.map((o) => ORDER_STATES[o.state]))}::smallint[],
      ${toArray(orders.map((o) => ORDER_STATES[o.placedState]))}::smallint[],
      ${toArray(orders.map((o) => FULFILMENTS[o.fulfilment]))}::smallint[],
      ${toArray(orders.map((o) => REVIEWS[o.review]))}::smallint[], ${toTextArray(orders.map((o) => o.paymentMethod))}::text[],
      ${toArray(orders.map((o) => o.paymentId))}::bigint[], ${toTextArray(orders.map((o) => o.currency))}::text[],
      ${toTextArray(orders.map((o) => o.couponCode))}::text[], ${toArray(orders.map((o) => o.discount))}::bigint[],
      ${toArray(orders.map((o) => o.net))}::bigint[], ${toArray(orders.map((o) => o.tax))}::bigint[],
      ${toArray(orders.map((o) => o.total))}::bigint[], ${toArray(orders.map((o) => o.expiresAt))}::bigint[],
      ${toTextArray(orders.map((o) => o.reference))}::text[], ${toTextArray(orders.map((o) => o.metadata))}::text[],
      ${toArray(orders.map((o) => o.entryCount))}::smallint[], ${toArray(orders.map((o) => o.version))}::integer[])`.execute();
}

function insertLines({ sql }: Tx, orders: readonly Order[]): Promise<unknown> {
  const ids = orders.flatMap((order) => order.lines.map(() => order.id));
  const lines = orders.flatMap((order) => order.lines);
  return sql`
    INSERT INTO orders.lines (order_id, line_no, product_id, sku, name, quantity, unit_price, includes_tax, tax_rate, discount, net, tax,
      gross, tracks_stock, hold_ids, stock_account_ids)
    SELECT order_id, line_no, product_id, sku, name, quantity, unit_price, includes_tax, tax_rate, discount, net, tax, gross,
           tracks_stock, hold_ids::bigint[], stock_account_ids::bigint[]
    FROM unnest(
      ${toArray(ids)}::bigint[], ${toArray(lines.map((l) => l.lineNo))}::smallint[],
      ${toArray(lines.map((l) => l.productId))}::integer[], ${toTextArray(lines.map((l) => l.sku))}::text[],
      ${toTextArray(lines.map((l) => l.name))}::text[], ${toArray(lines.map((l) => l.quantity))}::integer[],
      ${toArray(lines.map((l) => l.unitPrice))}::bigint[], ${toArray(lines.map((l) => (l.includesTax ? 1 : 0)))}::integer[]::boolean[],
      ${toArray(lines.map((l) => l.taxRate))}::integer[], ${toArray(lines.map((l) => l.discount))}::bigint[],
      ${toArray(lines.map((l) => l.net))}::bigint[],
      ${toArray(lines.map((l) => l.tax))}::bigint[], ${toArray(lines.map((l) => l.gross))}::bigint[],
      ${toArray(lines.map((l) => (l.tracksStock ? 1 : 0)))}::integer[]::boolean[],
      ${toTextArray(lines.map((l) => toArray(l.holdIds)))}::text[], ${toTextArray(lines.map((l) => toArray(l.stockAccountIds)))}::text[])
      AS line (order_id, line_no, product_id, sku, name, quantity, unit_price, includes_tax, tax_rate, discount, net, tax, gross, tracks_stock,
               hold_ids, stock_account_ids)`.execute();
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
      SET state = c.state, fulfilment = c.fulfilment, review = c.review, payment_method = c.payment_method, payment_id = c.payment_id,
          discount = c.discount, net = c.net, tax = c.tax, total = c.total, credited = c.credited, waived = c.waived, waived_tax = c.waived_tax,
          expires_at = c.expires_at, cancel_reason = c.cancel_reason, reference = c.reference, metadata = c.metadata, entry_count = c.entry_count, version = c.version
      FROM unnest(
        ${toArray(orders.map((o) => o.id))}::bigint[], ${toArray(orders.map((o) => ORDER_STATES[o.state]))}::smallint[],
        ${toArray(orders.map((o) => FULFILMENTS[o.fulfilment]))}::smallint[], ${toArray(orders.map((o) => REVIEWS[o.review]))}::smallint[],
        ${toTextArray(orders.map((o) => o.paymentMethod))}::text[], ${toArray(orders.map((o) => o.paymentId))}::bigint[],
        ${toArray(orders.map((o) => o.discount))}::bigint[], ${toArray(orders.map((o) => o.net))}::bigint[], ${toArray(orders.map((o) => o.tax))}::bigint[],
        ${toArray(orders.map((o) => o.total))}::bigint[], ${toArray(orders.map((o) => o.credited))}::bigint[],
        ${toArray(orders.map((o) => o.waived))}::bigint[], ${toArray(orders.map((o) => o.waivedTax))}::bigint[],
        ${toArray(orders.map((o) => o.expiresAt))}::bigint[], ${toTextArray(orders.map((o) => o.cancelReason))}::text[],
        ${toTextArray(orders.map((o) => o.reference))}::text[], ${toTextArray(orders.map((o) => o.metadata))}::text[],
        ${toArray(orders.map((o) => o.entryCount))}::smallint[], ${toArray(orders.map((o) => o.version))}::integer[])
        AS c (id, state, fulfilment, review, payment_method, payment_id, discount, net, tax, total, credited, waived, waived_tax, expires_at,
              cancel_reason, reference, metadata, entry_count, version)
      WHERE o.id = c.id AND o.version < c.version
      RETURNING 1)
    SELECT orders.expect_rows(count(*), ${orders.length}, 'orders') FROM written`.execute();
}

function updateLines({ sql }: Tx, orders: readonly Order[]): Promise<unknown> {
  const ids = orders.flatMap((order) => order.lines.map(() => order.id));
  const lines = orders.flatMap((order) => order.lines);
  return sql`
    UPDATE orders.lines l
    SET shipped = c.shipped, returned = c.returned, credited = c.credited, hold_ids = c.hold_ids::bigint[],
        stock_account_ids = c.stock_account_ids::bigint[]
    FROM unnest(
      ${toArray(ids)}::bigint[], ${toArray(lines.map((l) => l.lineNo))}::smallint[], ${toArray(lines.map((l) => l.shipped))}::integer[],
      ${toArray(lines.map((l) => l.returned))}::integer[], ${toArray(lines.map((l) => l.credited))}::bigint[],
      ${toTextArray(lines.map((l) => toArray(l.holdIds)))}::text[], ${toTextArray(lines.map((l) => toArray(l.stockAccountIds)))}::text[])
      AS c (order_id, line_no, shipped, returned, credited, hold_ids, stock_account_ids)
    WHERE l.order_id = c.order_id AND l.line_no = c.line_no`.execute();
}

function replaceLines(tx: Tx, orders: readonly Order[]): Promise<unknown> {
  const { sql } = tx;
  return Promise.all([
    sql`DELETE FROM orders.lines WHERE order_id = ANY(${toArray(orders.map((o) => o.id))}::bigint[])`.execute(),
    insertLines(tx, orders),
  ]);
}

export const NEW_ENTRIES: RowWriter<OrderEntry> = {
  name: "orders.new_entries",
  write: ({ sql }, entries) =>
    sql`
    INSERT INTO orders.entries (order_id, seq, at, event, actor_id, from_state, to_state, note)
    SELECT * FROM unnest(
      ${toArray(entries.map((e) => e.orderId))}::bigint[], ${toArray(entries.map((e) => e.seq))}::smallint[],
      ${toArray(entries.map((e) => e.at))}::bigint[], ${toTextArray(entries.map((e) => e.event))}::text[],
      ${toTextArray(entries.map((e) => e.actorId))}::text[], ${toArray(entries.map((e) => ORDER_STATES[e.from]))}::smallint[],
      ${toArray(entries.map((e) => ORDER_STATES[e.to]))}::smallint[], ${toTextArray(entries.map((e) => e.note))}::text[])`.execute(),
};

export interface EncryptedAddresses {
  readonly orderId: number;
  readonly shipping: string | null;
  readonly billing: string | null;
}

/** The last of a batch counts. */
export const ADDRESSES: RowWriter<EncryptedAddresses> = {
  name: "orders.addresses",
  write: ({ sql }, rows) => {
    const last = [...new Map(rows.map((row) => [row.orderId, row])).values()];
    return sql`
      INSERT INTO orders.addresses (order_id, shipping, billing)
      SELECT * FROM unnest(${toArray(last.map((a) => a.orderId))}::bigint[], ${toTextArray(last.map((a) => a.shipping))}::text[],
                           ${toTextArray(last.map((a) => a.billing))}::text[])
      ON CONFLICT (order_id) DO UPDATE SET shipping = excluded.shipping, billing = excluded.billing`.execute();
  },
};
