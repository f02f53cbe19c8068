// The SQL that reads the chain.
import type { Sql } from "../../../runtime/database.ts";
import { toTextArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import type { PageFilter } from "../../../values/filter.ts";

export async function selectBody(db: Sql, seq: number): Promise<string | undefined> {
  const [row] = await db<{ body: string }[]>`SELECT body FROM audit.entries WHERE seq = ${seq}`;
  return row?.body;
}

export interface StoredEntry {
  readonly seq: number;
  /** RFC 3339 with microseconds, as in the body. */
  readonly at: string;
  readonly event: string;
  readonly actorId: string;
  readonly resourceType: string | null;
  readonly resourceId: string | null;
  readonly succeeded: boolean;
  readonly body: string;
  readonly chainHash: Buffer;
}

interface EntryRow {
  seq: bigint;
  at: string;
  event: string;
  actor_id: string;
  resource_type: string | null;
  resource_id: string | null;
  succeeded: boolean;
  body: string;
  chain_hash: Buffer;
}

/** Entries from `from` on, in the order of the chain. */
export async function selectEntries(
  sql: Sql | Tx["sql"],
  { from, limit }: { from: number; limit: number },
): Promise<StoredEntry[]> {
  const rows = await sql<EntryRow[]>`
    SELECT seq, to_char(written_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, event,
      actor_id, resource_type, resource_id, succeeded, body, chain_hash
    FROM audit.entries
    WHERE seq >= ${from}
    ORDER BY seq
    LIMIT ${limit}`;
  return rows.map(toEntry);
}

function toEntry({ seq, actor_id, resource_type, resource_id, chain_hash, ...row }: EntryRow): StoredEntry {
  return {
    ...row,
    seq: Number(seq),
    actorId: actor_id,
    resourceType: resource_type,
    resourceId: resource_id,
    chainHash: chain_hash,
  };
}

/** Those ids that are not the resource of any entry. */
export async function selectUnmentioned(sql: Sql | Tx["sql"], ids: readonly string[]): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    SELECT w.id FROM unnest(${toTextArray(ids)}::text[]) AS w (id)
    WHERE NOT EXISTS (SELECT FROM audit.entries e WHERE e.resource_id = w.id)`;
  return rows.map((row) => row.id);
}

/** When the oldest row waiting for the sequencer was written, in microseconds; undefined where none is waiting. */
export async function selectOldestPending(sql: Sql | Tx["sql"]): Promise<bigint | undefined> {
  const [row] = await sql<[{ oldest: bigint | null }]>`
    SELECT (extract(epoch FROM min(written_at)) * 1000000)::bigint AS oldest FROM audit.pending`;
  return row.oldest ?? undefined;
}

export type EntryFilter = PageFilter<{
  actorId: string;
  event: string;
  resourceType: string;
  resourceId: string;
  succeeded: boolean;
  /** RFC 3339; from inclusive, to exclusive. */
  from: string;
  to: string;
}>;

/** Newest first. */
export async function selectFilteredEntries(db: Sql, filter: EntryFilter): Promise<StoredEntry[]> {
  const { actorId, event, resourceType, resourceId, succeeded, from, to } = filter;
  const rows = await db<EntryRow[]>`
    SELECT seq, to_char(written_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, event,
      actor_id, resource_type, resource_id, succeeded, body, chain_hash
    FROM audit.entries
    WHERE seq < ${filter.cursor ?? Number.MAX_SAFE_INTEGER}
      ${actorId === undefined ? db`` : db`AND actor_id = ${actorId}`}
      ${event === undefined ? db`` : db`AND event = ${event}`}
      ${resourceType === undefined ? db`` : db`AND resource_type = ${resourceType}`}
      ${resourceId === undefined ? db`` : db`AND resource_id = ${resourceId}`}
      ${succeeded === undefined ? db`` : db`AND succeeded = ${succeeded}`}
      ${from === undefined ? db`` : db`AND written_at >= ${from}::text::timestamptz`}
      ${to === undefined ? db`` : db`AND written_at < ${to}::text::timestamptz`}
    ORDER BY seq DESC
    LIMIT ${filter.limit}`;
  return rows.map(toEntry);
}
