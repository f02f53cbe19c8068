// The SQL of passkeys and of the challenges that they sign.
import type { Query, Tx } from "../../../runtime/transaction.ts";
import type { Passkey } from "./passkey.ts";

export interface Challenge {
  readonly hash: Buffer;
  readonly purpose: "register" | "log_in" | "second_factor" | "step_up";
  readonly userId: string | null;
  readonly sessionId: string | null;
}

export async function insertChallenge(
  sql: Query,
  challenge: Challenge & { readonly expiresAt: Date },
): Promise<void> {
  await sql`
    INSERT INTO identity.challenges (challenge_hash, purpose, user_id, session_id, expires_at)
    VALUES (${challenge.hash}, ${challenge.purpose}, ${challenge.userId}, ${challenge.sessionId},
            ${challenge.expiresAt})`;
}

/** Uses up a challenge, whoever sends it; true where it was for this purpose and not expired. Of two at once, one gets true. */
export async function useChallenge(sql: Query, challenge: Challenge, at: Date): Promise<boolean> {
  const [row] = await sql<[{ good: boolean }?]>`
    DELETE FROM identity.challenges
    WHERE challenge_hash = ${challenge.hash}
    RETURNING purpose = ${challenge.purpose}
      AND user_id IS NOT DISTINCT FROM ${challenge.userId}::uuid
      AND session_id IS NOT DISTINCT FROM ${challenge.sessionId}::uuid
      AND expires_at > ${at} AS good`;
  return row?.good === true;
}

export async function deleteOldChallenges(sql: Query, before: Date): Promise<void> {
  await sql`DELETE FROM identity.challenges WHERE expires_at < ${before}`;
}

function columns(sql: Query) {
  return sql`
    id, user_id AS "userId", credential_id AS "credentialId", public_key AS "publicKey", counter, synced,
    transports, name, created_at AS "createdAt", last_used_at AS "lastUsedAt", suspended_at AS "suspendedAt"`;
}

/** False where the credential is registered already, by any user. */
export async function insertPasskey({ sql }: Tx, passkey: Passkey): Promise<boolean> {
  const { count } = await sql`
    INSERT INTO identity.passkeys (id, user_id, credential_id, public_key, counter, synced, transports, name,
      created_at)
    VALUES (${passkey.id}, ${passkey.userId}, ${passkey.credentialId}, ${passkey.publicKey},
            ${passkey.counter}, ${passkey.synced}, ${[...passkey.transports]}, ${passkey.name},
            ${passkey.createdAt})
    ON CONFLICT (credential_id) DO NOTHING`;
  return count === 1;
}

/** A user's own, oldest first. */
export async function selectPasskeys(sql: Query, userId: string): Promise<Passkey[]> {
  return await sql<Passkey[]>`
    SELECT ${columns(sql)}
    FROM identity.passkeys
    WHERE user_id = ${userId}
    ORDER BY created_at, id`;
}

export async function selectPasskey(sql: Query, credentialId: Buffer): Promise<Passkey | undefined> {
  const [row] = await sql<Passkey[]>`
    SELECT ${columns(sql)} FROM identity.passkeys WHERE credential_id = ${credentialId}`;
  return row;
}

/**
 * Notes a signature and its count. False where the count has not grown, as it does with every signature of a device that
 * counts. Of two signatures with the same count at once, only one gets true.
 */
export async function advancePasskey(
  sql: Query,
  use: { readonly id: string; readonly counter: number; readonly at: Date },
): Promise<boolean> {
  const { count } = await sql`
    UPDATE identity.passkeys
    SET counter = ${use.counter}, last_used_at = ${use.at}
    WHERE id = ${use.id}
      AND suspended_at IS NULL
      AND (counter < ${use.counter} OR (counter = 0 AND ${use.counter} = 0))`;
  return count === 1;
}

export async function suspendPasskey({ sql }: Tx, id: string, at: Date): Promise<void> {
  await sql`UPDATE identity.passkeys SET suspended_at = coalesce(suspended_at, ${at}) WHERE id = ${id}`;
}

export async function hasPasskey(
  sql: Query,
  which: { readonly id: string; readonly userId: string },
): Promise<boolean> {
  const rows = await sql`SELECT FROM identity.passkeys WHERE id = ${which.id} AND user_id = ${which.userId}`;
  return rows.length > 0;
}

/** Deletes the user's passkeys that were registered since then; returns how many. */
export async function deletePasskeysSince({ sql }: Tx, userId: string, since: Date): Promise<number> {
  const { count } = await sql`
    DELETE FROM identity.passkeys WHERE user_id = ${userId} AND created_at >= ${since}`;
  return count;
}

export async function deletePasskey(
  { sql }: Tx,
  which: { readonly id: string; readonly userId: string },
): Promise<boolean> {
  const { count } = await sql`
    DELETE FROM identity.passkeys WHERE id = ${which.id} AND user_id = ${which.userId}`;
  return count === 1;
}
