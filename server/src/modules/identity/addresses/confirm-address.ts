// Confirms an address by the link that was mailed to it: the address a user registered with, or the new one they want to
// change to.
import { inTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { AuditOrigin } from "../../audit/index.ts";
import { identityError } from "../errors.ts";
import { findLink, insertMail, useLinkToken, voidLinkTokens } from "../mails/mail-store.ts";
import { hashLinkToken } from "../passwords/change-password.ts";
import type { Revocation } from "../sessions/revocation-store.ts";
import { dateOf, type Identity } from "../settings.ts";
import { confirmBudget } from "../throttles/budget.ts";
import { takeAttempt } from "../throttles/throttle.ts";
import { recordSecurity } from "../trail.ts";
import { contextOf, type UserRow } from "../users/user.ts";
import { lockUser, selectTaken, selectUser, updateEmail, updateEmailVerified } from "../users/user-store.ts";
import { contextOfChange, type EmailChange } from "./email-change.ts";
import { confirmChange, findPendingChange } from "./email-change-store.ts";
import { dropUnclaimed } from "./first-proof.ts";

export interface Confirmation {
  readonly token: string;
  /** The account's password, where one was given. */
  readonly password?: string | undefined;
  /** The user signed in where the link was opened, acting as themselves and nobody else. */
  readonly signedInId?: string | undefined;
}

/**
 * Without the password or a session of the account, the link proves only that the mailbox is theirs, not that they made the
 * account: then the first proof removes what was added to the account before. Locks the user's row.
 * @throws AppError `invalid/invalid_link`; `conflict/email_taken`; `refused/wrong_password`, `too_many/login_throttled` (the
 *   link then stays good)
 */
export async function confirmAddress(
  identity: Identity,
  { token, password, signedInId }: Confirmation,
  origin: AuditOrigin,
): Promise<void> {
  const hash = hashLinkToken(token);
  const link = await findLink(identity.db, { hash, at: dateOf(identity) });
  if (link === undefined) throw identityError("invalid_link");
  const { userId, purpose } = link;
  const holds = signedInId === userId || (await checkHolder(identity, userId, password));
  const revocations = await inTransaction(identity.db, async (tx) => {
    const user = await lockUser(tx, userId);
    if (user === undefined) throw identityError("invalid_link");
    const proof = { user, hash, origin, holds };
    if (purpose === "verify_email") return proveFirst(tx, identity, proof);
    if (purpose === "change_email") return changeEmail(tx, identity, proof);
    throw identityError("invalid_link");
  });
  identity.revocations.add(revocations);
}

/** False where no password was given. @throws AppError `refused/wrong_password`, `too_many/login_throttled` */
async function checkHolder(
  identity: Identity,
  userId: string,
  password: string | undefined,
): Promise<boolean> {
  if (password === undefined || password === "") return false;
  const user = await selectUser(identity.db, userId);
  const attempt = await takeAttempt(identity, [confirmBudget(userId)]);
  if (!(await identity.hasher.verify(password, user?.passwordHash ?? null)))
    throw identityError("wrong_password");
  await attempt.succeed();
  return true;
}

interface Proof {
  readonly user: UserRow;
  readonly hash: Buffer;
  readonly origin: AuditOrigin;
  /** Whether the person who has the mailbox also owns the account. */
  readonly holds: boolean;
}

async function proveFirst(tx: Tx, identity: Identity, proof: Proof): Promise<Revocation[]> {
  const { user, hash, holds } = proof;
  const at = dateOf(identity);
  if ((await useLinkToken(tx, { hash, purpose: "verify_email", at })) === undefined)
    throw identityError("invalid_link");
  await voidLinkTokens(tx, { userId: user.id, purpose: "verify_email", at });
  const revocations = holds ? [] : await dropUnclaimed(tx, identity, user);
  await updateEmailVerified(tx, user.id, at);
  await record(tx, proof, { changed: ["email_verified"] });
  return revocations;
}

async function changeEmail(tx: Tx, identity: Identity, proof: Proof): Promise<Revocation[]> {
  const { user, hash, holds } = proof;
  const at = dateOf(identity);
  const change = await confirmChange(tx, { hash, at });
  if (change === undefined) throw identityError("invalid_link");
  const { newIndex: emailIndex } = change;
  const taken = await selectTaken(tx.sql, { usernameKey: "", emailIndex, exceptId: user.id, at });
  if (taken.email) throw identityError("email_taken");
  const revocations = holds ? [] : await dropUnclaimed(tx, identity, user);
  const email = identity.vault.encrypt(await readNewEmail(identity, change), contextOf("email", user.id));
  await updateEmail(tx, { userId: user.id, email, emailIndex, verifiedAt: at });
  await insertMail(tx, { template: "email_changed", userId: user.id, login: null, changeId: change.id, at });
  await record(tx, proof, { changed: ["email"], email: "confirmed" });
  return revocations;
}

async function readNewEmail({ vault }: Identity, { id, newEmail }: EmailChange): Promise<string> {
  const [email] = await vault.decryptAll([{ value: newEmail, context: contextOfChange("new_email", id) }]);
  if (email == null) throw new Error("a change of address has a new one");
  return email;
}

function record(tx: Tx, { user, origin }: Proof, details: Readonly<Record<string, unknown>>) {
  return recordSecurity(tx, [{ event: "user_updated", actor: user.id, userId: user.id, origin, details }]);
}

/** Sends the confirmation mail again: for the address that is being changed to, if there is one. */
export function requestVerification(identity: Identity, userId: string): Promise<void> {
  const at = dateOf(identity);
  return inTransaction(identity.db, async (tx) => {
    const change = await findPendingChange(tx.sql, userId);
    const mail =
      change === undefined ? { template: "verify_email" } : { template: "change_email", changeId: change.id };
    await insertMail(tx, { ...mail, userId, login: null, at });
  });
}
