// The SQL of the outbox.
import type { Tx } from "../../runtime/transaction.ts";

export function insertEvents(
  { sql }: Tx,
  events: readonly { topic: string; payload: string }[],
): Promise<unknown> {
  return sql`
    INSERT INTO jobs.outbox (topic, payload)
    SELECT * FROM unnest(${events.map((e) => e.topic)}::text[], ${events.map((e) => e.payload)}::text[])`.execute();
}
