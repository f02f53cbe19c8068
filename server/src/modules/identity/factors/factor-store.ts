// The SQL of second factors.
import type { Query, Tx } from "../../../runtime/transaction.ts";

export interface Totp {
  readonly userId: string;
  /** Encrypted. */
  readonly secret: string;
  readonly confirmedAt: Date | null;
  readonly lastStep: bigint;
}

/** Replaces a secret that is not confirmed yet; false where a confirmed one exists already. */
export async function beginTotp(
  { sql }: Tx,
  totp: { readonly userId: string; readonly secret: string; readonly at: Date },
): Promise<boolean> {
  const { count } = await sql`
    INSERT INTO identity.totp AS t (user_id, secret, created_at)
    VALUES (${totp.userId}, ${totp.secret}, ${totp.at})
    ON CONFLICT (user_id) DO UPDATE
    SET secret = excluded.secret, created_at = excluded.created_at
    WHERE t.confirmed_at IS NULL`;
  return count === 1;
}

export async function selectTotp(sql: Query, userId: string): Promise<Totp | undefined> {
  const [row] = await sql<Totp[]>`
    SELECT user_id AS "userId", secret, confirmed_at AS "confirmedAt", last_step AS "lastStep"
    FROM identity.totp
    WHERE user_id = ${userId}`;
  return row;
}

/** Whether the user has a confirmed app, and whether passkeys: one query, because every login asks it. */
export async function selectFactorKinds(
  sql: Query,
  userId: string,
): Promise<{ readonly totp: boolean; readonly passkeys: boolean }> {
  const [row] = await sql<[{ totp: boolean; passkeys: boolean }]>`
    SELECT EXISTS (SELECT FROM identity.totp WHERE user_id = ${userId} AND confirmed_at IS NOT NULL) AS totp,
      EXISTS (SELECT FROM identity.passkeys WHERE user_id = ${userId}) AS passkeys`;
  return row;
}

/** Notes the code's time step; false where it, or a later one, was used before. Of two at once, only one gets true. */
export async function useStep(sql: Query, userId: string, step: number): Promise<boolean> {
  const { count } = await sql`
    UPDATE identity.totp SET last_step = ${step} WHERE user_id = ${userId} AND last_step < ${step}`;
  return count === 1;
}

export async function confirmTotp({ sql }: Tx, userId: string, at: Date): Promise<void> {
  await sql`UPDATE identity.totp SET confirmed_at = ${at} WHERE user_id = ${userId}`;
}

export async function deleteTotp({ sql }: Tx, userId: string): Promise<boolean> {
  const { count } = await sql`DELETE FROM identity.totp WHERE user_id = ${userId}`;
  return count === 1;
}

/** Deletes the app where it was begun or confirmed since then. */
export async function deleteTotpSince({ sql }: Tx, userId: string, since: Date): Promise<void> {
  await sql`
    DELETE FROM identity.totp WHERE user_id = ${userId} AND greatest(created_at, confirmed_at) >= ${since}`;
}

export async function deleteBackupCodes({ sql }: Tx, userId: string): Promise<void> {
  await sql`DELETE FROM identity.backup_codes WHERE user_id = ${userId}`;
}

export async function replaceBackupCodes(
  { sql }: Tx,
  userId: string,
  hashes: readonly Buffer[],
): Promise<void> {
  await sql`DELETE FROM identity.backup_codes WHERE user_id = ${userId}`;
  for (const hash of hashes)
    await sql`INSERT INTO identity.backup_codes (user_id, code_hash) VALUES (${userId}, ${hash})`;
}

/** Uses up a code; false where it is not one of the user's, or was used before. */
export async function useBackupCode(
  sql: Query,
  { userId, hash, at }: { readonly userId: string; readonly hash: Buffer; readonly at: Date },
): Promise<boolean> {
  const { count } = await sql`
    UPDATE identity.backup_codes
    SET used_at = ${at}
    WHERE user_id = ${userId} AND code_hash = ${hash} AND used_at IS NULL`;
  return count === 1;
}

export async function countBackupCodes(sql: Query, userId: string): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    SELECT count(*)::int AS count FROM identity.backup_codes WHERE user_id = ${userId} AND used_at IS NULL`;
  return row.count;
}
