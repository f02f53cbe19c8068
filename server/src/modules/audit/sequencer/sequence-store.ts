// The SQL of the sequencer: waiting rows, entries of the chain, personal values.
import { columnsOf } from "../../../runtime/row-columns.ts";
import { toArray, toTextArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { toHex } from "../checkpoints/log-store.ts";
import type { StoredEntry } from "../entries/entry-store.ts";

export const SEQUENCER_LOCK = 0x53455155; // "SEQU"
export const ENTRIES_PER_PARTITION = 10_000_000;

/** Locks until the end of the transaction, so that a process that dies releases it at once. False where another one has it. */
export async function lockSequencer({ sql }: Tx): Promise<boolean> {
  const [row] = await sql<[{ taken: boolean }]>`SELECT pg_try_advisory_xact_lock(${SEQUENCER_LOCK}) AS taken`;
  return row.taken;
}

export interface PendingRow {
  readonly id: bigint;
  /** JSON array of entries. */
  readonly entries: string;
  /** RFC 3339 in UTC with microseconds. */
  readonly at: string;
  readonly writer: string | null;
  readonly number: bigint | null;
}

export async function selectPending({ sql }: Tx, rowsMax: number): Promise<PendingRow[]> {
  return await sql<PendingRow[]>`
    SELECT id, entries, writer, number,
      to_char(written_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at
    FROM audit.pending
    ORDER BY id
    LIMIT ${rowsMax}`;
}

export async function deletePending({ sql }: Tx, ids: readonly bigint[]): Promise<void> {
  await Promise.all([
    sql`SELECT set_config('audit.sequencing', 'yes', true)`,
    sql`DELETE FROM audit.pending WHERE id = ANY(${toArray(ids)}::bigint[])`,
  ]);
}

/** Chain hash of the last entry; undefined for an empty chain. */
export async function selectHead({ sql }: Tx): Promise<{ seq: number; chainHash: Buffer } | undefined> {
  const [row] = await sql<{ seq: bigint; chain_hash: Buffer }[]>`
    SELECT seq, chain_hash
    FROM audit.entries
    ORDER BY seq DESC
    LIMIT 1`;
  return row === undefined ? undefined : { seq: Number(row.seq), chainHash: row.chain_hash };
}

export interface NewEntry extends StoredEntry {
  readonly leafHash: Buffer;
}

const ENTRY_COLUMNS = columnsOf<NewEntry>({
  written_at: ["timestamptz", (entry) => entry.at],
  event: ["text", (entry) => entry.event],
  actor_id: ["text", (entry) => entry.actorId],
  resource_type: ["text", (entry) => entry.resourceType],
  resource_id: ["text", (entry) => entry.resourceId],
  succeeded: ["boolean", (entry) => entry.succeeded],
  body: ["text", (entry) => entry.body],
  chain_hash: ["bytea", (entry) => entry.chainHash],
});

/** Inserts entries after the one whose chain hash is `before`. Inserts none, and throws, where that is not the last one. */
export async function insertEntries(
  { sql }: Tx,
  entries: readonly NewEntry[],
  before: Buffer,
): Promise<void> {
  const [first] = entries;
  if (first === undefined) return;
  const { count } = await sql`
    INSERT INTO audit.entries (seq, ${ENTRY_COLUMNS.names(sql)})
    SELECT ${first.seq} + e.number - 1, ${ENTRY_COLUMNS.names(sql, "e")}
    FROM unnest(${ENTRY_COLUMNS.arrays(sql, entries)}) WITH ORDINALITY
      AS e (${ENTRY_COLUMNS.names(sql)}, number)
    WHERE ${first.seq} = 0
      OR EXISTS (
        SELECT
        FROM audit.entries last
        WHERE last.seq = ${first.seq} - 1 AND last.chain_hash = ${toHex(before)}::text::bytea)`;
  if (count !== entries.length)
    throw new Error(`the chain does not end where entry ${first.seq} was to follow`);
}

export async function createPartition({ sql }: Tx, number: number): Promise<void> {
  await sql`SELECT audit.create_entries_partition(${number})`;
}

export interface SealedValue {
  readonly commitment: Buffer;
  readonly subjectId: string;
  readonly name: string;
  readonly sealed: string;
}

const VALUE_COLUMNS = columnsOf<SealedValue>({
  commitment: ["bytea", (value) => value.commitment],
  subject_id: ["text", (value) => value.subjectId],
  name: ["text", (value) => value.name],
  sealed: ["text", (value) => value.sealed],
});

export async function insertPersonalValues({ sql }: Tx, values: readonly SealedValue[]): Promise<void> {
  await sql`INSERT INTO audit.personal_values ${VALUE_COLUMNS.rows(sql, values)}`;
}

/** When these subjects were last erased, as PostgreSQL's microsecond text; subjects never erased are missing. */
export async function selectErasures(
  { sql }: Tx,
  subjectIds: readonly string[],
): Promise<Map<string, string>> {
  const rows = await sql<{ subject_id: string; at: string }[]>`
    SELECT subject_id, to_char(erased_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at
    FROM audit.erasures
    WHERE subject_id = ANY(${toTextArray(subjectIds)}::text[])`;
  return new Map(rows.map((row) => [row.subject_id, row.at]));
}

/** Last number seen from each writer. */
export async function selectWriters({ sql }: Tx, writers: readonly string[]): Promise<Map<string, bigint>> {
  if (writers.length === 0) return new Map();
  const rows = await sql<{ writer: string; last_number: bigint }[]>`
    SELECT writer, last_number
    FROM audit.writers
    WHERE writer = ANY(${toTextArray(writers)}::uuid[])`;
  return new Map(rows.map((row) => [row.writer, row.last_number]));
}

const WRITER_COLUMNS = columnsOf<readonly [writer: string, number: bigint]>({
  writer: ["uuid", ([writer]) => writer],
  last_number: ["bigint", ([, number]) => number],
});

export async function writeWriters({ sql }: Tx, writers: ReadonlyMap<string, bigint>): Promise<void> {
  if (writers.size === 0) return;
  await sql`
    INSERT INTO audit.writers ${WRITER_COLUMNS.rows(sql, [...writers])}
    ON CONFLICT (writer) DO UPDATE
    SET last_number = excluded.last_number, seen_at = now()`;
}

/** A value that differs whenever the erasures have changed. */
export async function selectLastErasure({ sql }: Tx): Promise<string> {
  const [row] = await sql<[{ last: string }]>`
    SELECT coalesce(max(erased_at)::text, '') AS last FROM audit.erasures`;
  return row.last;
}
