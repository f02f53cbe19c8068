// The SQL of the outbox.
import { columnsOf } from "../../runtime/row-columns.ts";
import type { Tx } from "../../runtime/transaction.ts";

export interface NewEvent {
  /** What happened, as `noun.past_participle`: "transaction.completed". */
  readonly topic: string;
  /** JSON text. */
  readonly payload: string;
}

const EVENT_COLUMNS = columnsOf<NewEvent>({
  topic: ["text", (event) => event.topic],
  payload: ["text", (event) => event.payload],
});

export function insertEvents({ sql }: Tx, events: readonly NewEvent[]): Promise<unknown> {
  return sql`INSERT INTO jobs.outbox ${EVENT_COLUMNS.rows(sql, events)}`.execute();
}
