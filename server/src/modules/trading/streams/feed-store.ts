// The SQL of what streams read: an owner's events, and how far each instrument and owner has come.
import type { AnySql, Sql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import { toArray, toTextArray } from "../../../runtime/sql-array.ts";
import type { RowWriter } from "../../desk/index.ts";
import type { InstrumentQuote } from "../instruments/instrument.ts";
import { type QuoteRow, toQuote } from "../quotes/quote-store.ts";

export const EVENT_KINDS = { order: 1, execution: 2 } as const;
export type EventKind = keyof typeof EVENT_KINDS;

export interface NewFeedEvent {
  readonly ownerId: string;
  /** Stamp. */
  readonly at: number;
  readonly kind: EventKind;
  /** JSON text. */
  readonly document: string;
}

const COLUMNS = columnsOf<NewFeedEvent>({
  owner_id: ["text", ({ ownerId }) => ownerId],
  at: ["bigint", ({ at }) => at],
  kind: ["smallint", ({ kind }) => EVENT_KINDS[kind]],
  document: ["text", ({ document }) => document],
});

/** Locks the owners' feeds, by name, until the batch has committed: so their numbers are in the order of the commits. */
export const FEED_EVENTS: RowWriter<NewFeedEvent> = {
  name: "trading.feed_events",
  write: ({ sql }, events) =>
    sql`
    WITH new AS (
      SELECT ${COLUMNS.names(sql)}, position
      FROM unnest(${COLUMNS.arrays(sql, events)}) WITH ORDINALITY AS n (${COLUMNS.names(sql)}, position)),
    counted AS (SELECT owner_id, count(*) AS count FROM new GROUP BY owner_id),
    raised AS (
      INSERT INTO trading.feeds (owner_id, number)
      SELECT owner_id, count FROM counted ORDER BY owner_id
      ON CONFLICT (owner_id) DO UPDATE SET number = feeds.number + excluded.number
      RETURNING owner_id, number)
    INSERT INTO trading.feed_events (owner_id, number, at, kind, document)
    SELECT n.owner_id,
      r.number - c.count + row_number() OVER (PARTITION BY n.owner_id ORDER BY n.position),
      n.at, n.kind, n.document
    FROM new n
    JOIN counted c ON c.owner_id = n.owner_id
    JOIN raised r ON r.owner_id = n.owner_id`.execute(),
};

/** A place in the numbered quotes of an instrument or events of an owner. */
export interface Place<Id> {
  readonly id: Id;
  readonly after: number;
}

export async function selectQuoteHeads(db: Sql, ids: readonly number[]): Promise<Map<number, number>> {
  const rows = await db<{ id: bigint; quote_count: bigint }[]>`
    SELECT id, quote_count FROM trading.instruments WHERE id = ANY(${toArray(ids)}::bigint[])`;
  return new Map(rows.map((row) => [Number(row.id), Number(row.quote_count)]));
}

export async function selectFeedHead(db: AnySql, ownerId: string): Promise<number> {
  const [row] = await db<{ number: bigint }[]>`SELECT number FROM trading.feeds WHERE owner_id = ${ownerId}`;
  return Number(row?.number ?? 0);
}

/** Owners without an event are absent. */
export async function selectFeedHeads(db: Sql, ownerIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await db<{ owner_id: string; number: bigint }[]>`
    SELECT owner_id, number FROM trading.feeds WHERE owner_id = ANY(${toTextArray(ownerIds)}::text[])`;
  return new Map(rows.map((row) => [row.owner_id, Number(row.number)]));
}

/** The next quotes after each place, up to `limit` for each, in order. */
export async function selectNextQuotes(
  db: Sql,
  places: readonly Place<number>[],
  limit: number,
): Promise<Map<string, InstrumentQuote[]>> {
  const rows = await db<(QuoteRow & { instrument_id: bigint; after: bigint })[]>`
    SELECT p.instrument_id, p.after,
      q.id, q.number, q.bid, q.ask, q.last, q.time, q.source, q.sequence, q.fires
    FROM unnest(${toArray(places.map(({ id }) => id))}::bigint[],
      ${toArray(places.map(({ after }) => after))}::bigint[]) AS p (instrument_id, after)
    CROSS JOIN LATERAL (
      SELECT id, number, bid, ask, last, time, source, sequence, fires
      FROM trading.quotes
      WHERE instrument_id = p.instrument_id AND number > p.after
      ORDER BY number
      LIMIT ${limit}) AS q`;
  const found = rows.map(({ instrument_id, after, ...quote }) => ({
    key: placeKey({ id: Number(instrument_id), after: Number(after) }),
    quote: toQuote(quote),
  }));
  return groupValues(found, ({ quote }) => quote);
}

export interface FeedEvent {
  readonly number: number;
  readonly kind: EventKind;
  readonly document: string;
}

/** The next events after each place, up to `limit` for each, in order. */
export async function selectNextEvents(
  db: Sql,
  places: readonly Place<string>[],
  limit: number,
): Promise<Map<string, FeedEvent[]>> {
  const rows = await db<
    { owner_id: string; after: bigint; number: bigint; kind: number; document: string }[]
  >`
    SELECT p.owner_id, p.after, e.number, e.kind, e.document
    FROM unnest(${toTextArray(places.map(({ id }) => id))}::text[],
      ${toArray(places.map(({ after }) => after))}::bigint[]) AS p (owner_id, after)
    CROSS JOIN LATERAL (
      SELECT number, kind, document
      FROM trading.feed_events
      WHERE owner_id = p.owner_id AND number > p.after
      ORDER BY number
      LIMIT ${limit}) AS e`;
  const found = rows.map(({ owner_id, after, number, kind, document }) => ({
    key: placeKey({ id: owner_id, after: Number(after) }),
    event: {
      number: Number(number),
      kind: kind === EVENT_KINDS.order ? ("order" as const) : ("execution" as const),
      document,
    },
  }));
  return groupValues(found, ({ event }) => event);
}

export function placeKey({ id, after }: Place<number | string>): string {
  return `${after} ${id}`;
}

function groupValues<Found extends { readonly key: string }, Value>(
  found: readonly Found[],
  pick: (each: Found) => Value,
): Map<string, Value[]> {
  return new Map([...Map.groupBy(found, ({ key }) => key)].map(([key, each]) => [key, each.map(pick)]));
}

/** @param before stamp. Returns how many. */
export async function deleteOldEvents(db: Sql, before: number): Promise<number> {
  const { count } = await db`DELETE FROM trading.feed_events WHERE at < ${before}`;
  return count;
}
