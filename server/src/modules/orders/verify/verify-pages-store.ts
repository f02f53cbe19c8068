// The SQL that reads orders page by page, to be compared with payments and the ledger, whose rows their own modules read.
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { JudgedOrder } from "../changing/order-facts.ts";
import type { Order, OrderLine } from "../order.ts";
import {
  fulfilmentNamed,
  type OrderRow,
  parseIds,
  reviewNamed,
  shippingStopNamed,
  stateOf,
} from "../order-store.ts";

export interface Page {
  /** Stamp up to which an earlier run found the unchangeable parts in order; 0: from the first. */
  readonly since: number;
  readonly afterId: number;
  readonly limit: number;
}

/** An order with only the columns that the comparison with payments and holds needs: a check reads millions. */
export interface CheckedOrder
  extends JudgedOrder,
    Pick<Order, "id" | "paymentId" | "currency" | "credited" | "cancelled" | "shippingStop"> {
  /** The lines that name holds, or still have units to ship. */
  readonly lines: readonly CheckedLine[];
}

export type CheckedLine = Pick<
  OrderLine,
  | "lineNo"
  | "quantity"
  | "shipped"
  | "cancelled"
  | "short"
  | "stopped"
  | "tracksStock"
  | "holdIds"
  | "stockAccountIds"
>;

/** Orders by id: the open ones, and those placed or changed since. */
export async function selectOrdersPage(tx: Tx, { since, afterId, limit }: Page): Promise<CheckedOrder[]> {
  const { sql } = tx;
  const rows = await sql<
    Pick<
      OrderRow,
      | "id"
      | "state"
      | "fulfilment"
      | "review"
      | "shipping_stop"
      | "payment_id"
      | "currency"
      | "total"
      | "credited"
      | "cancelled"
      | "waived"
      | "repaid"
      | "cancel_reason"
    >[]
  >`
    SELECT id, state, fulfilment, review, shipping_stop, payment_id, currency, total, credited, cancelled,
      waived, repaid, cancel_reason
    FROM orders.orders o
    WHERE id > ${afterId}
      AND (${since}::bigint = 0
        OR id > ${since}
        OR state < 5
        OR EXISTS (SELECT FROM orders.entries e WHERE e.order_id = o.id AND e.at > ${since}))
    ORDER BY id
    LIMIT ${limit}`;
  const lines = await selectOpenLines(
    tx,
    rows.map((row) => Number(row.id)),
  );
  return rows.map((row) => {
    const id = Number(row.id);
    return {
      id,
      state: stateOf(row.state),
      fulfilment: fulfilmentNamed(row.fulfilment),
      review: reviewNamed(row.review),
      shippingStop: shippingStopNamed(row.shipping_stop),
      paymentId: row.payment_id === null ? null : Number(row.payment_id),
      currency: row.currency,
      total: row.total,
      credited: row.credited,
      cancelled: row.cancelled,
      waived: row.waived,
      repaid: row.repaid,
      cancelReason: row.cancel_reason,
      lines: lines.get(id) ?? [],
    };
  });
}

async function selectOpenLines(
  { sql }: Tx,
  orderIds: readonly number[],
): Promise<Map<number, CheckedLine[]>> {
  type Row = Omit<CheckedLine, "holdIds" | "stockAccountIds"> &
    Record<"orderId", bigint> &
    Record<"holds" | "accounts", string>;
  const rows = await sql<Row[]>`
    SELECT order_id AS "orderId", line_no AS "lineNo", quantity, shipped, cancelled, short, stopped,
      tracks_stock AS "tracksStock", hold_ids::text AS holds, stock_account_ids::text AS accounts
    FROM orders.lines
    WHERE order_id = ANY(${toArray(orderIds)}::bigint[])
      AND (hold_ids <> '{}' OR (tracks_stock AND shipped + cancelled <> quantity))
    ORDER BY order_id, line_no`;
  const byOrder = new Map<number, CheckedLine[]>();
  for (const row of rows) {
    const line = { ...row, holdIds: parseIds(row.holds), stockAccountIds: parseIds(row.accounts) };
    const orderId = Number(row.orderId);
    const lines = byOrder.get(orderId);
    if (lines === undefined) byOrder.set(orderId, [line]);
    else lines.push(line);
  }
  return byOrder;
}

export async function countOrders({ sql }: Tx): Promise<number> {
  const [row] = await sql<[{ count: bigint }]>`SELECT count(*) AS count FROM orders.orders`;
  return Number(row.count);
}

/** Counts the stock holds that lines name, and how many different ones they are. */
export async function countHoldsOfLines({ sql }: Tx): Promise<{ count: number; distinct: number }> {
  const [row] = await sql<[{ count: bigint; distinct: bigint }]>`
    SELECT count(*) AS count, count(DISTINCT hold_id) AS distinct
    FROM orders.lines l
    CROSS JOIN LATERAL unnest(l.hold_ids) AS hold_id
    WHERE l.hold_ids <> '{}'`;
  return { count: Number(row.count), distinct: Number(row.distinct) };
}

