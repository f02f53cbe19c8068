// A user's own authenticator app (beginning, confirming and removing it) and backup codes. Each change is reported by mail.
import { generateSecret, generateURI } from "otplib";
import { inTransaction } from "../../../runtime/transaction.ts";
import type { Actor } from "../../../values/actor.ts";
import { identityError } from "../errors.ts";
import { describePasskey } from "../passkeys/passkey.ts";
import { selectPasskeys } from "../passkeys/passkey-store.ts";
import { lockLiveUser } from "../sessions/lock-live-user.ts";
import { dateOf, type Identity } from "../settings.ts";
import { newFactorBudget } from "../throttles/budget.ts";
import { takeAttempt } from "../throttles/throttle.ts";
import type { Context } from "../trail.ts";
import { readOwnId } from "../users/user.ts";
import { lockUser } from "../users/user-store.ts";
import { checkTotp, contextOfTotp } from "./check-code.ts";
import { findFactors, makeBackupCodes, recordFactor } from "./factor.ts";
import { beginTotp, confirmTotp, countBackupCodes, deleteBackupCodes, deleteTotp } from "./factor-store.ts";
import { requireRecentProof } from "./step-up.ts";

/** @throws AppError `forbidden/step_up_required`, `conflict/factor_exists` */
export async function startTotp(identity: Identity, { actor }: Context) {
  requireRecentProof(identity, actor);
  const userId = readOwnId(actor);
  const secret = generateSecret();
  const encrypted = identity.vault.encrypt(secret, contextOfTotp(userId));
  await inTransaction(identity.db, async (tx) => {
    await lockLiveUser(tx, actor);
    const isBegun = await beginTotp(tx, { userId, secret: encrypted, at: dateOf(identity) });
    if (!isBegun) throw identityError("factor_exists");
  });
  return { secret, uri: generateURI({ issuer: "Countinghouse", label: actor.name, secret }) };
}

/**
 * Confirms the app by one of its codes and returns the backup codes: the only time they can be seen.
 * @throws AppError `refused/wrong_code`, `too_many/login_throttled`
 */
export async function finishTotp(identity: Identity, code: string, context: Context): Promise<string[]> {
  const userId = readOwnId(context.actor);
  const attempt = await takeAttempt(identity, [newFactorBudget(userId)]);
  if (!(await checkTotp(identity, userId, code))) throw identityError("wrong_code");
  await attempt.succeed();
  return inTransaction(identity.db, async (tx) => {
    await lockLiveUser(tx, context.actor);
    await confirmTotp(tx, userId, dateOf(identity));
    await recordFactor(tx, identity, { ...context, change: "authenticator app added" });
    return makeBackupCodes(tx, userId);
  });
}

/** Without a factor left, the backup codes go too. @throws AppError `forbidden/step_up_required`, `not_found/no_such_factor` */
export async function dropTotp(identity: Identity, context: Context): Promise<void> {
  requireRecentProof(identity, context.actor);
  const userId = readOwnId(context.actor);
  await inTransaction(identity.db, async (tx) => {
    await lockUser(tx, userId);
    if (!(await deleteTotp(tx, userId))) throw identityError("no_such_factor");
    if (!(await findFactors(tx.sql, userId)).any) await deleteBackupCodes(tx, userId);
    await recordFactor(tx, identity, { ...context, change: "authenticator app removed" });
  });
}

/** Makes new backup codes; the old ones are void. @throws AppError `forbidden/step_up_required`, `not_found/no_such_factor` */
export async function renewBackupCodes(identity: Identity, context: Context): Promise<string[]> {
  requireRecentProof(identity, context.actor);
  const userId = readOwnId(context.actor);
  return inTransaction(identity.db, async (tx) => {
    await lockLiveUser(tx, context.actor);
    if (!(await findFactors(tx.sql, userId)).any) throw identityError("no_such_factor");
    await recordFactor(tx, identity, { ...context, change: "backup codes renewed" });
    return makeBackupCodes(tx, userId);
  });
}

export async function listFactors({ db }: Identity, actor: Actor) {
  const userId = readOwnId(actor);
  return {
    totp: (await findFactors(db, userId)).totp,
    passkeys: (await selectPasskeys(db, userId)).map(describePasskey),
    backup_codes_left: await countBackupCodes(db, userId),
  };
}
