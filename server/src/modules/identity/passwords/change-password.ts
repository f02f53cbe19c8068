// Sets a new password: by its owner who knows the old one, or by a link that was sent by mail. Either way the user's other
// sessions end, links asked for before become void, and the user is told by mail. API keys stay good where the address was
// proved before: the programs that use them are not affected, and their owner can revoke the keys one by one.
import { hash } from "node:crypto";
import { inTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { Actor } from "../../../values/actor.ts";
import type { AuditOrigin } from "../../audit/index.ts";
import { dropUnproved } from "../addresses/first-proof.ts";
import { identityError } from "../errors.ts";
import { findLink, insertMail, useLinkToken, voidLinkTokens } from "../mails/mail-store.ts";
import { rememberDevice } from "../sessions/device.ts";
import { revokeSessions } from "../sessions/end-sessions.ts";
import type { Revocation } from "../sessions/revocation-store.ts";
import { dateOf, type Identity } from "../settings.ts";
import { confirmBudget } from "../throttles/budget.ts";
import { takeAttempt } from "../throttles/throttle.ts";
import { type Context, recordRefusal, recordSecurity } from "../trail.ts";
import { openUser, type UserRow } from "../users/user.ts";
import { lockUser, selectUser, updateEmailVerified, updatePassword } from "../users/user-store.ts";
import { checkPassword } from "./password-rules.ts";

export interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
}

/**
 * The session that asks stays; all other sessions end.
 * @throws AppError `refused/wrong_password`, `invalid/password_refused`, `not_found/no_such_user`
 */
export async function changePassword(
  identity: Identity,
  { currentPassword, newPassword }: PasswordChange,
  { actor, origin }: Context,
): Promise<void> {
  const user = await selectUser(identity.db, actor.id);
  if (user === undefined) throw identityError("no_such_user");
  const attempt = await takeAttempt(identity, [confirmBudget(user.id)]);
  if (!(await identity.hasher.verify(currentPassword, user.passwordHash))) {
    const refused = "wrong_password";
    await recordRefusal(identity, {
      event: "authn_password_change",
      actor,
      userId: user.id,
      origin,
      refused,
    });
    throw identityError("wrong_password");
  }
  await attempt.succeed();
  const passwordHash = await hashFor(identity, user, newPassword);
  const revocations = await inTransaction(identity.db, async (tx) => {
    const locked = await lockUser(tx, user.id);
    if (locked?.passwordHash !== user.passwordHash) throw identityError("wrong_password");
    return setPassword(tx, identity, { user, passwordHash, actor, origin });
  });
  identity.revocations.add(revocations);
}

/**
 * Uses up the link. The mail reached the address, so that is verified too; if it was not verified before, everything that was
 * added to the account goes. Returns a device token: with it the next login is not slowed down by others who guess at the
 * account's password.
 * @throws AppError `invalid/invalid_link`, `invalid/password_refused` (the link then stays good)
 */
export async function resetPassword(
  identity: Identity,
  { token, newPassword }: { readonly token: string; readonly newPassword: string },
  origin: AuditOrigin,
): Promise<string> {
  const purpose = "reset_password" as const;
  const hash = hashLinkToken(token);
  const link = await findLink(identity.db, { hash, at: dateOf(identity) });
  const user = link?.purpose === purpose ? await selectUser(identity.db, link.userId) : undefined;
  if (user === undefined) throw identityError("invalid_link");
  const passwordHash = await hashFor(identity, user, newPassword);
  const { revocations, deviceToken } = await inTransaction(identity.db, async (tx) => {
    const at = dateOf(identity);
    const locked = await lockUser(tx, user.id);
    const used = await useLinkToken(tx, { hash, purpose, at });
    if (locked === undefined || used === undefined) throw identityError("invalid_link");
    const dropped = await dropUnproved(tx, identity, locked);
    await updateEmailVerified(tx, user.id, at);
    const device = { userId: user.id, userAgent: origin.userAgent };
    const ended = await setPassword(tx, identity, { user, passwordHash, actor: undefined, origin });
    return {
      revocations: [...dropped, ...ended],
      deviceToken: await rememberDevice(tx, identity, device),
    };
  });
  identity.revocations.add(revocations);
  return deviceToken;
}

/** Links are random, so a plain hash is enough: reading the table gives nobody a usable link. */
export function hashLinkToken(token: string): Buffer {
  return hash("sha256", token, "buffer");
}

async function hashFor(identity: Identity, row: UserRow, password: string): Promise<string> {
  const { username, email, fullName } = await openUser(identity.vault, row);
  const words = [username, email, fullName ?? ""];
  checkPassword(password, { commonPasswords: identity.commonPasswords, words, field: "new_password" });
  return identity.hasher.hash(password);
}

async function setPassword(
  tx: Tx,
  identity: Identity,
  change: {
    readonly user: UserRow;
    readonly passwordHash: string;
    readonly actor: Actor | undefined;
    readonly origin: AuditOrigin;
  },
): Promise<Revocation[]> {
  const { user, passwordHash, actor, origin } = change;
  const at = dateOf(identity);
  await updatePassword(tx, { userId: user.id, hash: passwordHash, at });
  await voidLinkTokens(tx, { userId: user.id, purpose: "reset_password", at });
  await insertMail(tx, { template: "password_changed", userId: user.id, login: null, at });
  const how = actor === undefined ? "link" : "current password";
  await recordSecurity(tx, [
    {
      event: "authn_password_change",
      actor: actor ?? user.id,
      userId: user.id,
      origin,
      details: { by: how },
    },
  ]);
  return revokeSessions(tx, identity, {
    userId: user.id,
    exceptId: actor?.sessionId,
    reason: "password changed",
  });
}
