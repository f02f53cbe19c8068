// The SQL of throttles and of the devices that users know.
import type { Sql } from "../../runtime/database.ts";
import type { Tx } from "../../runtime/transaction.ts";

export interface Throttle {
  readonly failures: number;
  readonly lastAt: Date;
  readonly openAt: Date;
}

/** Makes and locks the rows, in the order of `keys`, which must be sorted. */
export async function lockThrottles({ sql }: Tx, keys: readonly Buffer[], at: Date): Promise<Throttle[]> {
  const throttles: Throttle[] = [];
  for (const key of keys) {
    const [row] = await sql<[Throttle]>`
      INSERT INTO identity.throttles AS t (key, last_at, open_at) VALUES (${key}, ${at}, '-infinity')
      ON CONFLICT (key) DO UPDATE SET failures = t.failures
      RETURNING failures, last_at AS "lastAt", greatest(open_at, 'epoch') AS "openAt"`;
    throttles.push(row);
  }
  return throttles;
}

export async function saveThrottles(
  { sql }: Tx,
  keys: readonly Buffer[],
  throttles: readonly Throttle[],
): Promise<void> {
  for (const [index, { failures, lastAt, openAt }] of throttles.entries()) {
    await sql`
      UPDATE identity.throttles SET failures = ${failures}, last_at = ${lastAt}, open_at = ${openAt}
      WHERE key = ${keys[index] ?? null}`;
  }
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
