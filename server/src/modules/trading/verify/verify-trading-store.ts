// The SQL that verifies trading: compares orders and positions with their executions, and finds orders that should have fired.
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";

export interface Miscounted {
  readonly id: number;
  readonly stored: string;
  readonly expected: string;
}

interface MiscountedRow {
  id: bigint;
  stored: string;
  expected: string;
}

function toMiscounted(rows: readonly MiscountedRow[]): Miscounted | undefined {
  return rows.map(({ id, ...sums }) => ({ id: Number(id), ...sums }))[0];
}

/** The first order whose quantity, money or fees differ from its executions'. */
export async function selectMiscountedOrder({ sql }: Tx): Promise<Miscounted | undefined> {
  const rows = await sql<MiscountedRow[]>`
    WITH sums AS (
      SELECT order_id, sum(quantity) AS filled, sum(money) AS money, sum(fee) AS fees
      FROM trading.executions
      GROUP BY order_id)
    SELECT coalesce(o.id, s.order_id) AS id,
      concat_ws(' ', coalesce(o.filled, 0), coalesce(o.money, 0), coalesce(o.fees, 0)) AS stored,
      concat_ws(' ', coalesce(s.filled, 0), coalesce(s.money, 0), coalesce(s.fees, 0)) AS expected
    FROM trading.orders o
    FULL JOIN sums s ON s.order_id = o.id
    WHERE (coalesce(o.filled, 0), coalesce(o.money, 0), coalesce(o.fees, 0))
      <> (coalesce(s.filled, 0), coalesce(s.money, 0), coalesce(s.fees, 0))
    ORDER BY 1
    LIMIT 1`;
  return toMiscounted(rows);
}

export interface KeptExecution {
  readonly id: number;
  readonly orderId: number;
  readonly journalId: number;
  readonly side: number;
  readonly quantity: bigint;
  readonly money: bigint;
  readonly fee: bigint;
  readonly cashAccountId: number;
  readonly assetAccountId: number;
  readonly asset: string;
  readonly currency: string;
  readonly isInBook: boolean;
  /** The other side of its trade; null where that is the house, or is missing. */
  readonly other: OtherSide | null;
}

export interface OtherSide {
  readonly quantity: bigint;
  readonly money: bigint;
  readonly fee: bigint;
  readonly cashAccountId: number;
  readonly assetAccountId: number;
}

/** Executions after the given one, in order. */
export async function selectKeptExecutions(
  { sql }: Tx,
  { afterId, limit }: { readonly afterId: number; readonly limit: number },
): Promise<KeptExecution[]> {
  const rows = await sql<
    {
      id: bigint;
      order_id: bigint;
      journal_id: bigint;
      side: number;
      quantity: bigint;
      money: bigint;
      fee: bigint;
      cash_account_id: bigint;
      asset_account_id: bigint;
      asset: string;
      currency: string;
      is_in_book: boolean;
      other_quantity: bigint | null;
      other_money: bigint;
      other_fee: bigint;
      other_cash_id: bigint;
      other_asset_id: bigint;
    }[]
  >`
    SELECT e.id, e.order_id, e.journal_id, e.side, e.quantity, e.money, e.fee, o.cash_account_id,
      e.asset_account_id, i.asset, i.currency, e.book_seq IS NOT NULL AS is_in_book,
      other.quantity AS other_quantity, other.money AS other_money, other.fee AS other_fee,
      of_other.cash_account_id AS other_cash_id, other.asset_account_id AS other_asset_id
    FROM trading.executions e
    JOIN trading.orders o ON o.id = e.order_id
    JOIN trading.instruments i ON i.id = e.instrument_id
    LEFT JOIN trading.executions other
      ON other.journal_id = e.journal_id AND other.side = 3 - e.side AND other.book_seq = e.book_seq
    LEFT JOIN trading.orders of_other ON of_other.id = other.order_id
    WHERE e.id > ${afterId}
    ORDER BY e.id
    LIMIT ${limit}`;
  return rows.map((row) => ({
    ...row,
    id: Number(row.id),
    orderId: Number(row.order_id),
    journalId: Number(row.journal_id),
    cashAccountId: Number(row.cash_account_id),
    assetAccountId: Number(row.asset_account_id),
    isInBook: row.is_in_book,
    other:
      row.other_quantity === null
        ? null
        : {
            ...{ quantity: row.other_quantity, money: row.other_money, fee: row.other_fee },
            cashAccountId: Number(row.other_cash_id),
            assetAccountId: Number(row.other_asset_id),
          },
  }));
}

