// The SQL of fraud checks: the block list, and the findings about orders.
import type { Sql } from "../../runtime/database.ts";
import { columnsOf } from "../../runtime/row-columns.ts";
import { toArray } from "../../runtime/sql-array.ts";
import type { Query, Tx } from "../../runtime/transaction.ts";
import type { BlockedKind, FraudVerdict } from "./fraud-rules.ts";
import type { FraudSubject } from "./fraud-subject.ts";

/** Distinguishes the advisory locks of customers from others: "RI" above 48 bits of subject. */
const LOCK_CLASS = 0x5249;

/** Who is blocked now, by subject. A plain read, without locks. */
export async function selectBlockedIndexes(
  { sql }: Tx,
  subjects: readonly number[],
): Promise<Map<number, Buffer[]>> {
  const rows = await sql<{ subject: bigint; value_index: Buffer }[]>`
    SELECT subject, value_index
    FROM risk.blocked_subjects
    WHERE subject = ANY(${toArray(subjects)}::bigint[])
      AND (expires_at IS NULL OR expires_at > now())`.execute();
  const bySubject = Map.groupBy(rows, (row) => Number(row.subject));
  return new Map([...bySubject].map(([subject, found]) => [subject, found.map((row) => row.value_index)]));
}

/**
 * Stamps of the customers' latest screened orders, newest first, at most `countMax` each. Locks each customer until the
 * transaction ends, so that two processes cannot each let half of a burst through.
 */
export async function selectRecentOrders(
  { sql }: Tx,
  subjects: readonly number[],
  { seconds, countMax }: { readonly seconds: number; readonly countMax: number },
): Promise<Map<number, number[]>> {
  const ids = toArray(subjects);
  const locked = sql`
    SELECT pg_advisory_xact_lock((${LOCK_CLASS}::bigint << 48) | id)
    FROM unnest(${ids}::bigint[]) AS s (id)`.execute();
  const found = sql<{ subject: bigint; order_id: bigint }[]>`
    SELECT s.id AS subject, r.order_id
    FROM unnest(${ids}::bigint[]) AS s (id)
    CROSS JOIN LATERAL (
      SELECT order_id
      FROM risk.screenings
      WHERE subject = s.id AND order_id > (extract(epoch FROM clock_timestamp()) - ${seconds}::int) * 1000000
      ORDER BY order_id DESC
      LIMIT ${countMax}) AS r`.execute();
  const [, rows] = await Promise.all([locked, found]);
  const bySubject = Map.groupBy(rows, (row) => Number(row.subject));
  return new Map(
    subjects.map((subject) => [subject, (bySubject.get(subject) ?? []).map((row) => Number(row.order_id))]),
  );
}

export interface ScreeningRow {
  readonly orderId: number;
  readonly subject: number | null;
  readonly score: number;
  readonly verdict: Exclude<FraudVerdict, "refuse">;
  /** JSON text. */
  readonly findings: string;
}

const SCREENING_COLUMNS = columnsOf<ScreeningRow>({
  order_id: ["bigint", (row) => row.orderId],
  subject: ["bigint", (row) => row.subject],
  score: ["integer", (row) => row.score],
  verdict: ["text", (row) => row.verdict],
  findings: ["text", (row) => row.findings],
});

export function insertScreenings({ sql }: Tx, rows: readonly ScreeningRow[]): Promise<unknown> {
  return sql`INSERT INTO risk.screenings ${SCREENING_COLUMNS.rows(sql, rows)}`.execute();
}

export async function selectScreening(
  db: Sql,
  orderId: number,
): Promise<Omit<ScreeningRow, "subject"> | undefined> {
  const [row] = await db<{ score: number; verdict: ScreeningRow["verdict"]; findings: string }[]>`
    SELECT score, verdict, findings FROM risk.screenings WHERE order_id = ${orderId}`;
  return row === undefined ? undefined : { orderId, ...row };
}