/** Which of the holds are named by lines, and by how many. */
export async function selectNamedHolds({
  sql,
}: Tx): Promise<Map<number, { orderId: number; count: number }>> {
  const rows = await sql<{ hold_id: bigint; order_id: bigint; count: number }[]>`
    SELECT hold_id, min(l.order_id) AS order_id, count(*)::int AS count
    FROM orders.lines l
    CROSS JOIN LATERAL unnest(l.hold_ids) AS hold_id
    WHERE l.hold_ids <> '{}'
    GROUP BY hold_id`;
  return new Map(
    rows.map((row) => [Number(row.hold_id), { orderId: Number(row.order_id), count: row.count }]),
  );
}

export interface ShippedPart {
  readonly shipmentId: number;
  readonly orderId: number;
  readonly lineNo: number;
  readonly holdId: number;
  readonly stockAccountId: number;
  readonly quantity: number;
}

/** The units that shipments took out of stock, a page of shipments at a time. */
export async function selectShippedParts(
  { sql }: Tx,
  { since, afterId, limit }: Page,
): Promise<ShippedPart[]> {
  const rows = await sql<
    {
      shipment_id: bigint;
      order_id: bigint;
      line_no: number;
      hold_id: bigint;
      stock_account_id: bigint;
      quantity: number;
    }[]
  >`
    SELECT l.shipment_id, s.order_id, l.line_no, l.hold_id, l.stock_account_id, l.quantity
    FROM (
      SELECT id, order_id
      FROM orders.shipments
      WHERE id > ${Math.max(since, afterId)}
      ORDER BY id
      LIMIT ${limit}) AS s
    JOIN orders.shipment_lines l ON l.shipment_id = s.id
    ORDER BY l.shipment_id, l.line_no, l.hold_id`;
  return rows.map((row) => ({
    shipmentId: Number(row.shipment_id),
    orderId: Number(row.order_id),
    lineNo: row.line_no,
    holdId: Number(row.hold_id),
    stockAccountId: row.stock_account_id === null ? 0 : Number(row.stock_account_id),
    quantity: row.quantity,
  }));
}

export interface NotedBooking {
  readonly noteId: number;
  readonly orderId: number | null;
  /** Minor units, and units. */
  readonly amount: bigint;
  readonly journalId: number;
  /** The account that got it; null: the world outside. */
  readonly accountId: number | null;
  readonly tax: bigint;
  readonly currency: string;
}

interface BookingRow {
  id: bigint;
  order_id: bigint | null;
  amount: bigint;
  journal_id: bigint;
  account_id: bigint | null;
  tax: bigint;
  currency: string;
}

/** The money of credit notes that name no order. */
export async function selectPaidOut({ sql }: Tx, { since, afterId, limit }: Page): Promise<NotedBooking[]> {
  const rows = await sql<BookingRow[]>`
    SELECT id, order_id, total AS amount, journal_id, account_id, tax, currency
    FROM orders.credit_notes
    WHERE id > ${Math.max(since, afterId)} AND journal_id IS NOT NULL
    ORDER BY id
    LIMIT ${limit}`;
  return rows.map(toBooking);
}

/** Journals of money after `since` that credit notes name. */
export async function countJournalsOfNotes({ sql }: Tx, since: number): Promise<number> {
  const [row] = await sql<[{ count: bigint }]>`
    SELECT count(*) AS count FROM orders.credit_notes WHERE journal_id > ${since}`;
  return Number(row.count);
}

/** Those journals from the first id to the last. */
export async function selectJournalsOfNotes(
  { sql }: Tx,
  { first, last }: { first: number; last: number },
): Promise<Set<number>> {
  const rows = await sql<{ journal_id: bigint }[]>`
    SELECT journal_id FROM orders.credit_notes WHERE journal_id BETWEEN ${first} AND ${last}`;
  return new Set(rows.map((row) => Number(row.journal_id)));
}

export interface PutBack extends NotedBooking {
  readonly productId: number | null;
  readonly locationId: number | null;
}

