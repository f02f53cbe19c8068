// A user's own second factor: beginning, confirming and removing it, and its backup codes. Each change is told by mail.
import { randomInt } from "node:crypto";
import { generateSecret, generateURI } from "otplib";
import { inTransaction, type Tx } from "../../runtime/transaction.ts";
import type { Actor } from "../../values/actor.ts";
import type { AuditOrigin } from "../audit/index.ts";
import { checkTotp, contextOfTotp, hashBackupCode } from "./check-code.ts";
import { identityError } from "./errors.ts";
import {
  beginTotp,
  confirmTotp,
  countBackupCodes,
  deleteTotp,
  findTotp,
  replaceBackupCodes,
} from "./factor-store.ts";
import { insertMail } from "./mail-store.ts";
import { dateOf, type Identity } from "./settings.ts";
import { requireRecentProof } from "./step-up.ts";
import { accountBudget, takeAttempt } from "./throttle.ts";
import { recordSecurity } from "./trail.ts";
import { readOwnId } from "./user.ts";

interface Context {
  readonly actor: Actor;
  readonly origin: AuditOrigin;
}

const BACKUP_CODES = 10;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** @throws AppError `forbidden/step_up_required`, `conflict/factor_exists` */
export async function startTotp(identity: Identity, { actor }: Context) {
  requireRecentProof(identity, actor);
  const userId = readOwnId(actor);
  const secret = generateSecret();
  const encrypted = identity.vault.encrypt(secret, contextOfTotp(userId));
  const isBegun = await beginTotp(identity.db, { userId, secret: encrypted, at: dateOf(identity) });
  if (!isBegun) throw identityError("factor_exists");
  return { secret, uri: generateURI({ issuer: "Countinghouse", label: actor.name, secret }) };
}

/**
 * Confirms the app with a code of it and returns the backup codes: the only time they are seen.
 * @throws AppError `refused/wrong_code`, `too_many/login_throttled`
 */
export async function finishTotp(identity: Identity, code: string, context: Context): Promise<string[]> {
  const userId = readOwnId(context.actor);
  const attempt = await takeAttempt(identity, [accountBudget(`${userId}:code`)]);
  if (!(await checkTotp(identity, userId, code))) throw identityError("wrong_code");
  await attempt.succeed();
  return inTransaction(identity.db, async (tx) => {
    await confirmTotp(tx, userId, dateOf(identity));
    await recordFactor(tx, identity, { ...context, change: "authenticator app added" });
    return makeBackupCodes(tx, userId);
  });
}

/** @throws AppError `forbidden/step_up_required`, `not_found/no_such_factor` */
export async function dropTotp(identity: Identity, context: Context): Promise<void> {
  requireRecentProof(identity, context.actor);
  await inTransaction(identity.db, async (tx) => {
    if (!(await deleteTotp(tx, readOwnId(context.actor)))) throw identityError("no_such_factor");
    await recordFactor(tx, identity, { ...context, change: "authenticator app removed" });
  });
}

/** Makes new backup codes; the old ones are void. @throws AppError `forbidden/step_up_required`, `not_found/no_such_factor` */
export async function renewBackupCodes(identity: Identity, context: Context): Promise<string[]> {
  requireRecentProof(identity, context.actor);
  const userId = readOwnId(context.actor);
  return inTransaction(identity.db, async (tx) => {
    if ((await findTotp(tx.sql, userId))?.confirmedAt == null) throw identityError("no_such_factor");
    await recordFactor(tx, identity, { ...context, change: "backup codes renewed" });
    return makeBackupCodes(tx, userId);
  });
}

export async function listFactors(identity: Identity, actor: Actor) {
  const userId = readOwnId(actor);
  const totp = await findTotp(identity.db, userId);
  return {
    totp: totp?.confirmedAt != null,
    backup_codes_left: await countBackupCodes(identity.db, userId),
  };
}

/** Ten codes of fifty random bits; a plain hash of them suffices behind the budget of attempts. */
async function makeBackupCodes(tx: Tx, userId: string): Promise<string[]> {
  const letters = (count: number) => Array.from({ length: count }, () => ALPHABET[randomInt(32)]).join("");
  const codes = Array.from({ length: BACKUP_CODES }, () => `${letters(5)}-${letters(5)}`);
  await replaceBackupCodes(
    tx,
    userId,
    codes.map((code) => hashBackupCode(userId, code)),
  );
  return codes;
}

async function recordFactor(
  tx: Tx,
  identity: Identity,
  { actor, origin, change }: Context & { readonly change: string },
): Promise<void> {
  const at = dateOf(identity);
  await insertMail(tx, { template: "factor_changed", userId: actor.id, login: null, at });
  await recordSecurity(tx, [{ event: "user_updated", actor, userId: actor.id, origin, details: { change } }]);
}
