// The SQL of streams whose end cancels orders.
import type { Sql } from "../../../runtime/database.ts";
import { toArray } from "../../../runtime/sql-array.ts";

export interface StreamGuard {
  readonly id: number;
  readonly ownerId: string;
  readonly openedBy: string;
  /** Stamp: when a later stream of the owner was opened with a guard; only orders before it are this one's. */
  readonly before: number | undefined;
}

const LEASE = "30 seconds";

export async function insertGuard(
  db: Sql,
  { ownerId, openedBy }: { readonly ownerId: string; readonly openedBy: string },
): Promise<number> {
  const [row] = await db<[{ id: bigint }]>`
    INSERT INTO trading.stream_guards (owner_id, opened_by, opened_at, lease_until)
    VALUES (${ownerId}, ${openedBy}, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
            clock_timestamp() + ${LEASE}::interval)
    RETURNING id`;
  return Number(row.id);
}

/** @returns those that are still there: another process takes a stream for broken when its lease has run out */
export async function renewGuards(db: Sql, ids: readonly number[]): Promise<Set<number>> {
  const rows = await db<{ id: bigint }[]>`
    UPDATE trading.stream_guards
    SET lease_until = clock_timestamp() + ${LEASE}::interval
    WHERE id = ANY(${toArray(ids)}::bigint[]) AND lease_until > clock_timestamp()
    RETURNING id`;
  return new Set(rows.map(({ id }) => Number(id)));
}

/** The stream was broken: whoever comes first cancels. */
export async function expireGuard(db: Sql, id: number): Promise<void> {
  await db`UPDATE trading.stream_guards SET lease_until = '-infinity' WHERE id = ${id}`;
}

export async function selectBrokenGuards(db: Sql): Promise<StreamGuard[]> {
  const rows = await db<{ id: bigint; owner_id: string; opened_by: string; before: bigint | null }[]>`
    SELECT g.id, g.owner_id, g.opened_by,
      (SELECT min(n.opened_at) FROM trading.stream_guards n WHERE n.owner_id = g.owner_id AND n.id > g.id)
        AS before
    FROM trading.stream_guards g
    WHERE g.lease_until <= clock_timestamp()
    ORDER BY g.id`;
  return rows.map((row) => ({
    id: Number(row.id),
    ownerId: row.owner_id,
    openedBy: row.opened_by,
    before: row.before === null ? undefined : Number(row.before),
  }));
}

export async function deleteGuard(db: Sql, id: number): Promise<void> {
  await db`DELETE FROM trading.stream_guards WHERE id = ${id}`;
}
