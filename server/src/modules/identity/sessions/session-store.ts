// The SQL of sessions.
import type { Query, Tx } from "../../../runtime/transaction.ts";
import type { Session } from "./session.ts";

export interface NewSession {
  readonly id: string;
  readonly userId: string;
  readonly secret: string;
  readonly userAgent: string | undefined;
  readonly methods: readonly string[];
  readonly impersonatorId: string | null;
  readonly impersonationReason: string | null;
  readonly at: Date;
  readonly confirmedAt: Date;
  readonly expiresAt: Date;
}

export async function insertSession({ sql }: Tx, session: NewSession): Promise<void> {
  await sql`
    INSERT INTO identity.sessions (id, user_id, secret, rotated_at, user_agent, methods, confirmed_at,
      impersonator_id, impersonation_reason, created_at, last_used_at, expires_at)
    VALUES (${session.id}, ${session.userId}, ${session.secret}, ${session.at}, ${session.userAgent ?? null},
            ${[...session.methods]}, ${session.confirmedAt}, ${session.impersonatorId},
            ${session.impersonationReason}, ${session.at}, ${session.at}, ${session.expiresAt})`;
}

function columns(sql: Query) {
  return sql`
    id, user_id AS "userId", secret, counter, rotated_at AS "rotatedAt", user_agent AS "userAgent", methods,
    confirmed_at AS "confirmedAt", impersonator_id AS "impersonatorId", created_at AS "createdAt",
    last_used_at AS "lastUsedAt", expires_at AS "expiresAt", ended_at AS "endedAt"`;
}

/** Locks the session's row until the transaction ends: refreshes of one session take turns. */
export async function lockSession({ sql }: Tx, id: string): Promise<Session | undefined> {
  const [row] = await sql<
    Session[]
  >`SELECT ${columns(sql)} FROM identity.sessions WHERE id = ${id} FOR UPDATE`;
  return row;
}

export async function advanceCounter({ sql }: Tx, id: string, at: Date): Promise<void> {
  await sql`
    UPDATE identity.sessions
    SET counter = counter + 1, rotated_at = ${at}, last_used_at = ${at}
    WHERE id = ${id}`;
}

export async function updateConfirmed(
  { sql }: Tx,
  confirmed: { readonly sessionId: string; readonly at: Date; readonly methods: readonly string[] },
): Promise<void> {
  await sql`
    UPDATE identity.sessions
    SET confirmed_at = ${confirmed.at}, last_used_at = ${confirmed.at},
        methods = ARRAY(SELECT DISTINCT unnest(methods || ${[...confirmed.methods]}::text[]))
    WHERE id = ${confirmed.sessionId}`;
}

/** The user's sessions that are still valid, newest first. */
export async function selectSessions(
  sql: Query,
  of: { readonly userId: string; readonly at: Date; readonly idleSince: Date },
): Promise<Session[]> {
  return await sql<Session[]>`
    SELECT ${columns(sql)}
    FROM identity.sessions
    WHERE user_id = ${of.userId}
      AND ended_at IS NULL
      AND expires_at > ${of.at}
      AND last_used_at > ${of.idleSince}
    ORDER BY created_at DESC
    LIMIT 200`;
}

export async function isSessionEnded(sql: Query, id: string): Promise<boolean> {
  const rows = await sql`SELECT FROM identity.sessions WHERE id = ${id} AND ended_at IS NULL`;
  return rows.length === 0;
}

/** Ends the sessions that `which` names and that are not over, and returns their ids. */
export async function endSessions(
  { sql }: Tx,
  which: {
    readonly userId: string;
    readonly sessionId?: string | undefined;
    readonly exceptId?: string | undefined;
    readonly reason: string;
    readonly at: Date;
  },
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    UPDATE identity.sessions
    SET ended_at = ${which.at}, end_reason = ${which.reason}
    WHERE user_id = ${which.userId}
      AND ended_at IS NULL
      AND (${which.sessionId ?? null}::uuid IS NULL OR id = ${which.sessionId ?? null}::uuid)
      AND id IS DISTINCT FROM ${which.exceptId ?? null}::uuid
    RETURNING id`;
  return rows.map((row) => row.id);
}

/** Ends the sessions in which this administrator acts as somebody else. */
export async function endImpersonations({ sql }: Tx, administratorId: string, at: Date): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    UPDATE identity.sessions
    SET ended_at = ${at}, end_reason = 'the administrator''s rights changed'
    WHERE impersonator_id = ${administratorId} AND ended_at IS NULL
    RETURNING id`;
  return rows.map((row) => row.id);
}

/** Deletes sessions that were over before `before`, with everything that belongs to them. */
export async function deleteOldSessions(sql: Query, before: Date): Promise<void> {
  await sql`DELETE FROM identity.sessions WHERE expires_at < ${before} OR ended_at < ${before}`;
}
