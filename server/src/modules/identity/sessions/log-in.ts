// Signs in with a name (or e-mail address) and a password. Every failure, whatever its cause, costs the same work and gets the
// same answer: where there is no such user, the password is checked against a hash that no password matches.
import type { AuthenticationResponseJSON } from "@simplewebauthn/server";
import { inTransaction } from "../../../runtime/transaction.ts";
import { AppError } from "../../../values/app-error.ts";
import type { AuditOrigin } from "../../audit/index.ts";
import { identityError } from "../errors.ts";
import { checkCode } from "../factors/check-code.ts";
import { findFactors } from "../factors/factor.ts";
import type { ChallengeUse } from "../passkeys/challenge.ts";
import { askForPasskey, checkPasskey } from "../passkeys/check-passkey.ts";
import { hasPasskey } from "../passkeys/passkey-store.ts";
import { isOutdated } from "../passwords/hash-password.ts";
import { dateOf, type Identity } from "../settings.ts";
import { type CodeGivenBy, deviceBudget, loginBudget, networkBudget } from "../throttles/budget.ts";
import { takeAttempt } from "../throttles/throttle.ts";
import { ANONYMOUS, recordRefusal, recordSecurity } from "../trail.ts";
import { foldLogin, indexEmail, keyOfUsername, type UserRow } from "../users/user.ts";
import { lockUser, selectUserByLogin, updateLogin } from "../users/user-store.ts";
import { findDevice, rememberDevice } from "./device.ts";
import { openSession, type Tokens } from "./open-session.ts";

export interface Login {
  /** Username or e-mail address. */
  readonly login: string;
  readonly password: string;
  /** From an earlier login on the same device. */
  readonly deviceToken?: string | undefined;
  /** The code of the second factor. */
  readonly code?: string | undefined;
  /** For a passkey as the second factor: what it signed for the `passkey_options` of an earlier answer. */
  readonly passkey?: AuthenticationResponseJSON | undefined;
  readonly origin: AuditOrigin;
}

export interface LoggedIn extends Tokens {
  /** The token of a device that was not known before. */
  readonly deviceToken: string | undefined;
}

/**
 * @throws AppError `unauthenticated/invalid_credentials`, `unauthenticated/second_factor_required`, `unauthenticated/invalid_passkey`,
 *   `too_many/login_throttled`, `unavailable/login_busy`
 */
export async function logIn(identity: Identity, login: Login): Promise<LoggedIn> {
  const user = await findByLogin(identity, login.login);
  const device = await findDevice(identity, login.deviceToken, user?.id);
  const budgets =
    device === undefined
      ? [loginBudget(login.login), networkBudget(login.origin.ip ?? "")]
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
  const by = device === undefined ? "stranger" : "device";
  const outcome = await checkSecondFactor(identity, user, { login, by }).catch((error: unknown) =>
    refuse(identity, { login, user, error }),
  );
  if ("refused" in outcome) {
    const { refused, isMissing = false, locks = false } = outcome;
    // A missing factor is not a failure, but forgives none either; a wrong one counts here too, like a wrong password.
    if (isMissing) await attempt.giveBack();
    return refuse(identity, { login, user, error: refused, locks: locks || (attempt.locks && !isMissing) });
  }
  await attempt.succeed();
  const { password } = login;
  const methods = ["pwd", ...outcome.methods];
  return completeLogin(identity, user, {
    password,
    origin: login.origin,
    methods,
    isKnownDevice: device !== undefined,
  });
}

type FactorOutcome =
  /** The methods by which the user proved the second factor; none where they have none. */
  | { readonly methods: readonly string[] }
  | { readonly refused: AppError; readonly isMissing?: boolean; readonly locks?: boolean };

/** @throws AppError `too_many/login_throttled` */
async function checkSecondFactor(
  identity: Identity,
  { id }: UserRow,
  { login, by }: { readonly login: Login; readonly by: CodeGivenBy },
): Promise<FactorOutcome> {
  const { code, passkey, origin } = login;
  const factors = await findFactors(identity.db, id);
  if (!factors.any) return { methods: [] };
  const use: ChallengeUse = { purpose: "second_factor", userId: id, sessionId: null };
  if (passkey !== undefined) {
    const proof = await checkPasskey(identity, passkey, { use, origin });
    if (!("refused" in proof)) return proof;
    return { refused: identityError("invalid_passkey", { message: proof.refused }) };
  }
  if (code !== undefined) {
    const { method, locks } = await checkCode(identity, code, { userId: id, by });
    return method === undefined
      ? { refused: identityError("invalid_credentials"), locks }
      : { methods: [method] };
  }
  const details = factors.passkeys ? { passkey_options: await askForPasskey(identity, use) } : {};
  return { refused: identityError("second_factor_required", details), isMissing: true };
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
    actor: ANONYMOUS,
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
  return selectUserByLogin(db, {
    usernameKey: keyOfUsername(foldLogin(login)),
    emailIndex: indexEmail(vault, login),
  });
}

export interface ProvenLogin {
  /** The password, where the user gave it. */
  readonly password?: string;
  readonly origin: AuditOrigin;
  readonly methods: readonly string[];
  readonly isKnownDevice: boolean;
  /** The passkey that signed in alone: it may have been removed meanwhile. */
  readonly passkeyId?: string;
}

/**
 * Opens the session of a user who has proved who they are. The password's hash is replaced where its algorithm or costs are
 * outdated.
 * @throws AppError `unauthenticated/invalid_credentials` where the user was disabled or changed the password meanwhile
 */
export async function completeLogin(
  identity: Identity,
  user: UserRow,
  { password, origin, methods, isKnownDevice, passkeyId }: ProvenLogin,
): Promise<LoggedIn> {
  const isRehashed = password !== undefined && user.passwordHash !== null && isOutdated(user.passwordHash);
  const rehashed = isRehashed ? await identity.hasher.hash(password) : undefined;
  return inTransaction(identity.db, async (tx) => {
    const locked = await lockUser(tx, user.id);
    // The user was disabled, or the password changed, while it was being checked.
    if (locked?.state !== "active" || locked.passwordHash !== user.passwordHash)
      throw identityError("invalid_credentials");
    if (passkeyId !== undefined && !(await hasPasskey(tx.sql, { id: passkeyId, userId: user.id })))
      throw identityError("invalid_passkey", { message: "the passkey was removed" });
    const device = { userId: user.id, userAgent: origin.userAgent };
    const success = { actor: user.id, userId: user.id, origin, details: { methods } };
    // All in one round trip: next to a busy desk each trip costs more than everything else in a login except the hash.
    const [, , tokens, deviceToken] = await Promise.all([
      updateLogin(tx, { id: user.id, at: dateOf(identity), rehashed }),
      recordSecurity(tx, [{ event: "authn_login_success", ...success }]),
      openSession(tx, identity, { user: locked, methods, origin }),
      isKnownDevice ? undefined : rememberDevice(tx, identity, device),
    ]);
    return { ...tokens, deviceToken };
  });
}
