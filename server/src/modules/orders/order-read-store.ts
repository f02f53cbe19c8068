// The SQL that reads orders for people, and reads ahead for commands; without locks.

import type { AnySql, Sql } from "../../runtime/database.ts";
import { toArray } from "../../runtime/sql-array.ts";
import type { Tx } from "../../runtime/transaction.ts";
import type { PageFilter } from "../../values/filter.ts";
import {
  FULFILMENTS,
  type Fulfilment,
  ORDER_STATES,
  type OrderState,
  REVIEWS,
  type Review,
} from "./changing/states.ts";
import type { Order, OrderEntry, PaymentMethod } from "./order.ts";
import { type OrderRow, selectLines, stateOf, toOrder } from "./order-store.ts";
import type { EncryptedAddresses } from "./order-write-store.ts";

/** Orders with their lines. The version is compared under the lock, so they need not be of one moment. */
export async function selectOrdersById({ sql }: Tx, ids: readonly number[]): Promise<Map<number, Order>> {
  const list = toArray(ids);
  const [rows, lines] = await Promise.all([
    sql<OrderRow[]>`
      SELECT id, customer_id, placed_by, state, placed_state, fulfilment, review, shipping_stop,
        payment_method, payment_id, currency, coupon_code, discount, net, tax, total, credited, cancelled,
        waived, waived_tax, repaid, expires_at, cancel_reason, reference, metadata, entry_count, version
      FROM orders.orders
      WHERE id = ANY(${list}::bigint[])`.execute(),
    selectLines({ sql }, list),
  ]);
  return new Map(rows.map((row) => [Number(row.id), toOrder(row, lines.get(Number(row.id)) ?? [])]));
}

/** Enough to tell whether anything of an order has changed: all else about it is written together with its row. */
export interface OrderMark {
  id: bigint;
  customer_id: string | null;
  entry_count: number;
  version: number;
}

export function selectOrderMarks({ sql }: Tx, ids: readonly number[]): Promise<OrderMark[]> {
  return sql<OrderMark[]>`
    SELECT id, customer_id, entry_count, version
    FROM orders.orders
    WHERE id = ANY(${toArray(ids)}::bigint[])`.execute();
}

export type OrderFilter = PageFilter<{
  customerId: string;
  state: OrderState;
  fulfilment: Fulfilment;
  review: Review;
  reference: string;
  couponCode: string;
  /** Only orders with a line of this product. */
  productId: number;
  paymentMethod: PaymentMethod;
  currency: string;
  /** Minor units, both bounds included. */
  totalMin: bigint;
  totalMax: bigint;
  /** Stamps, half-open. */
  from: number;
  to: number;
}>;

/** Newest first, without lines. For each filter there is an index that begins with it, or the walk goes by id. */
export async function selectOrders(db: AnySql, filter: OrderFilter): Promise<Order[]> {
  const { customerId, state, fulfilment, review, reference, from, to, cursor, limit } = filter;
  const { couponCode, productId, paymentMethod, currency, totalMin, totalMax } = filter;
  const before = Math.min(cursor ?? Number.MAX_SAFE_INTEGER, to ?? Number.MAX_SAFE_INTEGER);
  const rows = await db<OrderRow[]>`
    SELECT id, customer_id, placed_by, state, placed_state, fulfilment, review, shipping_stop,
      payment_method, payment_id, currency, coupon_code, discount, net, tax, total, credited, cancelled,
      waived, waived_tax, repaid, expires_at, cancel_reason, reference, metadata, entry_count, version
    FROM orders.orders
    WHERE id < ${before}
      AND id >= ${from ?? 0}
      ${customerId === undefined ? db`` : db`AND customer_id = ${customerId}`}
      ${state === undefined ? db`` : ofState(db, state)}
      ${fulfilment === undefined ? db`` : db`AND fulfilment = ${FULFILMENTS[fulfilment]}`}
      ${review === undefined ? db`` : ofReview(db, review)}
      ${reference === undefined ? db`` : db`AND reference = ${reference}`}
      ${couponCode === undefined ? db`` : db`AND coupon_code = ${couponCode}`}
      ${productId === undefined ? db`` : withProduct(db, productId)}
      ${paymentMethod === undefined ? db`` : db`AND payment_method = ${paymentMethod}`}
      ${currency === undefined ? db`` : db`AND currency = ${currency}`}
      ${totalMin === undefined ? db`` : db`AND total >= ${totalMin}`}
      ${totalMax === undefined ? db`` : db`AND total <= ${totalMax}`}
    ORDER BY id DESC
    LIMIT ${limit}`;
  return rows.map((row) => toOrder(row, []));
}

