// The SQL of sinks: how far the trail has been sent to each, and the entries it refused.
import type { Sql } from "../../../runtime/database.ts";

export interface SinkState {
  readonly nextSeq: number;
  readonly failures: number;
  /** Whether the sink still has to wait after its last failure. */
  readonly isResting: boolean;
}

export async function selectSink(db: Sql, name: string): Promise<SinkState> {
  await db`INSERT INTO audit.sinks (name) VALUES (${name}) ON CONFLICT DO NOTHING`;
  const [row] = await db<{ next_seq: bigint; failures: number; resting: boolean }[]>`
    SELECT next_seq, failures, coalesce(retry_at > now(), false) AS resting
    FROM audit.sinks
    WHERE name = ${name}`;
  if (row === undefined) throw new Error(`the sink ${name} has no row`);
  return { nextSeq: Number(row.next_seq), failures: row.failures, isResting: row.resting };
}

export async function moveSink(db: Sql, name: string, nextSeq: number): Promise<void> {
  await db`
    UPDATE audit.sinks
    SET next_seq = greatest(next_seq, ${nextSeq}), failures = 0, retry_at = NULL, last_error = NULL
    WHERE name = ${name}`;
}

export async function noteFailure(
  db: Sql,
  name: string,
  { error, retrySeconds }: { error: string; retrySeconds: number },
): Promise<void> {
  await db`
    UPDATE audit.sinks
    SET failures = failures + 1, retry_at = now() + make_interval(secs => ${retrySeconds}),
        last_error = ${error}
    WHERE name = ${name}`;
}

export async function insertSinkDeadLetter(
  db: Sql,
  name: string,
  { seq, error }: { seq: number; error: string },
): Promise<void> {
  await db`
    INSERT INTO audit.sink_dead_letters (sink, seq, error)
    VALUES (${name}, ${seq}, ${error})
    ON CONFLICT DO NOTHING`;
}
