// The SQL of analytics: sums over the orders and credit notes of a period. Ids are times, so a period is a range of the primary
// keys of orders and lines, read in order and merged; sums are numeric and come as text, so that no digit is lost.
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { ZoneOffset } from "../../../values/time-zone.ts";

/** Orders placed and credit notes written from `from` on and before `to` (both stamps), in one currency. */
export interface SalesSpan {
  readonly from: number;
  readonly to: number;
  /** Code of the asset. */
  readonly currency: string;
}

interface Sums {
  /** Quantities ordered. */
  readonly units: bigint;
  /** Minor units, as are all that follow. */
  readonly net: bigint;
  readonly tax: bigint;
  readonly gross: bigint;
  readonly unitsCredited: bigint;
  readonly creditedNet: bigint;
  readonly credited: bigint;
}
export interface OrderSales extends Sums {
  readonly orders: bigint;
  readonly creditNotes: bigint;
}
export interface LineSales extends Sums {
  readonly lines: bigint;
  readonly creditLines: bigint;
}
export type SalesOrder = "revenue" | "units";

type Row<Sales> = { readonly key: string } & { readonly [name in keyof Sales]: string };

/** Orders that count: CONFIRMED, QUEUED, PROCESSING, COMPLETED. */
const SOLD = "BETWEEN 2 AND 5";
const MICROSECONDS_PER_DAY = 86_400_000_000;

/** How sales are grouped: not at all, by customer, or by day at a given offset from UTC. */
export type SalesKey = "all" | "customer" | readonly ZoneOffset[];

/** By key: "0" for the total; the day's number since 1970; the customer, "" for none. Customers with the most revenue first. */
export async function selectOrderSales(
  tx: Tx,
  span: SalesSpan,
  { by, limit = null }: { by: SalesKey; limit?: number | null },
): Promise<{ key: string; sales: OrderSales }[]> {
  const { sql } = tx;
  const rows = await sql<Row<OrderSales>[]>`
    WITH ordered AS (
      SELECT ${keyOf(tx, "o", by)} AS key, count(*) AS orders, sum(o.net) AS net, sum(o.tax) AS tax,
        sum(o.total) AS gross
      FROM orders.orders o
      WHERE ${isSold(tx, span)}
      GROUP BY 1),
    quantities AS (
      SELECT ${keyOf(tx, "o", by)} AS key, sum(l.quantity) AS units
      FROM ${soldLines(tx, span)}
      GROUP BY 1),
    sold AS (
      SELECT key, orders, units, net, tax, gross FROM ordered LEFT JOIN quantities USING (key)),
    given_back AS (
      SELECT ${keyOf(tx, "n", by)} AS key, count(*) AS notes, sum(u.units) AS units, sum(n.net) AS net,
        sum(n.total) AS gross
      FROM orders.credit_notes n
      LEFT JOIN orders.orders o ON o.id = n.order_id
      LEFT JOIN (
        SELECT note_id, sum(quantity) AS units
        FROM orders.credit_note_lines
        WHERE note_id >= ${span.from} AND note_id < ${span.to}
        GROUP BY note_id) u
        ON u.note_id = n.id
      WHERE ${isCredited(tx, span)}
      GROUP BY 1)
    SELECT key::text, coalesce(s.orders, 0)::text AS orders, coalesce(g.notes, 0)::text AS "creditNotes",
      ${sumsOf(tx)}
    FROM sold s
    FULL JOIN given_back g USING (key)
    ORDER BY coalesce(s.gross, 0) - coalesce(g.gross, 0) DESC, key
    LIMIT ${limit}`.execute();
  return rows.map(({ key, ...sums }) => ({ key, sales: toSums<OrderSales>(sums) }));
}