/** Goods that credit notes put back on the shelf, a page of notes at a time. */
export async function selectPutBack({ sql }: Tx, { since, afterId, limit }: Page): Promise<PutBack[]> {
  const rows = await sql<(BookingRow & { product_id: number | null; location_id: number | null })[]>`
    SELECT n.id, n.order_id, l.quantity::bigint AS amount, l.stock_journal_id AS journal_id,
      l.stock_account_id AS account_id, l.product_id, l.location_id, 0::bigint AS tax, '' AS currency
    FROM (
      SELECT id, order_id
      FROM orders.credit_notes
      WHERE id > ${Math.max(since, afterId)}
      ORDER BY id
      LIMIT ${limit}) AS n
    JOIN orders.credit_note_lines l ON l.note_id = n.id AND l.stock_journal_id IS NOT NULL
    ORDER BY n.id, l.line_no`;
  return rows.map((row) => ({
    ...toBooking(row),
    productId: row.product_id,
    locationId: row.location_id,
  }));
}

function toBooking(row: BookingRow): NotedBooking {
  return {
    noteId: Number(row.id),
    orderId: row.order_id === null ? null : Number(row.order_id),
    amount: row.amount,
    journalId: Number(row.journal_id),
    accountId: row.account_id === null ? null : Number(row.account_id),
    tax: row.tax,
    currency: row.currency,
  };
}

export interface NotedRefund {
  readonly noteId: number;
  readonly orderId: number;
  readonly paymentId: number;
  readonly refundId: number;
  readonly amount: bigint;
  /** The order's payment gave back more than its credit notes say. */
  readonly hasRepaid: boolean;
  readonly currency: string;
}

/** Refunds that orders' credit notes name, each with the amount it gave back or, below zero, took back. */
export async function selectNotedRefunds(
  { sql }: Tx,
  { since, afterId, limit }: Page,
): Promise<NotedRefund[]> {
  const rows = await sql<
    {
      id: bigint;
      order_id: bigint;
      payment_id: bigint;
      refund_id: bigint;
      refunded: bigint;
      currency: string;
      has_repaid: boolean;
    }[]
  >`
    SELECT n.id, n.order_id, n.payment_id, n.refund_id, n.refunded, n.currency, o.repaid > 0 AS has_repaid
    FROM orders.credit_notes n
    JOIN orders.orders o ON o.id = n.order_id
    WHERE n.id > ${Math.max(since, afterId)} AND n.refund_id IS NOT NULL
    ORDER BY n.id
    LIMIT ${limit}`;
  return rows.map((row) => ({
    noteId: Number(row.id),
    orderId: Number(row.order_id),
    paymentId: Number(row.payment_id),
    refundId: Number(row.refund_id),
    amount: row.refunded,
    currency: row.currency,
    hasRepaid: row.has_repaid,
  }));
}

/** Units that left for orders, and units that came back, according to shipments and credit notes. */
export async function countUnits({ sql }: Tx): Promise<{ shipped: bigint; returned: bigint }> {
  const [row] = await sql<[{ shipped: bigint; returned: bigint }]>`
    SELECT (
        SELECT coalesce(sum(quantity), 0) FROM orders.shipment_lines WHERE hold_id <> 0)::bigint AS shipped,
      (
        SELECT coalesce(sum(quantity), 0)
        FROM orders.credit_note_lines
        WHERE stock_journal_id IS NOT NULL)::bigint AS returned`;
  return row;
}

/** Products that lines name. */
export async function selectNamedProducts({ sql }: Tx): Promise<{ productId: number; orderId: number }[]> {
  const rows = await sql<{ product_id: number; order_id: bigint }[]>`
    SELECT product_id, min(order_id) AS order_id
    FROM orders.lines
    WHERE product_id IS NOT NULL
    GROUP BY product_id
    ORDER BY 2`;
  return rows.map((row) => ({ productId: row.product_id, orderId: Number(row.order_id) }));
}

export interface CouponOrder {
  readonly id: number;
  readonly couponCode: string;
  readonly customerId: string | null;
  /** It ended without a sale, or is being cancelled. */
  readonly hasEnded: boolean;
  readonly wasConfirmed: boolean;
}

/** Orders that name a coupon, a page at a time. */
export async function selectCouponOrders(
  { sql }: Tx,
  { afterId, limit }: Omit<Page, "since">,
): Promise<CouponOrder[]> {
  const rows = await sql<
    {
      id: bigint;
      coupon_code: string;
      customer_id: string | null;
      has_ended: boolean;
      was_confirmed: boolean;
    }[]
  >`
    SELECT id, coupon_code, customer_id,
      state BETWEEN 6 AND 8 OR cancel_reason IS NOT NULL AS has_ended,
      placed_state = 2 OR EXISTS (
        SELECT FROM orders.entries e WHERE e.order_id = o.id AND e.to_state = 2) AS was_confirmed
    FROM orders.orders o
    WHERE coupon_code IS NOT NULL AND id > ${afterId}
    ORDER BY id
    LIMIT ${limit}`;
  return rows.map((row) => ({
    id: Number(row.id),
    couponCode: row.coupon_code,
    customerId: row.customer_id,
    hasEnded: row.has_ended,
    wasConfirmed: row.was_confirmed,
  }));
}
