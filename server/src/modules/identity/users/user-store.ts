// The SQL of users.

import type { Sql } from "../../../runtime/database.ts";
import { toTextArray } from "../../../runtime/sql-array.ts";
import type { Query, Tx } from "../../../runtime/transaction.ts";
import type { Role } from "../../../values/actor.ts";
import type { PageFilter } from "../../../values/filter.ts";
import { UNDO_MS } from "../addresses/email-change.ts";
import { isUserId, type UserRow } from "./user.ts";

const FIRST_USER_LOCK = 0x4944464c; // "IDFL"

/** Held until the end of the transaction, by the process that decides whether this is the first user. */
export async function lockFirstUser({ sql }: Tx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${FIRST_USER_LOCK})`;
}

export async function hasUsers(sql: Query): Promise<boolean> {
  const [row] = await sql<[{ exists: boolean }]>`SELECT EXISTS (SELECT FROM identity.users) AS exists`;
  return row.exists;
}

/** Which of a new user's names are taken. An old address stays taken while its owner can take the change of it back. */
export async function selectTaken(
  sql: Query,
  names: {
    readonly usernameKey: string;
    readonly emailIndex: Buffer;
    readonly exceptId?: string;
    readonly at: Date;
  },
): Promise<{ username: boolean; email: boolean }> {
  const rows = await sql<{ username: boolean; email: boolean }[]>`
    SELECT username_key = ${names.usernameKey} AS username, email_index = ${names.emailIndex} AS email
    FROM identity.users
    WHERE (username_key = ${names.usernameKey} OR email_index = ${names.emailIndex})
      AND id IS DISTINCT FROM ${names.exceptId ?? null}::uuid
    UNION ALL
    SELECT false, true
    FROM identity.email_changes
    WHERE old_index = ${names.emailIndex}
      AND user_id IS DISTINCT FROM ${names.exceptId ?? null}::uuid
      AND undone_at IS NULL
      AND confirmed_at > ${new Date(names.at.getTime() - UNDO_MS)}`;
  return { username: rows.some((row) => row.username), email: rows.some((row) => row.email) };
}

export interface NewUserRow {
  readonly id: string;
  readonly username: string;
  readonly usernameKey: string;
  readonly email: string;
  readonly emailIndex: Buffer;
  readonly fullName: string | null;
  readonly passwordHash: string | null;
  readonly roles: readonly Role[];
  readonly createdAt: Date;
}

export async function insertUser({ sql }: Tx, user: NewUserRow): Promise<void> {
  await sql`
    INSERT INTO identity.users (id, username, username_key, email, email_index, full_name, password_hash,
      password_set_at, roles, created_at)
    VALUES (${user.id}, ${user.username}, ${user.usernameKey}, ${user.email}, ${user.emailIndex},
            ${user.fullName}, ${user.passwordHash}, ${user.passwordHash === null ? null : user.createdAt},
            ${[...user.roles]}, ${user.createdAt})`;
}

function columns(sql: Query) {
  return sql`id, username, email, email_verified_at AS "emailVerifiedAt", full_name AS "fullName",
    password_hash AS "passwordHash", roles, state, token_version AS "tokenVersion", version,
    created_at AS "createdAt", last_login_at AS "lastLoginAt"`;
}

export async function selectUser(sql: Query, id: string): Promise<UserRow | undefined> {
  if (!isUserId(id)) return undefined;
  const [row] = await sql<UserRow[]>`SELECT ${columns(sql)} FROM identity.users WHERE id = ${id}`;
  return row;
}

/** E-mail addresses are encrypted. */
export async function selectRegistrations(
  db: Sql,
  ids: readonly string[],
): Promise<Pick<UserRow, "id" | "email" | "createdAt">[]> {
  return db<UserRow[]>`
    SELECT id, email, created_at AS "createdAt"
    FROM identity.users
    WHERE id = ANY(${toTextArray(ids)}::uuid[])`;
}

export async function selectUserIds(
  { sql }: Tx,
  which: { readonly ids: readonly string[]; readonly usernameKeys: readonly string[] },
): Promise<{ readonly id: string; readonly usernameKey: string }[]> {
  return await sql<{ id: string; usernameKey: string }[]>`
    SELECT id, username_key AS "usernameKey"
    FROM identity.users
    WHERE id = ANY(${toTextArray(which.ids)}::uuid[])
       OR username_key = ANY(${toTextArray(which.usernameKeys)}::text[])`;
}

/** Locks the user's row until the transaction ends. */
export async function lockUser({ sql }: Tx, id: string): Promise<UserRow | undefined> {
  if (!isUserId(id)) return undefined;
  const [row] = await sql<UserRow[]>`SELECT ${columns(sql)} FROM identity.users WHERE id = ${id} FOR UPDATE`;
  return row;
}

/** By name, or by the blind index of an address. Always looks for both: one plan, and the same time for every login. */
export async function selectUserByLogin(
  sql: Query,
  login: { readonly usernameKey: string; readonly emailIndex: Buffer },
): Promise<UserRow | undefined> {
  const [row] = await sql<UserRow[]>`
    SELECT ${columns(sql)}
    FROM identity.users
    WHERE username_key = ${login.usernameKey} OR email_index = ${login.emailIndex}
    LIMIT 1`;
  return row;
}

export async function updateLogin(
  { sql }: Tx,
  login: { readonly id: string; readonly at: Date; readonly rehashed: string | undefined },
): Promise<void> {
  await sql`
    UPDATE identity.users
    SET last_login_at = ${login.at}, password_hash = coalesce(${login.rehashed ?? null}, password_hash)
    WHERE id = ${login.id}`;
}

export async function updatePassword(
  { sql }: Tx,
  password: { readonly userId: string; readonly hash: string; readonly at: Date },
): Promise<void> {
  await sql`
    UPDATE identity.users
    SET password_hash = ${password.hash}, password_set_at = ${password.at}, version = version + 1
    WHERE id = ${password.userId}`;
}

/** Removes the password if it was set since then: it no longer signs anybody in. */
export async function clearPasswordSince({ sql }: Tx, userId: string, since: Date): Promise<void> {
  await sql`
    UPDATE identity.users
    SET password_hash = NULL, version = version + 1
    WHERE id = ${userId}
      AND password_set_at >= ${since}`;
}

/** Whether the user added a passkey, an authenticator app or an API key of their own. */
export async function hasAdded(sql: Query, userId: string): Promise<boolean> {
  const [row] = await sql<[{ added: boolean }]>`
    SELECT EXISTS (SELECT FROM identity.passkeys WHERE user_id = ${userId})
      OR EXISTS (SELECT FROM identity.totp WHERE user_id = ${userId})
      OR EXISTS (
        SELECT
        FROM identity.api_keys
        WHERE user_id = ${userId}
          AND created_by = ${userId}
          AND revoked_at IS NULL)
      AS added`;
  return row.added;
}

export async function updateEmailVerified({ sql }: Tx, userId: string, at: Date): Promise<void> {
  await sql`
    UPDATE identity.users
    SET email_verified_at = coalesce(email_verified_at, ${at}), version = version + 1
    WHERE id = ${userId}`;
}

export interface ProfileChange {
  readonly userId: string;
  /** Encrypted, like the name: another spelling of the same mailbox. */
  readonly email: string;
  readonly fullName: string | null;
}

export async function updateProfile({ sql }: Tx, change: ProfileChange): Promise<void> {
  await sql`
    UPDATE identity.users
    SET email = ${change.email}, full_name = ${change.fullName}, version = version + 1
    WHERE id = ${change.userId}`;
}

/** Notes that the address has just been proved. */
export async function updateEmail(
  { sql }: Tx,
  change: {
    readonly userId: string;
    /** Encrypted. */
    readonly email: string;
    readonly emailIndex: Buffer;
    readonly verifiedAt: Date;
  },
): Promise<void> {
  await sql`
    UPDATE identity.users
    SET email = ${change.email}, email_index = ${change.emailIndex},
        email_verified_at = ${change.verifiedAt}, version = version + 1
    WHERE id = ${change.userId}`;
}

const ADMINS_LOCK = 0x49444144; // "IDAD"

/** Until the end of the transaction: if two processes remove the last two administrators at once, one is refused. */
export async function lockAdmins({ sql }: Tx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${ADMINS_LOCK})`;
}