/** The first resting order whose price crosses that of another one in its book; none of them is over. */
export async function selectCrossedOrder({
  sql,
}: Tx): Promise<{ orderId: number; otherId: number } | undefined> {
  const live = sql`
    SELECT o.id, o.instrument_id, o.side, o.limit_price
    FROM trading.orders o
    JOIN trading.instruments i ON i.id = o.instrument_id
    WHERE o.priority IS NOT NULL
      AND (o.expires_at IS NULL OR o.expires_at > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
      AND (o.session IS NULL OR o.session >= i.session)`;
  const [row] = await sql<{ id: bigint; other_id: bigint }[]>`
    SELECT b.id, s.id AS other_id
    FROM (
      SELECT DISTINCT ON (instrument_id) id, instrument_id, limit_price
      FROM (${live}) AS l
      WHERE side = 1
      ORDER BY instrument_id, limit_price DESC, id) AS b
    JOIN (
      SELECT DISTINCT ON (instrument_id) id, instrument_id, limit_price
      FROM (${live}) AS l
      WHERE side = 2
      ORDER BY instrument_id, limit_price, id) AS s
      ON s.instrument_id = b.instrument_id AND s.limit_price <= b.limit_price
    ORDER BY b.id
    LIMIT 1`;
  return row === undefined ? undefined : { orderId: Number(row.id), otherId: Number(row.other_id) };
}

export async function countExecutions({ sql }: Tx, since: number): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    SELECT count(DISTINCT journal_id)::int AS count FROM trading.executions WHERE journal_id > ${since}`;
  return row?.count ?? 0;
}

export async function selectNamedJournals(
  { sql }: Tx,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<Set<number>> {
  const rows = await sql<{ journal_id: bigint }[]>`
    SELECT journal_id FROM trading.executions WHERE journal_id BETWEEN ${first} AND ${last}`;
  return new Set(rows.map((row) => Number(row.journal_id)));
}

export interface OrderHold {
  readonly orderId: number;
  readonly holdId: number;
  readonly held: bigint;
  readonly accountId: number;
  /** Of an order that rests in its book: what it must hold at least. */
  readonly left: { readonly quantity: bigint; readonly limitPrice: bigint | null } | null;
  readonly isSale: boolean;
  readonly asset: string;
  readonly currency: string;
}

/** Open orders with a hold, after the given one, in order. */
export async function selectOrderHolds(
  { sql }: Tx,
  { afterId, limit }: { readonly afterId: number; readonly limit: number },
): Promise<OrderHold[]> {
  const rows = await sql<
    {
      id: bigint;
      hold_id: bigint;
      held: bigint;
      account_id: bigint;
      side: number;
      remaining: bigint;
      limit_price: bigint | null;
      is_in_book: boolean;
      asset: string;
      currency: string;
    }[]
  >`
    SELECT o.id, o.hold_id, o.held, o.side, o.quantity - o.filled AS remaining, o.limit_price,
      o.priority IS NOT NULL AS is_in_book, i.asset, i.currency,
      CASE o.side WHEN 1 THEN o.cash_account_id ELSE o.asset_account_id END AS account_id
    FROM trading.orders o
    JOIN trading.instruments i ON i.id = o.instrument_id
    WHERE o.state < 5 AND o.hold_id IS NOT NULL AND o.id > ${afterId}
    ORDER BY o.id
    LIMIT ${limit}`;
  return rows.map((row) => ({
    orderId: Number(row.id),
    holdId: Number(row.hold_id),
    held: row.held,
    accountId: Number(row.account_id),
    left: row.is_in_book ? { quantity: row.remaining, limitPrice: row.limit_price } : null,
    isSale: row.side === 2,
    ...{ asset: row.asset, currency: row.currency },
  }));
}

/** Which of the holds are named by an open order. */
export async function selectKnownHolds({ sql }: Tx, holdIds: readonly number[]): Promise<Set<number>> {
  const rows = await sql<{ hold_id: bigint }[]>`
    SELECT hold_id
    FROM trading.orders
    WHERE state < 5 AND hold_id = ANY(${toArray(holdIds)}::bigint[])`;
  return new Set(rows.map((row) => Number(row.hold_id)));
}

/** The first open order without a hold: all but dormant exits have one. */
export async function selectUnheldOrder({ sql }: Tx): Promise<number | undefined> {
  const [row] = await sql<{ id: bigint }[]>`
    SELECT id FROM trading.orders WHERE state IN (2, 3, 4) AND hold_id IS NULL ORDER BY id LIMIT 1`;
  return row === undefined ? undefined : Number(row.id);
}
