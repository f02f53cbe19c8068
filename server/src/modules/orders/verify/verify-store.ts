// The SQL that recomputes orders from their own rows: sums and prices from the lines, progress from shipments and credit notes,
// states from the timeline. Each read returns its first difference, or undefined. Amounts are minor units as text.
import { firstOf } from "../../../runtime/row-table-store.ts";
import type { Tx } from "../../../runtime/transaction.ts";

export interface TotalsRow {
  id: bigint;
  is_missing: boolean;
  has_gap: boolean;
  currency: string | null;
  stored: string | null;
  expected: string | null;
}

/** Orders whose lines do not add up to them; lines without an order, orders without lines, missing line numbers. */
export async function selectWrongTotal({ sql }: Tx): Promise<TotalsRow | undefined> {
  return firstOf(sql<TotalsRow[]>`
    WITH sums AS (
      SELECT order_id, count(*) AS count, max(line_no) AS last, sum(net) AS net, sum(tax) AS tax,
        sum(gross) AS gross, sum(credited) AS credited, sum(discount) AS discount
      FROM orders.lines
      GROUP BY order_id)
    SELECT coalesce(o.id, s.order_id) AS id, o.id IS NULL AS is_missing,
      s.count IS DISTINCT FROM s.last AS has_gap, o.currency,
      concat_ws(' ', o.net, o.tax, o.total, o.credited, o.discount) AS stored,
      concat_ws(' ', s.net, s.tax, s.gross, s.credited, s.discount) AS expected
    FROM orders.orders o
    FULL JOIN sums s ON s.order_id = o.id
    WHERE (o.net = s.net
      AND o.tax = s.tax
      AND o.total = s.gross
      AND o.credited = s.credited
      AND o.discount = s.discount
      AND s.count = s.last) IS NOT TRUE
    ORDER BY 1
    LIMIT 1`);
}

export interface PriceRow {
  id: bigint;
  line_no: number;
  currency: string;
  stored: string;
  expected: string;
}

/** Lines that are not quantity times price less the discount, with tax rounded once, half up. */
export async function selectWrongPrice({ sql }: Tx): Promise<PriceRow | undefined> {
  return firstOf(sql<PriceRow[]>`
    WITH amounts AS (
      SELECT order_id, line_no, net, tax, includes_tax, unit_price::numeric * quantity - discount AS amount,
        tax_rate::numeric AS rate
      FROM orders.lines),
    priced AS (
      SELECT order_id, line_no, net, tax, includes_tax, amount,
        CASE
          WHEN includes_tax THEN div(2 * amount * rate + 1000000 + rate, 2 * (1000000 + rate))
          ELSE div(2 * amount * rate + 1000000, 2000000) END AS tax_expected
      FROM amounts)
    SELECT p.order_id AS id, p.line_no, o.currency, concat_ws(' ', p.net, p.tax) AS stored,
      concat_ws(' ', CASE WHEN p.includes_tax THEN p.amount - p.tax_expected ELSE p.amount END,
        p.tax_expected) AS expected
    FROM priced p
    JOIN orders.orders o ON o.id = p.order_id
    WHERE p.tax <> p.tax_expected
      OR p.net <> CASE WHEN p.includes_tax THEN p.amount - p.tax_expected ELSE p.amount END
    ORDER BY 1, 2
    LIMIT 1`);
}

export interface ProgressRow {
  id: bigint;
  line_no: number;
  currency: string | null;
  stored: string;
  expected: string;
}

/**
 * Lines whose shipped, returned, cancelled and credited differ from their shipments and credit notes. If an order ended, or
 * is about to end, without a sale, every unit is cancelled.
 */
