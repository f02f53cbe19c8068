// The SQL of the exports of trading, a page at a time, newest first.
import type { Tx } from "../../../runtime/transaction.ts";
import type { Execution } from "../trade-orders/trade-order.ts";
import { type ExecutionRow, toExecution } from "../trade-orders/trade-order-read-store.ts";
import { type Snapshot, type SnapshotRow, toSnapshot } from "./snapshot-store.ts";

export interface ExportedTrade {
  readonly execution: Execution;
  readonly symbol: string;
  readonly asset: string;
  readonly currency: string;
}

interface Span {
  readonly ownerId?: string | undefined;
  /** Stamp: the earliest. */
  readonly from?: number | undefined;
  readonly limit: number;
}

export async function selectTradePage(
  { sql }: Tx,
  {
    ownerId,
    from = 0,
    before = Number.MAX_SAFE_INTEGER,
    limit,
  }: Span & { readonly before?: number | undefined },
): Promise<ExportedTrade[]> {
  const rows = await sql<(ExecutionRow & { symbol: string; asset: string; currency: string })[]>`
    SELECT e.id, e.order_id, e.instrument_id, e.owner_id, e.asset_account_id, e.side, e.quantity, e.price,
      e.money, e.fee, e.realized, e.rate::text, e.realized_reporting, e.currency_gain, e.basis, e.journal_id,
      e.quote_id, i.symbol, i.asset, i.currency
    FROM trading.executions e
    JOIN trading.instruments i ON i.id = e.instrument_id
    WHERE e.id >= ${from} AND e.id < ${before}
      ${ownerId === undefined ? sql`` : sql`AND e.owner_id = ${ownerId}`}
    ORDER BY e.id DESC
    LIMIT ${limit}`;
  return rows.map(({ symbol, asset, currency, ...row }) => ({
    execution: toExecution(row),
    ...{ symbol, asset, currency },
  }));
}

/** By the moment at which they were taken, and of one moment by owner. */
export async function selectSnapshotPage(
  { sql }: Tx,
  {
    ownerId,
    from = 0,
    to = Number.MAX_SAFE_INTEGER,
    last,
    limit,
  }: Span & { readonly to?: number | undefined; readonly last: Snapshot | undefined },
): Promise<Snapshot[]> {
  const rows = await sql<SnapshotRow[]>`
    SELECT owner_id, day::text, value, cost, realized, bought, sold, taken_at
    FROM trading.snapshots
    WHERE taken_at >= ${from} AND taken_at < ${to}
      ${last === undefined ? sql`` : sql`AND (-taken_at, owner_id) > (${-last.takenAt}, ${last.ownerId})`}
      ${ownerId === undefined ? sql`` : sql`AND owner_id = ${ownerId}`}
    ORDER BY taken_at DESC, owner_id
    LIMIT ${limit}`;
  return rows.map(toSnapshot);
}
