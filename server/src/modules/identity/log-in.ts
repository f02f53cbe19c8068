// Signs in with a name (or e-mail address) and a password. Whoever fails, by whatever cause, costs the same work and
// gets the same answer: the password is checked against a hash that nothing fits where there is no such user.
import { inTransaction } from "../../runtime/transaction.ts";
import { AppError } from "../../values/app-error.ts";
import type { AuditOrigin } from "../audit/index.ts";
import { checkCode, hasFactor } from "./check-code.ts";
import { findDevice, rememberDevice } from "./device.ts";
import { identityError } from "./errors.ts";
import { isOutdated } from "./hash-password.ts";
import { openSession, type Tokens } from "./open-session.ts";
import { dateOf, type Identity } from "./settings.ts";
import { accountBudget, deviceBudget, networkBudget, takeAttempt } from "./throttle.ts";
import { recordRefusal, recordSecurity } from "./trail.ts";
import { indexEmail, keyOfUsername, type UserRow } from "./user.ts";
import { findUserByLogin, lockUser, updateLogin } from "./user-store.ts";

export interface Login {
  /** Username or e-mail address. */
  readonly login: string;
  readonly password: string;
  /** From an earlier login on the same device. */
  readonly deviceToken?: string | undefined;
  /** Of the second factor. */
  readonly code?: string | undefined;
  readonly origin: AuditOrigin;
}

export interface LoggedIn extends Tokens {
  /** Of a device that was not known before. */
  readonly deviceToken: string | undefined;
}

/**
 * @throws AppError `unauthenticated/invalid_credentials`, `unauthenticated/second_factor_required`, `too_many/login_throttled`, `unavailable/login_busy`
 */
export async function logIn(identity: Identity, login: Login): Promise<LoggedIn> {
  const user = await findByLogin(identity, login.login);
  const device = await findDevice(identity, login.deviceToken, user?.id);
  const budgets =
    device === undefined
      ? [accountBudget(user?.id ?? keyOfUsername(login.login)), networkBudget(login.origin.ip ?? "")]
      : [deviceBudget(device)];
  const attempt = await takeAttempt(identity, budgets).catch((error: unknown) =>
    refuse(identity, { login, user, error }),
  );
  const matches = await identity.hasher.verify(login.password, user?.passwordHash ?? null);
  if (user === undefined || !matches || user.state !== "active")
    return refuse(identity, {
      login,
      user,
      error: identityError("invalid_credentials"),
      locks: attempt.locks,
    });
  const isKnownDevice = device !== undefined;
  if (!(await hasFactor(identity, user.id))) {
    await attempt.succeed();
    return completeLogin(identity, user, { ...login, methods: ["pwd"], isKnownDevice });
  }
  // A missing code is no failure; a wrong one counts like a wrong password.
  const method = login.code === undefined ? undefined : await checkCode(identity, user.id, login.code);
  if (login.code === undefined || method !== undefined) await attempt.succeed();
  if (method !== undefined)
    return completeLogin(identity, user, { ...login, methods: ["pwd", method], isKnownDevice });
  const error = identityError(login.code === undefined ? "second_factor_required" : "invalid_credentials");
  return refuse(identity, { login, user, error, locks: attempt.locks && login.code !== undefined });
}

async function refuse(
  identity: Identity,
  failure: {
    readonly login: Login;
    readonly user: UserRow | undefined;
    readonly error: unknown;
    readonly locks?: boolean;
  },
): Promise<never> {
  const { login, user, error, locks } = failure;
  const record = {
    actor: user?.id ?? "anonymous",
    userId: user?.id,
    origin: login.origin,
    refused: error instanceof AppError ? error.code : "internal_error",
    personal: { login: login.login.slice(0, 254) },
  };
  await recordRefusal(identity, { event: "authn_login_fail", ...record });
  if (locks === true) await recordRefusal(identity, { event: "authn_login_lock", ...record });
  throw error;
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
  {
    password,
    origin,
    methods,
    isKnownDevice,
  }: Login & { readonly methods: readonly string[]; readonly isKnownDevice: boolean },
): Promise<LoggedIn> {
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
        details: { methods },
      },
    ]);
    const tokens = await openSession(tx, identity, { user: locked, methods, origin });
    const device = { userId: user.id, userAgent: origin.userAgent };
    return { ...tokens, deviceToken: isKnownDevice ? undefined : await rememberDevice(tx, identity, device) };
  });
}