export async function selectWrongProgress({ sql }: Tx): Promise<ProgressRow | undefined> {
  return firstOf(sql<ProgressRow[]>`
    WITH shipped AS (
      SELECT s.order_id, l.line_no, sum(l.quantity) AS shipped
      FROM orders.shipment_lines l
      JOIN orders.shipments s ON s.id = l.shipment_id
      GROUP BY 1, 2),
    given_back AS (
      SELECT n.order_id, l.order_line_no AS line_no,
        sum(l.quantity) FILTER (WHERE n.kind = 'return') AS returned,
        sum(l.quantity) FILTER (WHERE n.kind = 'cancellation') AS cancelled, sum(l.total) AS credited
      FROM orders.credit_note_lines l
      JOIN orders.credit_notes n ON n.id = l.note_id
      WHERE n.order_id IS NOT NULL
      GROUP BY 1, 2),
    unsold AS (
      SELECT id AS order_id FROM orders.orders WHERE state >= 6 OR cancel_reason IS NOT NULL),
    derived AS (
      SELECT order_id, line_no, coalesce(shipped, 0) AS shipped, coalesce(returned, 0) AS returned,
        coalesce(cancelled, 0) AS cancelled, coalesce(credited, 0) AS credited
      FROM shipped
      FULL JOIN given_back USING (order_id, line_no)),
    compared AS (
      SELECT order_id, line_no,
        concat_ws(' ', coalesce(l.shipped, 0), coalesce(l.returned, 0), coalesce(l.cancelled, 0),
          coalesce(l.credited, 0)) AS stored,
        concat_ws(' ', coalesce(d.shipped, 0), coalesce(d.returned, 0),
          CASE WHEN u.order_id IS NULL THEN coalesce(d.cancelled, 0) ELSE l.quantity END,
          coalesce(d.credited, 0)) AS expected
      FROM (
        SELECT order_id, line_no, quantity, shipped, returned, cancelled, credited
        FROM orders.lines
        WHERE shipped > 0
          OR credited > 0
          OR cancelled > 0
          OR order_id IN (SELECT order_id FROM unsold)) AS l
      FULL JOIN derived d USING (order_id, line_no)
      LEFT JOIN unsold u USING (order_id))
    SELECT c.order_id AS id, c.line_no, o.currency, c.stored, c.expected
    FROM compared c
    LEFT JOIN orders.orders o ON o.id = c.order_id
    WHERE c.stored <> c.expected
    ORDER BY 1, 2
    LIMIT 1`);
}

export interface StateRow {
  id: bigint;
  state: number;
  rule: string;
}

/** Orders whose state, fulfilment, holds and dates contradict each other. */
export async function selectWrongState({ sql }: Tx): Promise<StateRow | undefined> {
  return firstOf(sql<StateRow[]>`
    WITH progress AS (
      SELECT order_id, bool_or(cardinality(hold_ids) > 0) AS holds, bool_or(shipped > 0) AS any_shipped,
        bool_and(shipped + cancelled = quantity) AS all_shipped,
        bool_and(returned + cancelled = quantity) AS all_returned, bool_or(short > 0) AS is_short
      FROM orders.lines
      GROUP BY order_id),
    delivered AS (
      SELECT order_id, bool_and(delivered_at IS NOT NULL) AS is_all FROM orders.shipments GROUP BY order_id),
    judged AS (
      SELECT o.id, o.state,
        CASE
          WHEN o.state >= 5 AND (p.holds OR p.is_short) THEN 'has ended and holds stock'
          WHEN o.state >= 6 AND p.any_shipped THEN 'has ended without a sale, and goods were shipped'
          WHEN o.state = 5 AND NOT p.all_shipped THEN 'is completed and not all shipped'
          WHEN o.state >= 5 AND o.cancel_reason IS NOT NULL THEN 'has ended and is still being cancelled'
          WHEN o.cancel_reason IS NOT NULL AND p.holds THEN 'is being cancelled and holds stock'
          WHEN o.cancel_reason IS NOT NULL AND p.any_shipped THEN 'is being cancelled, and goods were shipped'
          WHEN o.state = 1 AND p.any_shipped THEN 'waits for its payment, and goods were shipped'
          WHEN o.state = 1
            AND o.expires_at IS NULL
            AND o.cancel_reason IS NULL
            THEN 'waits for its payment without an end'
          WHEN o.state <> 1 AND o.expires_at IS NOT NULL THEN 'waits for nothing and has an end'
          WHEN o.review = 1 AND o.state <> 1 THEN 'is in review and went on'
          WHEN o.fulfilment <> CASE
              WHEN NOT p.any_shipped THEN 1
              WHEN p.all_returned THEN 5
              WHEN NOT p.all_shipped THEN 2
              WHEN d.is_all THEN 4
              ELSE 3 END
            THEN 'says otherwise than its lines how far it is fulfilled' END AS rule
      FROM orders.orders o
      JOIN progress p ON p.order_id = o.id
      LEFT JOIN delivered d ON d.order_id = o.id)
    SELECT id, state, rule
    FROM judged
    WHERE rule IS NOT NULL
    ORDER BY id
    LIMIT 1`);
}

