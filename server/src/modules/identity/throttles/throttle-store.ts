// The SQL of throttles and of the devices that users know.
import type { Sql } from "../../../runtime/database.ts";
import { toArray, toTextArray } from "../../../runtime/sql-array.ts";
import type { Tx } from "../../../runtime/transaction.ts";

export interface Throttle {
  readonly failures: number;
  readonly lastAt: Date;
  readonly openAt: Date;
}

/** Makes and locks the rows, in the order of their keys, and returns them by key (hexadecimal). */
export async function lockThrottles(
  { sql }: Tx,
  keys: readonly string[],
  at: Date,
): Promise<Map<string, Throttle>> {
  const rows = await sql<(Throttle & { key: string })[]>`
    INSERT INTO identity.throttles AS t (key, last_at, open_at)
    SELECT key, ${at}, '-infinity' FROM unnest(${toByteArrays(keys)}::bytea[]) AS key ORDER BY key
    ON CONFLICT (key) DO UPDATE SET failures = t.failures
    RETURNING encode(key, 'hex') AS key, failures, last_at AS "lastAt", greatest(open_at, 'epoch') AS "openAt"`;
  return new Map(rows.map((row) => [row.key, row]));
}

/** Writes rows that are locked. Sends the statement and returns it under way. */
export function saveThrottles({ sql }: Tx, throttles: ReadonlyMap<string, Throttle>): Promise<unknown> {
  const rows = [...throttles.values()];
  return sql`
    UPDATE identity.throttles AS t SET failures = n.failures, last_at = n.last_at, open_at = n.open_at
    FROM unnest(${toByteArrays([...throttles.keys()])}::bytea[], ${toArray(rows.map((row) => row.failures))}::integer[],
      ${toTextArray(rows.map((row) => row.lastAt.toISOString()))}::timestamptz[],
      ${toTextArray(rows.map((row) => row.openAt.toISOString()))}::timestamptz[]) AS n (key, failures, last_at, open_at)
    WHERE t.key = n.key`.execute();
}

function toByteArrays(keys: readonly string[]): string {
  return toTextArray(keys.map((key) => `\\x${key}`));
}

export async function deleteOldThrottles(sql: Sql, before: Date): Promise<void> {
  await sql`DELETE FROM identity.throttles WHERE last_at < ${before}`;
}

export async function insertDevice(
  { sql }: Tx,
  device: {
    readonly tokenHash: Buffer;
    readonly userId: string;
    readonly userAgent: string | undefined;
    readonly at: Date;
  },
): Promise<void> {
  await sql`
    INSERT INTO identity.devices (token_hash, user_id, user_agent, created_at, last_used_at)
    VALUES (${device.tokenHash}, ${device.userId}, ${device.userAgent ?? null}, ${device.at}, ${device.at})`;
}

/** Whether the user knows this device; notes that it was used. */
export async function takeDevice(
  sql: Sql,
  device: { readonly tokenHash: Buffer; readonly userId: string; readonly at: Date },
): Promise<boolean> {
  const { count } = await sql`
    UPDATE identity.devices SET last_used_at = ${device.at}
    WHERE token_hash = ${device.tokenHash} AND user_id = ${device.userId}`;
  return count === 1;
}

export async function deleteOldDevices(sql: Sql, before: Date): Promise<void> {
  await sql`DELETE FROM identity.devices WHERE last_used_at < ${before}`;
}
