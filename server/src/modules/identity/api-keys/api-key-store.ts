// The SQL of API keys.
import type { Query, Tx } from "../../../runtime/transaction.ts";
import type { ApiKey, ApiKeyGrant } from "./api-key.ts";

export interface NewApiKey {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly secretHash: Buffer;
  readonly scopes: readonly string[];
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

function columns(sql: Query) {
  return sql`
    k.id, k.user_id AS "userId", k.name, k.scopes, k.created_at AS "createdAt", k.expires_at AS "expiresAt",
    k.last_used_at AS "lastUsedAt", k.revoked_at AS "revokedAt"`;
}

export async function insertApiKey({ sql }: Tx, key: NewApiKey): Promise<void> {
  await sql`
    INSERT INTO identity.api_keys (id, user_id, name, secret_hash, scopes, created_by, created_at, expires_at)
    VALUES (${key.id}, ${key.userId}, ${key.name}, ${key.secretHash}, ${[...key.scopes]}, ${key.createdBy},
      ${key.createdAt}, ${key.expiresAt})`;
}

export async function selectApiKeys(sql: Query, userId: string): Promise<ApiKey[]> {
  return await sql<ApiKey[]>`
    SELECT ${columns(sql)}
    FROM identity.api_keys k
    WHERE user_id = ${userId} AND revoked_at IS NULL
    ORDER BY created_at DESC
    LIMIT 200`;
}

/** Finds a key by its hash and notes that it was used. */
export async function takeApiKey(sql: Query, secretHash: Buffer, at: Date): Promise<ApiKeyGrant | undefined> {
  const [row] = await sql<ApiKeyGrant[]>`
    UPDATE identity.api_keys k
    SET last_used_at = ${at}
    FROM identity.users u
    WHERE k.secret_hash = ${secretHash} AND u.id = k.user_id
    RETURNING ${columns(sql)}, k.created_by AS "createdBy", u.roles, u.state,
      u.token_version AS "tokenVersion"`;
  return row;
}

/** False where the key is not the user's, or is void already. */
export async function updateRevoked(
  { sql }: Tx,
  which: { readonly userId: string; readonly id: string; readonly at: Date },
): Promise<boolean> {
  const { count } = await sql`
    UPDATE identity.api_keys
    SET revoked_at = ${which.at}
    WHERE user_id = ${which.userId} AND revoked_at IS NULL AND id = ${which.id}`;
  return count > 0;
}

/** Revokes the keys that the user made since then; keys that administrators made for a program stay. Returns their ids. */
export async function revokeKeysSince(
  { sql }: Tx,
  which: { readonly userId: string; readonly since: Date; readonly at: Date },
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    UPDATE identity.api_keys
    SET revoked_at = ${which.at}
    WHERE user_id = ${which.userId}
      AND created_by = ${which.userId}
      AND revoked_at IS NULL
      AND created_at >= ${which.since}
    RETURNING id`;
  return rows.map(({ id }) => id);
}

/** Includes revoked keys. */
export async function hasApiKey(
  sql: Query,
  { userId, id }: { readonly userId: string; readonly id: string },
): Promise<boolean> {
  const rows = await sql`SELECT FROM identity.api_keys WHERE user_id = ${userId} AND id = ${id}`;
  return rows.length > 0;
}