/** By product, null for lines without one. `limit` null: all. */
export async function selectLineSales(
  tx: Tx,
  span: SalesSpan,
  { sort, limit }: { readonly sort: SalesOrder; readonly limit: number | null },
): Promise<{ productId: number | null; sales: LineSales }[]> {
  const { sql } = tx;
  const revenue = sql`coalesce(s.gross, 0) - coalesce(g.gross, 0)`;
  const units = sql`coalesce(s.units, 0) - coalesce(g.units, 0)`;
  const rows = await sql<Row<LineSales>[]>`
    WITH sold AS (
      SELECT coalesce(l.product_id, 0) AS key, count(*) AS lines, sum(l.quantity) AS units, sum(l.net) AS net,
        sum(l.tax) AS tax, sum(l.gross) AS gross
      FROM ${soldLines(tx, span)}
      GROUP BY 1),
    given_back AS (
      SELECT coalesce(l.product_id, 0) AS key, count(*) AS notes, sum(l.quantity) AS units, sum(l.net) AS net,
        sum(l.total) AS gross
      FROM orders.credit_notes n
      JOIN orders.credit_note_lines l ON l.note_id = n.id
      LEFT JOIN orders.orders o ON o.id = n.order_id
      WHERE ${isCredited(tx, span)}
      GROUP BY 1)
    SELECT key::text, coalesce(s.lines, 0)::text AS lines, coalesce(g.notes, 0)::text AS "creditLines",
      ${sumsOf(tx)}
    FROM sold s
    FULL JOIN given_back g USING (key)
    ORDER BY ${sort === "revenue" ? revenue : units} DESC, key
    LIMIT ${limit}`.execute();
  return rows.map(({ key, ...sums }) => ({
    productId: key === "0" ? null : Number(key),
    sales: toSums<LineSales>(sums),
  }));
}

function keyOf({ sql }: Tx, table: "o" | "n", by: SalesKey) {
  if (by === "all") return sql`0`;
  const name = sql.unsafe(table);
  if (by === "customer") return sql`coalesce(${name}.customer_id, '')`;
  const [since, offsets] = [by.map((each) => each.since), by.map(({ offset }) => offset)].map(toArray);
  return sql`
    (${name}.id + (${offsets}::bigint[])[width_bucket(${name}.id, ${since}::bigint[])])
      / ${sql.unsafe(String(MICROSECONDS_PER_DAY))}`;
}

/** For orders `o`: those of the period that count. */
function isSold({ sql }: Tx, span: SalesSpan) {
  return sql`o.id >= ${span.from} AND o.id < ${span.to} AND o.currency = ${span.currency}
    AND o.state ${sql.unsafe(SOLD)}`;
}

/** For lines `l` of such orders `o`. The index is used through the range on the lines themselves. */
function soldLines(tx: Tx, span: SalesSpan) {
  return tx.sql`orders.orders o
      JOIN orders.lines l ON l.order_id = o.id AND l.order_id >= ${span.from} AND l.order_id < ${span.to}
      WHERE ${isSold(tx, span)}`;
}

/** For credit notes `n` and their orders `o`: those of the period without an order, or with one that counts. */
function isCredited({ sql }: Tx, span: SalesSpan) {
  return sql`n.id >= ${span.from} AND n.id < ${span.to} AND n.currency = ${span.currency}
    AND (n.order_id IS NULL OR o.state ${sql.unsafe(SOLD)})`;
}

function sumsOf({ sql }: Tx) {
  return sql`
    coalesce(s.units, 0)::text AS units,
    coalesce(s.net, 0)::text AS net,
    coalesce(s.tax, 0)::text AS tax,
    coalesce(s.gross, 0)::text AS gross,
    coalesce(g.units, 0)::text AS "unitsCredited",
    coalesce(g.net, 0)::text AS "creditedNet",
    coalesce(g.gross, 0)::text AS credited`;
}

/** All columns except the key are whole numbers as text. */
function toSums<Sales>(row: { readonly [name in keyof Sales]: string }): Sales {
  const sums = Object.entries<string>(row).map(([name, text]) => [name, BigInt(text)]);
  return Object.fromEntries(sums) as Sales;
}
