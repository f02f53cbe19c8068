// Sends the mails that are due. A mail is claimed in one transaction and sent outside of any; if the process dies in between,
// the mail is sent again (at least once). A mail that a server does not accept is retried with growing pauses.
import { randomBytes } from "node:crypto";
import { contextOfChange } from "../addresses/email-change.ts";
import { findEmailChange } from "../addresses/email-change-store.ts";
import { hashLinkToken } from "../passwords/change-password.ts";
import { findByLogin } from "../sessions/log-in.ts";
import { dateOf, type Identity } from "../settings.ts";
import { mailBudget } from "../throttles/budget.ts";
import { takeShare } from "../throttles/throttle.ts";
import { indexEmail, openUser, type UserRow } from "../users/user.ts";
import { selectUser } from "../users/user-store.ts";
import { claimMails, deleteMail, insertLinkToken, type MailRow, postponeMail } from "./mail-store.ts";
import { LINKS, LOGIN_CONTEXT, type Mail, type MailTemplate, writeMail } from "./mail-template.ts";
import type { MailTransport } from "./mail-transport.ts";

const CLAIMED_MS = 120_000;
const CLAIMED_AT_ONCE = 20;
const PAUSE_MS = 60_000;
const PAUSE_MAX_MS = 6 * 3_600_000;
/** After about a day and a half a mail is given up, and its error is logged. */
const ATTEMPTS_MAX = 12;

/** Sends the mails that are due now and returns how many it tried. */
export async function sendMails(identity: Identity, transport: MailTransport): Promise<number> {
  const mails = await claimMails(identity.db, {
    at: dateOf(identity),
    until: dateOf(identity, CLAIMED_MS),
    limit: CLAIMED_AT_ONCE,
  });
  for (const row of mails) await sendOne(identity, transport, row);
  return mails.length;
}

async function sendOne(identity: Identity, transport: MailTransport, row: MailRow): Promise<void> {
  try {
    const mail = await composeMail(identity, row);
    if (mail !== undefined && (await isWithinShare(identity, row, mail))) await transport.send(mail);
    await deleteMail(identity.db, row.id);
  } catch (error) {
    await postpone(identity, row, error);
  }
}

/**
 * Prevents that repeated requests fill somebody's mailbox. Checked when the mail is sent, not when it is asked for, so that
 * the answer is always the same; once per mail, even if the mail is tried more often.
 */
async function isWithinShare(identity: Identity, { template, attempts }: MailRow, { to }: Mail) {
  if (attempts > 1 || (await takeShare(identity, mailBudget(template, indexEmail(identity.vault, to)))))
    return true;
  identity.log.warn({ "email.template": template }, "a mail was left out: its address got five in an hour");
  return false;
}

/** Undefined where nobody should get the mail: an unknown name, a disabled user, an address verified meanwhile. */
async function composeMail(identity: Identity, row: MailRow): Promise<Mail | undefined> {
  const template = row.template as MailTemplate;
  const { publicUrl } = identity.settings;
  const [login] = await identity.vault.decryptAll([{ value: row.login, context: LOGIN_CONTEXT }]);
  const user =
    row.userId === null
      ? await findByLogin(identity, login ?? "")
      : await selectUser(identity.db, row.userId);
  if (user?.state !== "active") return undefined;
  if (template === "verify_email" && user.emailVerifiedAt !== null) return undefined;
  const { email, username } = await openUser(identity.vault, user);
  const to = row.changeId === null ? email : await findChangeAddress(identity, template, row.changeId);
  if (to === undefined) return undefined;
  const token = await makeLinkToken(identity, row, { user, email: to });
  return writeMail(template, to, { username, publicUrl, token });
}

/** For a change of address, the address that the mail goes to; undefined where the change was deleted. */
async function findChangeAddress(
  { db, vault }: Identity,
  template: MailTemplate,
  changeId: string,
): Promise<string | undefined> {
  const change = await findEmailChange(db, changeId);
  if (change === undefined) return undefined;
  const { value, context } =
    template === "change_email"
      ? { value: change.newEmail, context: contextOfChange("new_email", changeId) }
      : { value: change.oldEmail, context: contextOfChange("old_email", changeId) };
  const [address] = await vault.decryptAll([{ value, context }]);
  return address ?? undefined;
}

/** Made when the mail is sent, so that no token lies in the database; a mail sent again carries a new token. */
async function makeLinkToken(
  identity: Identity,
  mail: MailRow,
  { user, email }: { readonly user: UserRow; readonly email: string },
): Promise<string> {
  const link = LINKS.get(mail.template as MailTemplate);
  if (link === undefined) return "";
  const token = randomBytes(32).toString("base64url");
  await insertLinkToken(identity.db, {
    tokenHash: hashLinkToken(token),
    userId: user.id,
    purpose: link.purpose,
    emailIndex: indexEmail(identity.vault, email),
    changeId: mail.changeId,
    createdAt: mail.createdAt,
    expiresAt: dateOf(identity, link.lifetimeMs),
  });
  return token;
}

/** Only the error's code is kept: servers quote addresses in their answers. */
async function postpone(identity: Identity, row: MailRow, error: unknown): Promise<void> {
  const { code, responseCode } = error as { code?: string; responseCode?: number };
  const reason = [code ?? "ERROR", responseCode].filter((part) => part !== undefined).join(" ");
  const pauseMs = Math.min(PAUSE_MS * 2 ** (row.attempts - 1), PAUSE_MAX_MS);
  const fields = { "email.template": row.template, "error.code": reason, attempts: row.attempts };
  if (row.attempts >= ATTEMPTS_MAX) {
    identity.log.error(fields, "a mail was not taken and is given up");
    await deleteMail(identity.db, row.id);
    return;
  }
  identity.log.warn(fields, "a mail was not taken; it will be tried again");
  await postponeMail(identity.db, { id: row.id, until: dateOf(identity, pauseMs), error: reason });
}
