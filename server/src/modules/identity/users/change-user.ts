// What administrators do with users: creating them, changing roles and state, starting a reset, acting as them. Every loss of
// rights is in force on all processes with the commit.
import { inTransaction, type Tx } from "../../../runtime/transaction.ts";
import type { Role } from "../../../values/actor.ts";
import { invalidField } from "../../../values/app-error.ts";
import { readAll } from "../../../values/read-input.ts";
import { identityError } from "../errors.ts";
import { insertMail } from "../mails/mail-store.ts";
import { isKnownHash } from "../passwords/hash-password.ts";
import { lastTokenExpiry, revokeSessions } from "../sessions/end-sessions.ts";
import { openSession, type Tokens } from "../sessions/open-session.ts";
import { insertRevocations, type Revocation } from "../sessions/revocation-store.ts";
import { FOR_GOOD } from "../sessions/revocations.ts";
import { endImpersonations } from "../sessions/session-store.ts";
import { dateOf, type Identity } from "../settings.ts";
import { type Context, recordSecurity } from "../trail.ts";
import { checkNewPassword, createUser, readNames } from "./register-user.ts";
import { requireMayActOn } from "./require-may-act-on.ts";
import { isUserId, openUser, type User, type UserRow } from "./user.ts";
import { countActiveAdmins, lockAdmins, lockUser, selectUser, updateAccess } from "./user-store.ts";

export interface UserInput {
  readonly username: string;
  readonly email: string;
  readonly fullName: string | null;
  readonly roles: readonly Role[];
  /** One of these, or none for a program that signs in with an API key alone. */
  readonly password?: string | undefined;
  /** A hash from another system: bcrypt or Argon2id. */
  readonly passwordHash?: string | undefined;
}

/**
 * @throws AppError `invalid/invalid_request`, `invalid/password_refused`, `conflict/username_taken`, `conflict/email_taken`
 */
export async function addUser(identity: Identity, input: UserInput, context: Context): Promise<User> {
  const { password, passwordHash: imported, roles } = input;
  const { names } = readAll({
    names: () => readNames(input),
    password: () => password !== undefined && checkNewPassword(identity, { ...input, password }),
    passwordHash: () => imported !== undefined && checkHash(imported),
  });
  if (imported !== undefined) identity.hasher.expectKinds([imported]);
  const passwordHash = password === undefined ? (imported ?? null) : await identity.hasher.hash(password);
  return inTransaction(identity.db, (tx) =>
    createUser(tx, identity, { ...names, passwordHash, roles: [...new Set(roles)], ...context }),
  );
}

function checkHash(imported: string): void {
  if (!isKnownHash(imported))
    throw invalidField(
      "password_hash",
      "must be a bcrypt hash of cost 4 to 14, or an Argon2id hash in PHC form",
    );
}

export interface AccessChange {
  readonly userId: string;
  readonly roles?: readonly Role[] | undefined;
  readonly state?: "active" | "disabled" | undefined;
}

/**
 * Changes roles or state. Tokens signed before are void at once; when a user is disabled, all their sessions end.
 * Locks the user's row, and locks out other changes of administrators.
 * @throws AppError `not_found/no_such_user`; `refused/last_admin`: an administrator must remain who could undo this
 */
export async function changeAccess(
  identity: Identity,
  change: AccessChange,
  context: Context,
): Promise<User> {
  const { user, revocations } = await inTransaction(identity.db, async (tx) => {
    await lockAdmins(tx);
    const before = await lockUser(tx, change.userId);
    if (before === undefined) throw identityError("no_such_user");
    const roles = [...new Set(change.roles ?? before.roles)];
    const state = change.state ?? before.state;
    const tokenVersion = await updateAccess(tx, { userId: before.id, roles, state });
    if ((await countActiveAdmins(tx.sql)) === 0) throw identityError("last_admin");
    await recordChange(tx, { before, roles, state, ...context });
    const revoked = await revokeAccess(tx, identity, { userId: before.id, state, tokenVersion });
    const after = await selectUser(tx.sql, before.id);
    if (after === undefined) throw identityError("no_such_user");
    return { user: after, revocations: revoked };
  });
  identity.revocations.add(revocations);
  return openUser(identity.vault, user);
}

function recordChange(
  tx: Tx,
  change: Context & { readonly before: UserRow; readonly roles: readonly Role[]; readonly state: string },
): Promise<unknown> {
  const { before, roles, state, actor, origin } = change;
  const details = { roles: { from: before.roles, to: roles }, state: { from: before.state, to: state } };
  return recordSecurity(tx, [{ event: "authz_change", actor, userId: before.id, origin, details }]);
}

/** An administrator whose own rights have changed must not go on acting as others. */
async function revokeAccess(
  tx: Tx,
  identity: Identity,
  { userId, state, tokenVersion }: { userId: string; state: string; tokenVersion: number },
): Promise<Revocation[]> {
  const expiresAt = lastTokenExpiry(identity);
  const impersonations = await endImpersonations(tx, userId, dateOf(identity));
  const revocations = [
    { subject: `u:${userId}`, versionMin: tokenVersion, expiresAt },
    ...impersonations.map((id) => ({ subject: `s:${id}`, versionMin: FOR_GOOD, expiresAt })),
  ];
  await insertRevocations(tx, revocations);
  const ended =
    state === "disabled" ? await revokeSessions(tx, identity, { userId, reason: "disabled" }) : [];
  return [...revocations, ...ended];
}

/** Sends the user a link to set a new password, and ends their sessions. @throws AppError `not_found/no_such_user`, `forbidden/administrators_only` */
export async function startReset(
  identity: Identity,
  userId: string,
  { actor, origin }: Context,
): Promise<void> {
  await requireMayActOn(identity, userId, actor);
  const revocations = await inTransaction(identity.db, async (tx) => {
    const user = await lockUser(tx, userId);
    if (user === undefined) throw identityError("no_such_user");
    await insertMail(tx, { template: "reset_password", userId, login: null, at: dateOf(identity) });
    const details = { step: "reset started by staff" };
    await recordSecurity(tx, [{ event: "authn_password_change", actor, userId, origin, details }]);
    return revokeSessions(tx, identity, { userId, reason: "password reset started" });
  });
  identity.revocations.add(revocations);
}

export interface Impersonation {
  readonly userId: string;
  readonly reason: string;
  readonly minutes: number;
}

/**
 * Opens a session in which the administrator acts as the user, for a limited time.
 * @throws AppError `not_found/no_such_user`, `refused/may_not_impersonate` for administrators and operators
 */
export function impersonate(
  identity: Identity,
  { userId, reason, minutes }: Impersonation,
  { actor, origin }: Context,
): Promise<Tokens> {
  if (!isUserId(actor.id)) return Promise.reject(identityError("may_not_impersonate"));
  return inTransaction(identity.db, async (tx) => {
    const user = await selectUser(tx.sql, userId);
    if (user?.state !== "active") throw identityError("no_such_user");
    if (user.roles.some((role) => role === "admin" || role === "operator"))
      throw identityError("may_not_impersonate");
    const details = { impersonation: { reason, minutes } };
    await recordSecurity(tx, [{ event: "authz_admin", actor, userId, origin, details }]);
    const impersonation = { administratorId: actor.id, reason, lifetimeMs: minutes * 60_000 };
    return openSession(tx, identity, { user, methods: ["impersonation"], origin, impersonation });
  });
}
