// The SQL that verifies positions and lots: all that happened to them, in order, and what is kept of it.
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { ChosenLot } from "../positions/position.ts";

/** A position with its lots as they are kept, and all that happened to it. */
export interface TradedAccount {
  readonly assetAccountId: number;
  readonly currency: string;
  /** Undefined: there is none. */
  readonly position: string | undefined;
  readonly lots: readonly string[];
  readonly history: readonly PastEvent[];
}

/** An execution, or a movement. */
export interface PastEvent {
  readonly id: number;
  /** Of an execution. */
  readonly side: number | null;
  /** Of a movement. */
  readonly kind: number | null;
  readonly quantity: bigint;
  readonly money: bigint;
  readonly fee: bigint;
  readonly rate: string | null;
  readonly basis: number | null;
  readonly costReporting: bigint | null;
  readonly acquiredAt: number;
  readonly numerator: bigint;
  readonly denominator: bigint;
  /** What it took out of lots. */
  readonly uses: readonly ChosenLot[];
}

interface AccountRow {
  asset_account_id: bigint;
  currency: string;
}

/** The accounts and currencies with positions, lots or a history, after the given account, in order. */
export async function selectTradedAccounts(
  { sql }: Tx,
  { afterId, limit }: { readonly afterId: number; readonly limit: number },
): Promise<TradedAccount[]> {
  const accounts = await sql<AccountRow[]>`
    WITH known AS (
      SELECT e.asset_account_id, i.currency
      FROM trading.executions e
      JOIN trading.instruments i ON i.id = e.instrument_id
      WHERE e.asset_account_id > ${afterId}
      UNION
      SELECT asset_account_id, currency FROM trading.positions WHERE asset_account_id > ${afterId}
      UNION
      SELECT asset_account_id, currency FROM trading.movements WHERE asset_account_id > ${afterId}
      UNION
      SELECT asset_account_id, currency FROM trading.lots WHERE asset_account_id > ${afterId})
    SELECT asset_account_id, currency
    FROM known
    WHERE asset_account_id <= (
      SELECT max(asset_account_id)
      FROM (SELECT DISTINCT asset_account_id FROM known ORDER BY 1 LIMIT ${limit}) AS page)
    ORDER BY 1, 2`;
  const ids = [...new Set(accounts.map((row) => Number(row.asset_account_id)))];
  const [positions, lots, history] = await Promise.all([
    selectKeptPositions(sql, ids),
    selectKeptLots(sql, ids),
    selectHistory(sql, ids),
  ]);
  return accounts.map((row) => {
    const key = keyOf(row);
    return {
      ...{ assetAccountId: Number(row.asset_account_id), currency: row.currency },
      ...{ position: positions.get(key), lots: lots.get(key) ?? [], history: history.get(key) ?? [] },
    };
  });
}

function keyOf({ asset_account_id: id, currency }: AccountRow): string {
  return `${id} ${currency}`;
}

async function selectKeptPositions(sql: Tx["sql"], ids: readonly number[]): Promise<Map<string, string>> {
  const rows = await sql<(AccountRow & { told: string })[]>`
    SELECT asset_account_id, currency, concat_ws(' ', quantity, cost, coalesce(cost_reporting::text, '-'),
      realized, coalesce(realized_reporting::text, '-'), coalesce(currency_gain::text, '-'), fees) AS told
    FROM trading.positions
    WHERE asset_account_id = ANY(${toArray(ids)}::bigint[])`;
  return new Map(rows.map((row) => [keyOf(row), row.told]));
}

/** Each as "id remaining cost", those that are used up too. */
async function selectKeptLots(sql: Tx["sql"], ids: readonly number[]): Promise<Map<string, string[]>> {
  const rows = await sql<(AccountRow & { told: string })[]>`
    SELECT asset_account_id, currency,
      concat_ws(' ', id, remaining, cost, coalesce(cost_reporting::text, '-')) AS told
    FROM trading.lots
    WHERE asset_account_id = ANY(${toArray(ids)}::bigint[])
    ORDER BY id`;
  const byKey = Map.groupBy(rows, keyOf);
  return new Map([...byKey].map(([key, own]) => [key, own.map(({ told }) => told)]));
}

interface PastRow extends AccountRow, Omit<PastEvent, "id" | "uses" | "costReporting" | "acquiredAt"> {
  id: bigint;
  cost_reporting: bigint | null;
  acquired_at: bigint;
  lots: string[];
  used: string[];
}

async function selectHistory(sql: Tx["sql"], ids: readonly number[]): Promise<Map<string, PastEvent[]>> {
  const rows = await sql<PastRow[]>`
    SELECT past.id, past.asset_account_id, past.currency, past.side, past.kind, past.quantity, past.money,
      past.fee, past.rate, past.basis, past.cost_reporting, past.acquired_at, past.numerator,
      past.denominator, coalesce(u.lots, '{}') AS lots, coalesce(u.used, '{}') AS used
    FROM (
      SELECT e.id, e.asset_account_id, i.currency, e.side, NULL::smallint AS kind, e.quantity, e.money, e.fee,
        e.rate::text, e.basis, NULL::bigint AS cost_reporting, e.id AS acquired_at, 1::bigint AS numerator,
        1::bigint AS denominator
      FROM trading.executions e
      JOIN trading.instruments i ON i.id = e.instrument_id
      WHERE e.asset_account_id = ANY(${toArray(ids)}::bigint[])
      UNION ALL
      SELECT id, asset_account_id, currency, NULL, kind, quantity, coalesce(cost, cash, 0), 0, rate::text,
        basis, cost_reporting, coalesce(acquired_at, id), coalesce(numerator, 1), coalesce(denominator, 1)
      FROM trading.movements
      WHERE asset_account_id = ANY(${toArray(ids)}::bigint[])) AS past
    LEFT JOIN LATERAL (
      SELECT array_agg(lot_id::text ORDER BY lot_id) AS lots,
        array_agg(quantity::text ORDER BY lot_id) AS used
      FROM trading.lot_uses
      WHERE used_by = past.id) AS u ON true
    ORDER BY past.id`;
  const byKey = Map.groupBy(rows, keyOf);
  return new Map([...byKey].map(([key, own]) => [key, own.map(toEvent)]));
}

function toEvent({ id, lots, used, cost_reporting, acquired_at, ...row }: PastRow): PastEvent {
  return {
    ...row,
    id: Number(id),
    costReporting: cost_reporting,
    acquiredAt: Number(acquired_at),
    uses: lots.map((lotId, index) => ({ lotId: Number(lotId), quantity: BigInt(used[index] ?? 0) })),
  };
}