export async function countActiveAdmins(sql: Query): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    SELECT count(*)::int AS count FROM identity.users WHERE state = 'active' AND 'admin' = ANY(roles)`;
  return row.count;
}

/** Changes roles and state and returns the version that tokens need from now on. */
export async function updateAccess(
  { sql }: Tx,
  access: { readonly userId: string; readonly roles: readonly Role[]; readonly state: string },
): Promise<number> {
  const [row] = await sql<[{ version: number }]>`
    UPDATE identity.users
    SET roles = ${[...access.roles]}, state = ${access.state}, token_version = token_version + 1,
        version = version + 1
    WHERE id = ${access.userId}
    RETURNING token_version AS version`;
  return row.version;
}

export type UserFilter = PageFilter<{
  usernameKey: string;
  emailIndex: Buffer;
  role: Role;
  state: string;
  /** The last user of the page before. */
  afterId: string;
}>;

/** By id: random, but the same on every page. */
export async function selectUsers(sql: Query, filter: UserFilter): Promise<UserRow[]> {
  return await sql<UserRow[]>`
    SELECT ${columns(sql)}
    FROM identity.users
    WHERE (${filter.usernameKey ?? null}::text IS NULL OR username_key = ${filter.usernameKey ?? null})
      AND (${filter.emailIndex ?? null}::bytea IS NULL OR email_index = ${filter.emailIndex ?? null})
      AND (${filter.role ?? null}::text IS NULL OR ${filter.role ?? null} = ANY(roles))
      AND (${filter.state ?? null}::text IS NULL OR state = ${filter.state ?? null})
      AND (${filter.afterId ?? null}::uuid IS NULL OR id > ${filter.afterId ?? null}::uuid)
    ORDER BY id
    LIMIT ${filter.limit}`;
}

/** The beginnings, up to the salt ("$2b$12$"), of all password hashes that do not begin like this. */
export async function selectOtherHashKinds(sql: Query, today: string): Promise<string[]> {
  const rows = await sql<{ kind: string }[]>`
    SELECT DISTINCT
      substring(password_hash FROM '^\\$(?:2[aby]\\$[0-9]{2}|argon2id\\$v=19\\$[a-z0-9=,]+)\\$') AS kind
    FROM identity.users
    WHERE password_hash IS NOT NULL AND NOT starts_with(password_hash, ${today})`;
  return rows.map(({ kind }) => kind).filter((kind) => kind !== null);
}
