// Signs in with a name (or e-mail address) and a password. Whoever fails, by whatever cause, costs the same work and
// gets the same answer: the password is checked against a hash that nothing fits where there is no such user.
import { inTransaction } from "../../runtime/transaction.ts";
import type { AuditOrigin } from "../audit/index.ts";
import { identityError } from "./errors.ts";
import { isOutdated } from "./hash-password.ts";
import { openSession, type Tokens } from "./open-session.ts";
import { dateOf, type Identity } from "./settings.ts";
import { recordRefusal, recordSecurity } from "./trail.ts";
import { indexEmail, keyOfUsername, type UserRow } from "./user.ts";
import { findUserByLogin, lockUser, updateLogin } from "./user-store.ts";

export interface Login {
  /** Username or e-mail address. */
  readonly login: string;
  readonly password: string;
  readonly origin: AuditOrigin;
}

/** @throws AppError `unauthenticated/invalid_credentials`, `unavailable/login_busy` */
export async function logIn(identity: Identity, { login, password, origin }: Login): Promise<Tokens> {
  const user = await findByLogin(identity, login);
  const matches = await identity.hasher.verify(password, user?.passwordHash ?? null);
  if (user === undefined || !matches || user.state !== "active") {
    await recordRefusal(identity, {
      event: "authn_login_fail",
      actor: user?.id ?? "anonymous",
      userId: user?.id,
      origin,
      refused: "invalid_credentials",
      personal: { login: login.slice(0, 254) },
    });
    throw identityError("invalid_credentials");
  }
  return completeLogin(identity, user, { password, origin });
}

export function findByLogin({ db, vault }: Identity, login: string): Promise<UserRow | undefined> {
  const normalized = login.normalize("NFKC").trim();
  return findUserByLogin(db, {
    usernameKey: keyOfUsername(normalized),
    emailIndex: indexEmail(vault, normalized),
  });
}

/** The password's hash is made anew where its algorithm or costs are of yesterday. */
async function completeLogin(
  identity: Identity,
  user: UserRow,
  { password, origin }: { readonly password: string; readonly origin: AuditOrigin },
): Promise<Tokens> {
  const rehashed =
    user.passwordHash !== null && isOutdated(user.passwordHash)
      ? await identity.hasher.hash(password)
      : undefined;
  return inTransaction(identity.db, async (tx) => {
    const locked = await lockUser(tx, user.id);
    // Disabled, or the password changed, while it was being checked.
    if (locked?.state !== "active" || locked.passwordHash !== user.passwordHash)
      throw identityError("invalid_credentials");
    await updateLogin(tx, { id: user.id, at: dateOf(identity), rehashed });
    await recordSecurity(tx, [
      {
        event: "authn_login_success",
        actor: user.id,
        userId: user.id,
        origin,
        details: { methods: ["pwd"] },
      },
    ]);
    return openSession(tx, identity, { user: locked, methods: ["pwd"], origin });
  });
}
