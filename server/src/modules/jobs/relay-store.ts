// The SQL of the relay: claims events by their state, in id order, and records the outcome of each delivery.
import type { Sql } from "../../runtime/database.ts";
import { toArray } from "../../runtime/sql-array.ts";
import type { Tx } from "../../runtime/transaction.ts";
import type { OutboxEvent } from "./subscriptions.ts";

const RELAY_LOCK = 0x52454c41; // "RELA"
/** A subscriber may take longer than the limit for statements; the relay itself limits its time. */
const IDLE_TIMEOUT_MS = "60000";

/**
 * Makes this transaction the only relay until it ends; false where another is at work. Never waits. Its commit need not
 * reach the disk at once: if a crash loses it, the events are delivered again, which may happen anyway.
 */
export async function tryLockRelay({ sql }: Tx): Promise<boolean> {
  const [row] = await sql<[{ locked: boolean }]>`
    SELECT pg_try_advisory_xact_lock(${RELAY_LOCK}) AS locked,
           set_config('idle_in_transaction_session_timeout', ${IDLE_TIMEOUT_MS}, true),
           set_config('synchronous_commit', 'off', true)`;
  return row.locked;
}

/** Deletes events that nobody subscribes to, without reading their payloads. Returns how many. */
export async function deleteUnwanted({ sql }: Tx, patterns: string[], limit: number): Promise<number> {
  const { count } = await sql`
    DELETE FROM jobs.outbox
    WHERE id = ANY(ARRAY(
        SELECT id
        FROM jobs.outbox
        WHERE topic NOT LIKE ALL(${patterns}::text[])
        ORDER BY id
        LIMIT ${limit}
        FOR UPDATE SKIP LOCKED))`;
  return count;
}

/** The first events that somebody subscribes to, up to one that waits for its next attempt. */
export async function claimEvents(
  { sql }: Tx,
  claim: { patterns: string[]; now: Date; limit: number },
): Promise<OutboxEvent[]> {
  const { patterns, now, limit } = claim;
  if (patterns.length === 0) return [];
  const rows = await sql<
    { id: bigint; topic: string; payload: string; attempts: number; is_waiting: boolean }[]
  >`
    WITH head AS (
      SELECT next_attempt_at FROM jobs.outbox WHERE topic LIKE ANY(${patterns}::text[]) ORDER BY id LIMIT 1)
    SELECT id, topic, payload, attempts, coalesce(next_attempt_at > ${now}, false) AS is_waiting
    FROM jobs.outbox
    WHERE topic LIKE ANY(${patterns}::text[])
    ORDER BY id
    LIMIT (SELECT CASE WHEN next_attempt_at > ${now} THEN 0 ELSE ${limit}::int END FROM head)
    FOR UPDATE SKIP LOCKED`;
  const waiting = rows.findIndex((row) => row.is_waiting);
  const due = waiting === -1 ? rows : rows.slice(0, waiting);
  return due.map(({ id, topic, payload, attempts }) => ({ id: Number(id), topic, payload, attempts }));
}

export async function deleteDelivered({ sql }: Tx, ids: readonly number[]): Promise<void> {
  await sql`DELETE FROM jobs.outbox WHERE id = ANY(${toArray(ids)}::bigint[])`;
}

export async function postponeEvent(
  { sql }: Tx,
  failed: { id: number; nextAttemptAt: Date; error: string },
): Promise<void> {
  await sql`
    UPDATE jobs.outbox
    SET attempts = least(attempts + 1, 32767), next_attempt_at = ${failed.nextAttemptAt},
        last_error = ${failed.error}
    WHERE id = ${failed.id}`;
}

export async function moveToDeadLetters({ sql }: Tx, failed: { id: number; error: string }): Promise<void> {
  await sql`
    WITH dead AS (DELETE FROM jobs.outbox WHERE id = ${failed.id} RETURNING id, topic, payload, attempts)
    INSERT INTO jobs.dead_letters (id, topic, payload, attempts, last_error)
    SELECT id, topic, payload, attempts + 1, ${failed.error} FROM dead`;
}

export async function selectWaitingCount(db: Sql): Promise<number> {
  const [row] = await db<[{ count: bigint }]>`SELECT count(*) AS count FROM jobs.outbox`;
  return Number(row.count);
}
