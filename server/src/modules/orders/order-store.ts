// The SQL that reads orders for the desk's batches: with their lines, under lock.
import { toArray } from "../../runtime/sql-array.ts";
import type { Reader, Tx } from "../../runtime/transaction.ts";
import type { RowReader } from "../desk/index.ts";
import {
  FULFILMENTS,
  type Fulfilment,
  ORDER_STATES,
  type OrderState,
  REVIEWS,
  type Review,
  SHIPPING_STOPS,
  type ShippingStop,
} from "./changing/states.ts";
import type { Order, OrderLine, PaymentMethod } from "./order.ts";

export interface OrderRow {
  id: bigint;
  customer_id: string | null;
  placed_by: string;
  state: number;
  placed_state: number;
  fulfilment: number;
  review: number;
  shipping_stop: number;
  payment_method: PaymentMethod;
  payment_id: bigint | null;
  currency: string;
  coupon_code: string | null;
  discount: bigint;
  net: bigint;
  tax: bigint;
  total: bigint;
  credited: bigint;
  cancelled: bigint;
  waived: bigint;
  waived_tax: bigint;
  repaid: bigint;
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
  cancelled: number;
  short: number;
  stopped: boolean;
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
    const [rows, lines] = await Promise.all([lockOrders(tx, list), selectLines(tx, list)]);
    return new Map(rows.map((row) => [Number(row.id), toOrder(row, lines.get(Number(row.id)) ?? [])]));
  },
};

function lockOrders({ sql }: Tx, ids: string): Promise<OrderRow[]> {
  return sql<OrderRow[]>`
    SELECT id, customer_id, placed_by, state, placed_state, fulfilment, review, shipping_stop, payment_method,
      payment_id, currency, coupon_code, discount, net, tax, total, credited, cancelled, waived, waived_tax,
      repaid, expires_at, cancel_reason, reference, metadata, entry_count, version
    FROM orders.orders
    WHERE id = ANY(${ids}::bigint[])
    ORDER BY id
    FOR NO KEY UPDATE`.execute();
}

/** Lines by order, in order of their numbers. */
export async function selectLines({ sql }: Reader, ids: string): Promise<Map<number, OrderLine[]>> {
  const rows = await sql<LineRow[]>`
    SELECT order_id, line_no, product_id, sku, name, quantity, unit_price, includes_tax, tax_rate, discount,
      net, tax, gross, shipped, returned, cancelled, short, stopped, credited, tracks_stock,
      hold_ids::text, stock_account_ids::text
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
    shippingStop: shippingStopNamed(row.shipping_stop),
    paymentMethod: row.payment_method,
    paymentId: row.payment_id === null ? null : Number(row.payment_id),
    currency: row.currency,
    couponCode: row.coupon_code,
    discount: row.discount,
    net: row.net,
    tax: row.tax,
    total: row.total,
    credited: row.credited,
    cancelled: row.cancelled,
    waived: row.waived,
    waivedTax: row.waived_tax,
    repaid: row.repaid,
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
const SHIPPING_STOP_NAMES = namesOf<ShippingStop>(SHIPPING_STOPS);

function namesOf<Name extends string>(
  numbers: Readonly<Record<Name, number>>,
): readonly (Name | undefined)[] {
  const names: (Name | undefined)[] = [];
  for (const [name, number] of Object.entries(numbers) as [Name, number][]) names[number] = name;
  return names;
}

/** The state for the number in the database. */
export function fulfilmentNamed(number: number): Fulfilment {
  return FULFILMENT_NAMES[number] ?? unknown(number);
}

export function reviewNamed(number: number): Review {
  return REVIEW_NAMES[number] ?? unknown(number);
}

export function shippingStopNamed(number: number): ShippingStop {
  return SHIPPING_STOP_NAMES[number] ?? unknown(number);
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
    cancelled: row.cancelled,
    short: row.short,
    stopped: row.stopped,
    credited: row.credited,
    tracksStock: row.tracks_stock,
    holdIds: parseIds(row.hold_ids),
    stockAccountIds: parseIds(row.stock_account_ids),
  };
}

/** Reads "{1,2}" as numbers. */
export function parseIds(text: string): readonly number[] {
  return text === "{}" ? [] : text.slice(1, -1).split(",").map(Number);
}
