// The SQL of the schedule: who may run a task now, and when it is due again.
import type { Sql } from "../../runtime/database.ts";

export async function insertSchedule(db: Sql, name: string): Promise<void> {
  await db`INSERT INTO jobs.schedules (name) VALUES (${name}) ON CONFLICT DO NOTHING`;
}

/** Leases a due task that nobody holds; false where it is not due or another process runs it. */
export async function leaseTask(
  db: Sql,
  lease: { name: string; leaseId: string; seconds: number },
): Promise<boolean> {
  const { count } = await db`
    UPDATE jobs.schedules
    SET leased_until = now() + make_interval(secs => ${lease.seconds}), lease_id = ${lease.leaseId}
    WHERE name = ${lease.name} AND next_run_at <= now() AND (leased_until IS NULL OR leased_until <= now())`;
  return count === 1;
}

/** Ends the lease, where it is still ours, and says when the task is due again. */
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
