// The SQL of changes of address, and of the links that confirm them and take them back.
import type { Query, Tx } from "../../../runtime/transaction.ts";
import { type EmailChange, UNDO_MS } from "./email-change.ts";

function columns(sql: Query) {
  return sql`
    c.id, c.user_id AS "userId", c.old_email AS "oldEmail", c.old_index AS "oldIndex",
    c.old_verified AS "oldVerified", c.new_email AS "newEmail", c.new_index AS "newIndex",
    c.created_at AS "createdAt"`;
}

function isPending(sql: Query) {
  return sql`c.confirmed_at IS NULL AND c.withdrawn_at IS NULL AND c.undone_at IS NULL`;
}

export async function insertEmailChange({ sql }: Tx, change: EmailChange): Promise<void> {
  await sql`
    INSERT INTO identity.email_changes
      (id, user_id, old_email, old_index, old_verified, new_email, new_index, created_at)
    VALUES (${change.id}, ${change.userId}, ${change.oldEmail}, ${change.oldIndex}, ${change.oldVerified},
            ${change.newEmail}, ${change.newIndex}, ${change.createdAt})`;
}

export async function findEmailChange(sql: Query, id: string): Promise<EmailChange | undefined> {
  const [row] = await sql<EmailChange[]>`
    SELECT ${columns(sql)}
    FROM identity.email_changes c
    WHERE id = ${id}`;
  return row;
}

/** The change that is waiting to be confirmed. */
export async function findPendingChange(sql: Query, userId: string): Promise<EmailChange | undefined> {
  const [row] = await sql<EmailChange[]>`
    SELECT ${columns(sql)}
    FROM identity.email_changes c
    WHERE user_id = ${userId}
      AND ${isPending(sql)}`;
  return row;
}

export async function withdrawPendingChange({ sql }: Tx, userId: string, at: Date): Promise<void> {
  await sql`
    UPDATE identity.email_changes c
    SET withdrawn_at = ${at}
    WHERE user_id = ${userId}
      AND ${isPending(sql)}`;
}

interface LinkUse {
  readonly hash: Buffer;
  readonly at: Date;
}

/** The statement that uses up a link; it returns the link's change where the link is still good. */
function useLink(sql: Query, purpose: "change_email" | "undo_email_change", { hash, at }: LinkUse) {
  return sql`
    UPDATE identity.link_tokens
    SET used_at = ${at}
    WHERE token_hash = ${hash}
      AND purpose = ${purpose}
      AND used_at IS NULL
      AND expires_at > ${at}
    RETURNING change_id`;
}

/** Uses up a confirmation link and confirms its change; undefined where either is no longer good. Lock the user's row first. */
export async function confirmChange({ sql }: Tx, { hash, at }: LinkUse): Promise<EmailChange | undefined> {
  const [row] = await sql<EmailChange[]>`
    WITH used AS (${useLink(sql, "change_email", { hash, at })})
    UPDATE identity.email_changes c
    SET confirmed_at = ${at}
    FROM used, identity.users u
    WHERE c.id = used.change_id
      AND u.id = c.user_id
      AND u.state = 'active'
      AND u.email_index = c.old_index
      AND ${isPending(sql)}
    RETURNING ${columns(sql)}`;
  return row;
}

/**
 * Uses up a link that takes a change back, and ends that change and all later ones; undefined where the link is no longer
 * good. Lock the user's row first.
 */
export async function undoChanges({ sql }: Tx, { hash, at }: LinkUse): Promise<EmailChange | undefined> {
  const [row] = await sql<EmailChange[]>`
    WITH used AS (${useLink(sql, "undo_email_change", { hash, at })})
    SELECT ${columns(sql)}
    FROM identity.email_changes c
    JOIN used ON c.id = used.change_id
    WHERE c.undone_at IS NULL
      AND (c.confirmed_at IS NULL OR c.confirmed_at > ${new Date(at.getTime() - UNDO_MS)})`;
  if (row === undefined) return undefined;
  await sql`
    UPDATE identity.email_changes
    SET undone_at = ${at}
    WHERE user_id = ${row.userId}
      AND created_at >= ${row.createdAt}
      AND undone_at IS NULL`;
  return row;
}

export async function deleteOldEmailChanges(sql: Query, before: Date): Promise<void> {
  await sql`DELETE FROM identity.email_changes WHERE coalesce(confirmed_at, created_at) < ${before}`;
}
