// The SQL of the ledger's clock: how far its stamps are ahead of the database's own clock.
import type { ClockSetBack } from "../../../runtime/clock-times-store.ts";
import type { Sql } from "../../../runtime/database.ts";
import { toArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";

/** Microseconds by which the newest stamp lies in the future; 0 or less as long as the clock was never set back. */
export async function selectClockLead(db: Sql): Promise<number> {
  const [row] = await db<[{ lead: bigint }]>`
    SELECT ledger.clock() - (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS lead`;
  return Number(row.lead);
}

export interface SeenClock {
  /** By how many microseconds stamps were ahead of the clock. */
  readonly lead: number;
  /** The newest stamp at that time. */
  readonly stamp: number;
  /** Microseconds since 1970; 0: never. */
  readonly at: number;
}

/** The clock as it was last seen, locked, and as it is now, with its newest stamp. */
export async function selectSeenClock({ sql }: Tx): Promise<{ last: SeenClock; now: SeenClock }> {
  const [last] = await sql<[{ lead: bigint; stamp: bigint; seen_at: bigint }]>`
    SELECT lead, stamp, seen_at FROM ledger.clock_watch FOR UPDATE`;
  const [now] = await sql<[{ at: bigint; stamp: bigint; time: bigint }]>`
    SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS at, ledger.clock() AS time,
      (SELECT last_value FROM ledger.stamps) AS stamp`;
  const [at, lead] = [Number(now.at), Math.max(0, Number(now.time - now.at))];
  return {
    last: { lead: Number(last.lead), stamp: Number(last.stamp), at: Number(last.seen_at) },
    now: { at, lead, stamp: Number(now.stamp) },
  };
}

export async function updateSeenClock({ sql }: Tx, { lead, stamp, at }: SeenClock): Promise<void> {
  await sql`
    UPDATE ledger.clock_watch SET lead = ${lead}::bigint, stamp = ${stamp}::bigint, seen_at = ${at}::bigint`;
}

/** Holds that the wrong clock placed end earlier, but not before now. Returns how many were moved. Locks their accounts, in the order of their ids. */
export async function updateHoldEnds({ sql }: Tx, back: ClockSetBack): Promise<number> {
  const { after, until, microseconds, at } = back;
  const those = sql`
    state = 1 AND expires_at IS NOT NULL AND id > ${after}::bigint AND id <= ${until}::bigint`;
  const accounts = await sql<{ id: bigint }[]>`
    SELECT id
    FROM ledger.accounts
    WHERE id IN (SELECT debit_account_id FROM ledger.holds WHERE ${those})
    ORDER BY id
    FOR NO KEY UPDATE`;
  const ids = toArray(accounts.map(({ id }) => Number(id)));
  const redated = await sql`
    UPDATE ledger.holds
    SET expires_at = greatest(expires_at - ${microseconds}::bigint, ${at}::bigint)
    WHERE ${those} AND debit_account_id = ANY(${ids}::bigint[])`;
  await sql`
    UPDATE ledger.accounts a
    SET next_expiry = least(a.next_expiry, first.next), version = version + 1
    FROM (
      SELECT debit_account_id, min(expires_at) AS next
      FROM ledger.holds
      WHERE state = 1 AND debit_account_id = ANY(${ids}::bigint[])
      GROUP BY 1) AS first
    WHERE a.id = first.debit_account_id AND NOT a.system`;
  return redated.count;
}