/** An entry of the list, its value encrypted. */
export interface BlockedRow {
  readonly id: number;
  readonly kind: BlockedKind;
  readonly value: string;
  readonly valueIndex: Buffer;
  readonly reason: string | null;
  readonly version: number;
  readonly blockedBy: string;
  readonly blockedAt: Date;
  readonly expiresAt: Date | null;
}

function columns(sql: Query) {
  return sql`
    id, kind, value, value_index AS "valueIndex", reason, version, blocked_by AS "blockedBy",
    blocked_at AS "blockedAt", expires_at AS "expiresAt"`;
}

const toRow = (row: Omit<BlockedRow, "id"> & { id: bigint }): BlockedRow => ({ ...row, id: Number(row.id) });

/** The entry of a value. */
export async function selectBlockedId({ sql }: Tx, index: Buffer): Promise<number | undefined> {
  const [row] = await sql<{ id: bigint }[]>`
    SELECT id FROM risk.blocked_subjects WHERE value_index = ${index}`;
  return row === undefined ? undefined : Number(row.id);
}

/** Violates the unique index where the value was added meanwhile; then the whole act is tried again. */
export async function insertBlocked(
  { sql }: Tx,
  entry: {
    readonly subject: FraudSubject;
    readonly value: string;
    readonly reason: string | null;
    readonly blockedBy: string;
    readonly expiresAt: Date | null;
  },
): Promise<BlockedRow> {
  const { subject, value, reason, blockedBy, expiresAt } = entry;
  const [row] = await sql<(Omit<BlockedRow, "id"> & { id: bigint })[]>`
    INSERT INTO risk.blocked_subjects (kind, value, value_index, subject, reason, blocked_by, expires_at)
    VALUES (${subject.kind}, ${value}, ${subject.index}, ${subject.number}, ${reason}, ${blockedBy},
            ${expiresAt})
    RETURNING ${columns(sql)}`;
  if (row === undefined) throw new Error("no entry was made");
  return toRow(row);
}

/** Newest first. */
export async function selectBlockedPage(
  db: Sql,
  query: {
    readonly kind?: BlockedKind | undefined;
    readonly index?: Buffer | undefined;
    readonly beforeId: number;
    readonly limit: number;
  },
): Promise<BlockedRow[]> {
  const { kind, index, beforeId, limit } = query;
  const rows = await db<(Omit<BlockedRow, "id"> & { id: bigint })[]>`
    SELECT ${columns(db)}
    FROM risk.blocked_subjects
    WHERE id < ${beforeId}
      AND ${kind === undefined ? db`true` : db`kind = ${kind}`}
      AND ${index === undefined ? db`true` : db`value_index = ${index}`}
    ORDER BY id DESC
    LIMIT ${limit}`;
  return rows.map(toRow);
}

export async function selectBlocked(sql: Query, id: number): Promise<BlockedRow | undefined> {
  const [row] = await sql<(Omit<BlockedRow, "id"> & { id: bigint })[]>`
    SELECT ${columns(sql)} FROM risk.blocked_subjects WHERE id = ${id}`;
  return row === undefined ? undefined : toRow(row);
}

/** Undefined where the entry has none of these versions. */
export async function updateBlocked(
  { sql }: Tx,
  id: number,
  change: {
    readonly reason: string | null;
    readonly expiresAt: Date | null;
    readonly versions: readonly number[] | undefined;
  },
): Promise<BlockedRow | undefined> {
  const { reason, expiresAt, versions } = change;
  const [row] = await sql<(Omit<BlockedRow, "id"> & { id: bigint })[]>`
    UPDATE risk.blocked_subjects
    SET reason = ${reason}, expires_at = ${expiresAt}, version = version + 1
    WHERE id = ${id}
      AND ${versions === undefined ? sql`true` : sql`version = ANY(${toArray(versions)}::integer[])`}
    RETURNING ${columns(sql)}`;
  return row === undefined ? undefined : toRow(row);
}

/** Returns whether the entry was there. */
export async function deleteBlocked({ sql }: Tx, id: number): Promise<boolean> {
  const rows = await sql`DELETE FROM risk.blocked_subjects WHERE id = ${id} RETURNING id`;
  return rows.length === 1;
}
