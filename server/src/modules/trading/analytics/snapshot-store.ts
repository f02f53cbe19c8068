// The SQL of snapshots: what owners' positions were worth at the end of each day.
import type { Sql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import type { Tx } from "../../../runtime/transaction.ts";

/** Amounts in the reporting currency's smallest unit. */
export interface Snapshot {
  readonly ownerId: string;
  /** "2026-11-30", of UTC. */
  readonly day: string;
  /** Null: a price or an exchange rate was missing. */
  readonly value: bigint | null;
  readonly cost: bigint | null;
  readonly realized: bigint | null;
  readonly bought: bigint;
  readonly sold: bigint;
  /** Stamp. */
  readonly takenAt: number;
}

const COLUMNS = columnsOf<Snapshot>({
  owner_id: ["text", (snapshot) => snapshot.ownerId],
  day: ["text", (snapshot) => snapshot.day],
  value: ["bigint", (snapshot) => snapshot.value],
  cost: ["bigint", (snapshot) => snapshot.cost],
  realized: ["bigint", (snapshot) => snapshot.realized],
  bought: ["bigint", (snapshot) => snapshot.bought],
  sold: ["bigint", (snapshot) => snapshot.sold],
  taken_at: ["bigint", (snapshot) => snapshot.takenAt],
});

/** Taken again on a day, a snapshot replaces that day's, unless that is newer. */
export async function saveSnapshots({ sql }: Tx, snapshots: readonly Snapshot[]): Promise<void> {
  if (snapshots.length === 0) return;
  await sql`
    INSERT INTO trading.snapshots (owner_id, day, value, cost, realized, bought, sold, taken_at)
    SELECT n.owner_id, n.day::date, n.value, n.cost, n.realized, n.bought, n.sold, n.taken_at
    FROM unnest(${COLUMNS.arrays(sql, snapshots)}) AS n (${COLUMNS.names(sql)})
    ON CONFLICT (owner_id, day) DO UPDATE
    SET value = excluded.value, cost = excluded.cost, realized = excluded.realized, bought = excluded.bought,
        sold = excluded.sold, taken_at = excluded.taken_at
    WHERE snapshots.taken_at <= excluded.taken_at`;
}

export interface SnapshotFilter {
  /** Undefined: of all owners. */
  readonly ownerId?: string | undefined;
  /** Days, both included; undefined: any. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function selectSnapshots(db: Sql, filter: SnapshotFilter): Promise<Snapshot[]> {
  const { ownerId, from = "0001-01-01", to = "9999-12-31", limit } = filter;
  const rows = await db<SnapshotRow[]>`
    SELECT owner_id, day::text, value, cost, realized, bought, sold, taken_at
    FROM trading.snapshots
    WHERE day >= ${from}::text::date AND day <= ${to}::text::date
      ${ownerId === undefined ? db`` : db`AND owner_id = ${ownerId}`}
    ORDER BY day DESC, owner_id
    LIMIT ${limit}`;
  return rows.map(toSnapshot);
}

export function toSnapshot({ owner_id: ownerId, taken_at, ...row }: SnapshotRow): Snapshot {
  return { ...row, ownerId, takenAt: Number(taken_at) };
}

export interface SnapshotRow {
  owner_id: string;
  day: string;
  value: bigint | null;
  cost: bigint | null;
  realized: bigint | null;
  bought: bigint;
  sold: bigint;
  taken_at: bigint;
}

/** The newest of an owner before a day. */
export async function selectSnapshotBefore(db: Sql, ownerId: string, day: string): Promise<bigint | null> {
  const [row] = await db<{ value: bigint | null }[]>`
    SELECT value
    FROM trading.snapshots
    WHERE owner_id = ${ownerId} AND day < ${day}::text::date
    ORDER BY day DESC
    LIMIT 1`;
  return row?.value ?? null;
}
