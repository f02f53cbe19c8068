// The SQL of throttles and of the devices that users know.
import type { Sql } from "../../../runtime/database.ts";
import { columnsOf } from "../../../runtime/row-columns.ts";
import { toTextArray } from "../../../runtime/sql-array.ts";
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
    SELECT key, ${at}, '-infinity'
    FROM unnest(${toTextArray(keys.map((key) => `\\x${key}`))}::bytea[]) AS key
    ORDER BY key
    ON CONFLICT (key) DO UPDATE
    SET failures = t.failures
    RETURNING encode(key, 'hex') AS key, failures, last_at AS "lastAt",
      greatest(open_at, 'epoch') AS "openAt"`;
  return new Map(rows.map((row) => [row.key, row]));
}

const THROTTLE_COLUMNS = columnsOf<readonly [key: string, throttle: Throttle]>({
  key: ["bytea", ([key]) => Buffer.from(key, "hex")],
  failures: ["integer", ([, throttle]) => throttle.failures],
  last_at: ["timestamptz", ([, throttle]) => throttle.lastAt],
  open_at: ["timestamptz", ([, throttle]) => throttle.openAt],
});

/** Writes locked rows. Sends the statement and returns its promise. */
export function saveThrottles({ sql }: Tx, throttles: ReadonlyMap<string, Throttle>): Promise<unknown> {
  return sql`
    UPDATE identity.throttles t
    SET failures = n.failures, last_at = n.last_at, open_at = n.open_at
    FROM unnest(${THROTTLE_COLUMNS.arrays(sql, [...throttles])}) AS n (${THROTTLE_COLUMNS.names(sql)})
    WHERE t.key = n.key`.execute();
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
    UPDATE identity.devices
    SET last_used_at = ${device.at}
    WHERE token_hash = ${device.tokenHash} AND user_id = ${device.userId}`;
  return count === 1;
}

export async function deleteDevicesSince({ sql }: Tx, userId: string, since: Date): Promise<void> {
  await sql`DELETE FROM identity.devices WHERE user_id = ${userId} AND created_at >= ${since}`;
}

export async function deleteOldDevices(sql: Sql, before: Date): Promise<void> {
  await sql`DELETE FROM identity.devices WHERE last_used_at < ${before}`;
}
