// The SQL of held events.
import type { Sql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import { tableOf } from "../../../runtime/row-table-store.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { toId } from "../../../values/id.ts";
import { type Desk, type RowReader, type RowWriter, setRow } from "../../desk/index.ts";
import { type HeldEvent, type HeldResolution, readAnswer, writeAnswer } from "./held-event.ts";

interface HeldRow {
  id: bigint;
  payment_id: bigint;
  provider: string;
  event_id: string;
  type: string;
  why: string;
  answer: string | null;
  resolution: HeldResolution | null;
  resolved_at: bigint | null;
  resolved_by: string | null;
  note: string | null;
}

const HELD_COLUMNS = columnsOf<HeldEvent>({
  id: ["bigint", (event) => event.id],
  payment_id: ["bigint", (event) => event.paymentId],
  provider: ["text", (event) => event.provider],
  event_id: ["text", (event) => event.eventId],
  type: ["text", (event) => event.type],
  why: ["text", (event) => event.why],
  answer: ["text", (event) => (event.answer === null ? null : writeAnswer(event.answer))],
  resolution: ["text", (event) => event.resolution],
  resolved_at: ["bigint", (event) => event.resolvedAt],
  resolved_by: ["text", (event) => event.resolvedBy],
  note: ["text", (event) => event.note],
});
const TABLE = tableOf("payments.held_events", HELD_COLUMNS, toHeld);

/** Held events by id, locked. */
export const HELD_EVENTS: RowReader<HeldEvent> = {
  kind: "payments.held_events",
  read: ({ sql }, ids) => TABLE.lockById(sql, ids),
};

/** Writes new events (one that comes again is not written twice), and the decisions of people about them. */
const LEFT_HELD_EVENTS: RowWriter<HeldEvent> = {
  name: "payments.held_events",
  write: async ({ sql }, events) => {
    const decided = events.filter(({ resolution }) => resolution !== null);
    const waiting = events.filter(({ resolution }) => resolution === null);
    await Promise.all([
      waiting.length > 0
        ? sql`
            INSERT INTO payments.held_events ${HELD_COLUMNS.rows(sql, waiting)}
            ON CONFLICT (provider, event_id) DO NOTHING`.execute()
        : undefined,
      decided.length > 0
        ? sql`
            INSERT INTO payments.held_events ${HELD_COLUMNS.rows(sql, decided)}
            ON CONFLICT (id) DO UPDATE
            SET resolution = excluded.resolution, resolved_at = excluded.resolved_at,
                resolved_by = excluded.resolved_by, note = excluded.note`.execute()
        : undefined,
    ]);
  },
};

/** Saves a held event with the batch; undone together with the command where it refuses. */
export function saveHeldEvent(desk: Desk, event: HeldEvent): void {
  setRow(desk, HELD_EVENTS, [event.id, event]);
  desk.book.undoLog?.push(desk.rows.add(LEFT_HELD_EVENTS, event));
}

export async function selectHeldEvent(db: Sql, id: number): Promise<HeldEvent | undefined> {
  return (await TABLE.select(db, db`WHERE id = ${id}`))[0];
}

/** Of one payment, oldest first. */
export function selectHeldEvents(db: Sql | Tx["sql"], paymentId: number): Promise<HeldEvent[]> {
  return TABLE.select(db, db`WHERE payment_id = ${paymentId} ORDER BY id`);
}

/** Those that wait for a person, oldest first. */
export function selectWaitingEvents(
  db: Sql,
  { afterId, limit }: { afterId: number; limit: number },
): Promise<HeldEvent[]> {
  return TABLE.select(db, db`WHERE resolution IS NULL AND id > ${afterId} ORDER BY id LIMIT ${limit}`);
}

/** How many events wait for a person, and the stamp of the first. */
export async function countWaitingEvents(db: Sql): Promise<{ count: number; firstId: number | null }> {
  const [row] = await db<[{ count: bigint; first: bigint | null }]>`
    SELECT count(*) AS count, min(id) AS first FROM payments.held_events WHERE resolution IS NULL`;
  return { count: Number(row.count), firstId: toId(row.first) };
}

function toHeld({ event_id, resolved_by, answer, ...row }: HeldRow): HeldEvent {
  return {
    id: Number(row.id),
    paymentId: Number(row.payment_id),
    provider: row.provider,
    eventId: event_id,
    type: row.type,
    why: row.why,
    answer: answer === null ? null : readAnswer(answer),
    resolution: row.resolution,
    resolvedAt: toId(row.resolved_at),
    resolvedBy: resolved_by,
    note: row.note,
  };
}
