// The SQL of the outbox.
import { toTextArray } from "../../runtime/sql-array.ts";
import type { Tx } from "../../runtime/transaction.ts";

export function insertEvents(
  { sql }: Tx,
  events: readonly { topic: string; payload: string }[],
): Promise<unknown> {
  return sql`
    INSERT INTO jobs.outbox (topic, payload)
    SELECT * FROM unnest(${toTextArray(events.map((e) => e.topic))}::text[], ${toTextArray(events.map((e) => e.payload))}::text[])`.execute();
}