/** The number is written into the text, so that the planner sees that the partial index suffices. */
function ofState(db: AnySql, state: OrderState) {
  return db`AND state = ${db.unsafe(String(ORDER_STATES[state]))}`;
}

function withProduct(db: AnySql, productId: number) {
  return db`AND id IN (SELECT order_id FROM orders.lines WHERE product_id = ${productId}::bigint)`;
}

function ofReview(db: AnySql, review: Review) {
  return db`AND review = ${db.unsafe(String(REVIEWS[review]))}`;
}

/** With their lines. Newest first, as `readOrders`. */
export async function selectWholeOrders(db: Sql, filter: OrderFilter): Promise<Order[]> {
  const orders = await selectOrders(db, filter);
  if (orders.length === 0) return [];
  const lines = await selectLines({ sql: db }, toArray(orders.map(({ id }) => id)));
  return orders.map((order) => ({ ...order, lines: lines.get(order.id) ?? [] }));
}

/** Oldest first, by order. */
export async function selectEntriesOf(
  { sql }: Tx,
  orderIds: readonly number[],
): Promise<Map<number, OrderEntry[]>> {
  const rows = await sql<EntryRow[]>`
    SELECT order_id, seq, at, event, actor_id, from_state, to_state, note
    FROM orders.entries
    WHERE order_id = ANY(${toArray(orderIds)}::bigint[])
    ORDER BY order_id, seq`;
  const entries = rows.map(({ order_id, actor_id: actorId, from_state, to_state, at, ...row }) => ({
    ...row,
    orderId: Number(order_id),
    at: Number(at),
    actorId,
    from: stateOf(from_state),
    to: stateOf(to_state),
  }));
  return Map.groupBy(entries, ({ orderId }) => orderId);
}

interface EntryRow {
  order_id: bigint;
  seq: number;
  at: bigint;
  event: string;
  actor_id: string;
  from_state: number;
  to_state: number;
  note: string | null;
}

export async function selectAddressesOf(
  { sql }: Tx,
  orderIds: readonly number[],
): Promise<Map<number, EncryptedAddresses>> {
  const rows = await sql<{ order_id: bigint; shipping: string | null; billing: string | null }[]>`
    SELECT order_id, shipping, billing FROM orders.addresses
    WHERE order_id = ANY(${toArray(orderIds)}::bigint[])`;
  return new Map(
    rows.map(({ order_id, ...sealed }) => [Number(order_id), { orderId: Number(order_id), ...sealed }]),
  );
}

/** Expired PENDING orders, longest expired first. */
export async function selectDueOrders(db: Sql, limit: number): Promise<number[]> {
  const rows = await db<{ id: bigint }[]>`
    SELECT id
    FROM orders.orders
    WHERE expires_at IS NOT NULL AND expires_at <= (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
    ORDER BY expires_at
    LIMIT ${limit}`;
  return rows.map((row) => Number(row.id));
}

/** CONFIRMED orders placed at least `graceSeconds` ago, by a clock that is ahead by `leadSeconds`, that have goods to ship, oldest first. */
export async function selectOrdersToQueue(
  db: Sql,
  { graceSeconds, leadSeconds, limit }: { graceSeconds: number; leadSeconds: number; limit: number },
): Promise<number[]> {
  const rows = await db<{ id: bigint }[]>`
    SELECT id
    FROM orders.orders
    WHERE state = 2
      AND id <= ((extract(epoch FROM clock_timestamp()) + ${leadSeconds - graceSeconds}) * 1000000)::bigint
      AND cancel_reason IS NULL
      AND shipping_stop = 0
    ORDER BY id
    LIMIT ${limit}`;
  return rows.map((row) => Number(row.id));
}
