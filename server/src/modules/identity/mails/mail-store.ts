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
  /** Of a mail about a change of address. */
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

/** The user's mails that wait and would bring a link. */
export async function deleteLinkMails({ sql }: Tx, userId: string): Promise<void> {
  await sql`
    DELETE FROM identity.mails
    WHERE user_id = ${userId}
      AND template = ANY(${toTextArray(LINK_TEMPLATES)}::text[])`;
}

/** Takes due mails until `until`: should this process die, another tries them again then. */
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
  /** Of the address it was sent to. */
  readonly emailIndex: Buffer;
  readonly changeId: string | null;
  /** When it was asked for: the mail may leave later. */
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

/** Whose good token this is, and what for, without using it up. */
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
 * Uses a token up and returns whose it is; undefined where it is not good, as one to set a password that was asked for
 * before the password that is now. Two at once: one gets it.
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

/** The user's other tokens of this purpose, or of all, are void once one was used. */
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
