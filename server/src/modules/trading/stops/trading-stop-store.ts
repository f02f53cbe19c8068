// The SQL of stops of trading.
import type { Sql } from "../../../runtime/database.ts";
import { toTextArray } from "../../../runtime/sql-array.ts";
import type { RowReader, RowWriter } from "../../desk/index.ts";

/** Whose orders, or in which instrument: one of the two. */
export interface Stopped {
  readonly ownerId: string | undefined;
  readonly instrumentId: number | undefined;
}

export interface TradingStop extends Stopped {
  readonly reason: string;
  readonly actorId: string;
  readonly isOn: boolean;
}

/** The reasons of the stops that are on, by key. */
export const TRADING_STOPS: RowReader<string, string> = {
  kind: "trading.kill_switches",
  read: async ({ sql }, keys) => {
    const rows = await sql<{ key: string; reason: string }[]>`
      SELECT k.key, s.reason
      FROM unnest(${toTextArray(keys)}::text[]) AS k (key)
      JOIN trading.kill_switches s
        ON k.key = CASE WHEN s.owner_id IS NULL THEN 'instrument ' || s.instrument_id
          ELSE 'owner ' || s.owner_id END`.execute();
    return new Map(rows.map(({ key, reason }) => [key, reason]));
  },
};

/** Turns stops on or off. */
export const SAVED_STOPS: RowWriter<TradingStop> = {
  name: "trading.saved_stops",
  write: ({ sql }, stops) =>
    Promise.all(
      stops.map(({ ownerId = null, instrumentId = null, reason, actorId, isOn }) =>
        isOn
          ? sql`
              INSERT INTO trading.kill_switches (owner_id, instrument_id, reason, actor_id)
              VALUES (${ownerId}, ${instrumentId}, ${reason}, ${actorId})
              ON CONFLICT (owner_id, instrument_id) DO UPDATE
              SET reason = excluded.reason, actor_id = excluded.actor_id, at = now()`.execute()
          : sql`
              DELETE FROM trading.kill_switches
              WHERE owner_id IS NOT DISTINCT FROM ${ownerId}::text
                AND instrument_id IS NOT DISTINCT FROM ${instrumentId}::bigint`.execute(),
      ),
    ),
};

interface StopRow {
  owner_id: string | null;
  instrument_id: bigint | null;
}

function toStopped({ owner_id: ownerId, instrument_id: instrumentId }: StopRow): Stopped {
  return {
    ownerId: ownerId ?? undefined,
    instrumentId: instrumentId === null ? undefined : Number(instrumentId),
  };
}

export async function selectStops(db: Sql) {
  const rows = await db<(StopRow & { reason: string; actor_id: string; at: Date })[]>`
    SELECT owner_id, instrument_id, reason, actor_id, at
    FROM trading.kill_switches
    ORDER BY at DESC
    LIMIT 1000`;
  return rows.map((row) => ({ ...toStopped(row), reason: row.reason, actorId: row.actor_id, at: row.at }));
}

/** Stops whose owners or instruments still have open orders. */
export async function selectStopsWithOrders(db: Sql): Promise<Stopped[]> {
  const rows = await db<StopRow[]>`
    SELECT s.owner_id, s.instrument_id
    FROM trading.kill_switches s
    WHERE EXISTS (SELECT FROM trading.orders o WHERE o.owner_id = s.owner_id AND o.state < 4)
      OR EXISTS (SELECT FROM trading.orders o WHERE o.instrument_id = s.instrument_id AND o.state < 4)`;
  return rows.map(toStopped);
}
