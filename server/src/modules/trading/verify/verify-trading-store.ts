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
    }[]
  >`
    SELECT e.id, e.order_id, e.journal_id, e.side, e.quantity, e.money, e.fee, o.cash_account_id,
      e.asset_account_id, i.asset, i.currency
    FROM trading.executions e
    JOIN trading.orders o ON o.id = e.order_id
    JOIN trading.instruments i ON i.id = e.instrument_id
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
  }));
}

export async function countExecutions({ sql }: Tx, since: number): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM trading.executions WHERE journal_id > ${since}`;
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
}

/** Open orders with a hold, after the given one, in order. */
export async function selectOrderHolds(
  { sql }: Tx,
  { afterId, limit }: { readonly afterId: number; readonly limit: number },
): Promise<OrderHold[]> {
  const rows = await sql<{ id: bigint; hold_id: bigint; held: bigint; account_id: bigint }[]>`
    SELECT id, hold_id, held, CASE side WHEN 1 THEN cash_account_id ELSE asset_account_id END AS account_id
    FROM trading.orders
    WHERE state < 5 AND hold_id IS NOT NULL AND id > ${afterId}
    ORDER BY id
    LIMIT ${limit}`;
  return rows.map((row) => ({
    orderId: Number(row.id),
    holdId: Number(row.hold_id),
    held: row.held,
    accountId: Number(row.account_id),
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
