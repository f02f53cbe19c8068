// The SQL of mails and of the one-time tokens that travel in them.
import { toTextArray } from "../../../runtime/sql-array.ts";
import type { Query, Tx } from "../../../runtime/transaction.ts";
import { LINK_TEMPLATES, type LinkPurpose } from "./mail-template.ts";

export interface MailRow {
  readonly id: bigint;
  readonly template: string;
  readonly userId: string | null;
  /** Encrypted. */
  readonly login: string | null;
  /** The change of address that the mail is about. */
  readonly changeId: string | null;
  readonly attempts: number;
  readonly createdAt: Date;
}

export async function insertMail(
  { sql }: Tx,
  mail: {
    readonly template: string;
    readonly userId: string | null;
    readonly login: string | null;
    readonly changeId?: string;
    readonly at: Date;
  },
): Promise<void> {
  await sql`
    INSERT INTO identity.mails (template, user_id, login, change_id, created_at, next_attempt_at)
    VALUES (${mail.template}, ${mail.userId}, ${mail.login}, ${mail.changeId ?? null},
            ${mail.at}, ${mail.at})`;
}

/** Deletes the user's mails that are waiting and would carry a link. */
export async function deleteLinkMails({ sql }: Tx, userId: string): Promise<void> {
  await sql`
    DELETE FROM identity.mails
    WHERE user_id = ${userId}
      AND template = ANY(${toTextArray(LINK_TEMPLATES)}::text[])`;
}

/** Claims due mails until `until`: if this process dies, another one tries them again after that. */
export async function claimMails(
  sql: Query,
  claim: { readonly at: Date; readonly until: Date; readonly limit: number },
): Promise<MailRow[]> {
  return await sql<MailRow[]>`
    UPDATE identity.mails
    SET attempts = attempts + 1, next_attempt_at = ${claim.until}
    WHERE id IN (
      SELECT id
      FROM identity.mails
      WHERE next_attempt_at <= ${claim.at}
      ORDER BY next_attempt_at
      LIMIT ${claim.limit}
      FOR UPDATE SKIP LOCKED)
    RETURNING id, template, user_id AS "userId", login, change_id AS "changeId", attempts,
      created_at AS "createdAt"`;
}

export async function deleteMail(sql: Query, id: bigint): Promise<void> {
  await sql`DELETE FROM identity.mails WHERE id = ${id}`;
}

export async function postponeMail(
  sql: Query,
  mail: { readonly id: bigint; readonly until: Date; readonly error: string },
): Promise<void> {
  await sql`
    UPDATE identity.mails
    SET next_attempt_at = ${mail.until}, last_error = ${mail.error}
    WHERE id = ${mail.id}`;
}

export interface LinkTokenRow {
  readonly tokenHash: Buffer;
  readonly userId: string;
  readonly purpose: LinkPurpose;
  /** The address that the mail was sent to. */
  readonly emailIndex: Buffer;
  readonly changeId: string | null;
  /** When the mail was asked for; it may be sent later. */
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export async function insertLinkToken(sql: Query, token: LinkTokenRow): Promise<void> {
  await sql`
    INSERT INTO identity.link_tokens
      (token_hash, user_id, purpose, email_index, change_id, created_at, expires_at)
    VALUES (${token.tokenHash}, ${token.userId}, ${token.purpose}, ${token.emailIndex}, ${token.changeId},
            ${token.createdAt}, ${token.expiresAt})`;
}

/** Whose token this is, if it is good, and what for. Does not use it up. */
export async function findLink(
  sql: Query,
  token: { readonly hash: Buffer; readonly at: Date },
): Promise<{ readonly userId: string; readonly purpose: LinkPurpose } | undefined> {
  const [row] = await sql<{ userId: string; purpose: LinkPurpose }[]>`
    SELECT user_id AS "userId", purpose
    FROM identity.link_tokens
    WHERE token_hash = ${token.hash}
      AND used_at IS NULL
      AND expires_at > ${token.at}`;
  return row;
}

/**
 * Uses up a token and returns whose it is. Undefined where it is not good, such as a link to set a password that was asked
 * for before the present password was set. Of two at once, only one gets it.
 */
export async function useLinkToken(
  { sql }: Tx,
  token: { readonly hash: Buffer; readonly purpose: "verify_email" | "reset_password"; readonly at: Date },
): Promise<{ readonly userId: string } | undefined> {
  const [row] = await sql<{ userId: string }[]>`
    UPDATE identity.link_tokens AS t
    SET used_at = ${token.at}
    FROM identity.users AS u
    WHERE t.token_hash = ${token.hash}
      AND t.purpose = ${token.purpose}
      AND t.used_at IS NULL
      AND t.expires_at > ${token.at}
      AND u.id = t.user_id
      AND u.email_index = t.email_index
      AND u.state = 'active'
      AND (t.purpose <> 'reset_password' OR t.created_at >= coalesce(u.password_set_at, '-infinity'))
    RETURNING t.user_id AS "userId"`;
  return row;
}

/** Once a token was used, the user's other tokens of this purpose, or of all purposes, become void. */
export async function voidLinkTokens(
  { sql }: Tx,
  which: { readonly userId: string; readonly purpose?: LinkPurpose; readonly at: Date },
): Promise<void> {
  await sql`
    UPDATE identity.link_tokens
    SET used_at = ${which.at}
    WHERE user_id = ${which.userId}
      AND purpose = coalesce(${which.purpose ?? null}, purpose)
      AND used_at IS NULL`;
}

export async function deleteOldLinkTokens(sql: Query, before: Date): Promise<void> {
  await sql`DELETE FROM identity.link_tokens WHERE expires_at < ${before}`;
}