/** Orders whose timeline has gaps, does not lead from state to state, or ends in a state other than the order's. */
export async function selectBrokenTimeline({
  sql,
}: Tx): Promise<{ id: bigint; seq: number | null } | undefined> {
  return firstOf(sql<{ id: bigint; seq: number | null }[]>`
    WITH steps AS (
      SELECT order_id, seq, from_state, to_state, lag(to_state) OVER in_order AS before,
        row_number() OVER in_order + 1 AS place
      FROM orders.entries
      WINDOW in_order AS (PARTITION BY order_id ORDER BY seq)),
    stories AS (
      SELECT order_id, count(*) + 1 AS count,
        min(seq) FILTER (WHERE seq <> place OR before <> from_state) AS broken_at,
        (array_agg(from_state ORDER BY seq))[1] AS first, (array_agg(to_state ORDER BY seq DESC))[1] AS last
      FROM steps
      GROUP BY order_id)
    SELECT coalesce(o.id, s.order_id) AS id, s.broken_at AS seq
    FROM orders.orders o
    FULL JOIN stories s ON s.order_id = o.id
    WHERE (o.entry_count = coalesce(s.count, 1)
      AND s.broken_at IS NULL
      AND o.placed_state = coalesce(s.first, o.state)
      AND o.state = coalesce(s.last, o.placed_state)) IS NOT TRUE
    ORDER BY 1
    LIMIT 1`);
}

export interface NoteTotalsRow {
  id: bigint;
  order_id: bigint | null;
  currency: string;
  stored: string;
  expected: string;
}

/** Credit notes whose lines do not add up to them. */
export async function selectWrongNote({ sql }: Tx): Promise<NoteTotalsRow | undefined> {
  return firstOf(sql<NoteTotalsRow[]>`
    WITH sums AS (
      SELECT note_id, sum(net) AS net, sum(tax) AS tax, sum(total) AS total
      FROM orders.credit_note_lines
      GROUP BY note_id)
    SELECT n.id, n.order_id, n.currency, concat_ws(' ', n.net, n.tax, n.total) AS stored,
      concat_ws(' ', coalesce(s.net, 0), coalesce(s.tax, 0), coalesce(s.total, 0)) AS expected
    FROM orders.credit_notes n
    LEFT JOIN sums s ON s.note_id = n.id
    WHERE (n.net = s.net AND n.tax = s.tax AND n.total = s.total) IS NOT TRUE
    ORDER BY n.id
    LIMIT 1`);
}

/** Orders whose credited, cancelled and waived amounts differ from their credit notes. */
export async function selectWrongCredit({ sql }: Tx): Promise<NoteTotalsRow | undefined> {
  return firstOf(sql<NoteTotalsRow[]>`
    WITH sums AS (
      SELECT order_id, sum(total) AS total, sum(total - refunded) AS waived,
        coalesce(sum(total) FILTER (WHERE kind = 'cancellation'), 0) AS cancelled
      FROM orders.credit_notes
      WHERE order_id IS NOT NULL
      GROUP BY order_id)
    SELECT o.id, o.id AS order_id, o.currency, concat_ws(' ', o.credited, o.waived, o.cancelled) AS stored,
      concat_ws(' ', coalesce(s.total, 0), coalesce(s.waived, 0), coalesce(s.cancelled, 0)) AS expected
    FROM orders.orders o
    LEFT JOIN sums s ON s.order_id = o.id
    WHERE o.credited <> coalesce(s.total, 0)
      OR o.waived <> coalesce(s.waived, 0)
      OR o.cancelled <> coalesce(s.cancelled, 0)
    ORDER BY o.id
    LIMIT 1`);
}
