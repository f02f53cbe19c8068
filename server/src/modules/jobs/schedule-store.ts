// The SQL of the schedule: who may run a task now, and when it is due again.
import type { Sql } from "../../runtime/database.ts";

/** How long a statement may wait for the row while other processes set its times. */
const WAITED_SECONDS_MAX = 120;

export async function insertSchedule(db: Sql, name: string): Promise<void> {
  await db`INSERT INTO jobs.schedules (name) VALUES (${name}) ON CONFLICT DO NOTHING`;
}

/**
 * Leases a due task that no process holds; false where it is not due or another process runs it. A due time further away than
 * the schedule ever sets it stems from before the database's clock was set back, and counts as past.
 */
export async function leaseTask(
  db: Sql,
  lease: { name: string; leaseId: string; seconds: number; everySeconds: number },
): Promise<boolean> {
  const [runMax, leaseMax] = [lease.everySeconds + WAITED_SECONDS_MAX, lease.seconds + WAITED_SECONDS_MAX];
  const { count } = await db`
    UPDATE jobs.schedules
    SET leased_until = now() + make_interval(secs => ${lease.seconds}), lease_id = ${lease.leaseId}
    WHERE name = ${lease.name}
      AND (next_run_at <= now() OR next_run_at > now() + make_interval(secs => ${runMax}))
      AND (leased_until IS NULL OR leased_until <= now()
        OR leased_until > now() + make_interval(secs => ${leaseMax}))`;
  return count === 1;
}

/** Ends the lease, if this process still has it, and sets when the task is due again. */
export async function endLease(
  db: Sql,
  end: { name: string; leaseId: string; nextRunSeconds: number; error: string | null },
): Promise<void> {
  await db`
    UPDATE jobs.schedules
    SET leased_until = NULL, lease_id = NULL, last_run_at = now(), last_error = ${end.error},
        next_run_at = now() + make_interval(secs => ${end.nextRunSeconds})
    WHERE name = ${end.name} AND lease_id = ${end.leaseId}`;
}
