// The SQL of the keys that sign access tokens.
import type { Sql } from "../../../runtime/database.ts";
import type { Tx } from "../../../runtime/transaction.ts";

const SIGNING_KEYS_LOCK = 0x49444b59; // "IDKY"
export const SIGNING_KEYS_CHANNEL = "identity_signing_keys";

export interface SigningKeyRow {
  readonly kid: string;
  /** JWK as JSON text. */
  readonly publicKey: string;
  /** JWK as JSON text, encrypted. */
  readonly privateKey: string;
  readonly createdAt: Date;
  readonly signsFrom: Date;
  readonly verifiesUntil: Date | null;
}

/** Locks until the end of the transaction: only one process makes a key at a time. */
export async function lockSigningKeys({ sql }: Tx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${SIGNING_KEYS_LOCK})`;
}

/** The keys that still verify, oldest first. */
export async function selectSigningKeys(sql: Sql | Tx["sql"], at: Date): Promise<SigningKeyRow[]> {
  return await sql<SigningKeyRow[]>`
    SELECT kid, public_key AS "publicKey", private_key AS "privateKey", created_at AS "createdAt",
      signs_from AS "signsFrom", verifies_until AS "verifiesUntil"
    FROM identity.signing_keys
    WHERE verifies_until IS NULL OR verifies_until > ${at}
    ORDER BY signs_from, kid`;
}

/** Adds a key, notifies all processes, and lets older keys verify until `predecessorsUntil`, but no longer than before. */
export async function insertSigningKey(
  { sql }: Tx,
  key: Omit<SigningKeyRow, "verifiesUntil"> & { readonly predecessorsUntil: Date },
): Promise<void> {
  await sql`
    UPDATE identity.signing_keys
    SET verifies_until = least(verifies_until, ${key.predecessorsUntil}::timestamptz)`;
  await sql`
    INSERT INTO identity.signing_keys (kid, public_key, private_key, created_at, signs_from)
    VALUES (${key.kid}, ${key.publicKey}, ${key.privateKey}, ${key.createdAt}, ${key.signsFrom})`;
  await sql`SELECT pg_notify(${SIGNING_KEYS_CHANNEL}, '')`;
}

export async function deleteOldSigningKeys({ sql }: Tx, before: Date): Promise<void> {
  await sql`DELETE FROM identity.signing_keys WHERE verifies_until < ${before}`;
}

/** Keys that are published and have not signed anything yet. */
export async function deletePendingSigningKeys({ sql }: Tx, at: Date): Promise<void> {
  await sql`DELETE FROM identity.signing_keys WHERE signs_from > ${at}`;
}
