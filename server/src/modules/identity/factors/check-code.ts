// Checks a second factor's code: six digits of an authenticator app, or a backup code. Each code is good once.
import { hash } from "node:crypto";
import { verifySync } from "otplib";
import { dateOf, type Identity } from "../settings.ts";
import { type CodeGivenBy, factorBudget } from "../throttles/budget.ts";
import { takeAttempt } from "../throttles/throttle.ts";
import { selectTotp, useBackupCode, useStep } from "./factor-store.ts";

const STEP_SECONDS = 30;
const TOTP_CODE = /^\d{6}$/;
const BACKUP_CODE = /^[a-z2-7]{5}(?:-[a-z2-7]{5}){1,4}$/;

export function contextOfTotp(userId: string): string {
  return `identity.totp.secret:${userId}`;
}

export function hashBackupCode(userId: string, code: string): Buffer {
  return hash("sha256", `${userId}\0${code}`, "buffer");
}

export interface CodeCheck {
  /** What the code proves (RFC 8176: otp); undefined: it proves nothing. */
  readonly method: "otp" | undefined;
  /** Whether the next code will have to wait. */
  readonly locks: boolean;
}

/**
 * Uses up a good code. Codes have a budget of their own, which only a good code restores: giving the password again does not
 * buy more tries at the code.
 * @throws AppError `too_many/login_throttled`
 */
export async function checkCode(
  identity: Identity,
  input: string,
  { userId, by }: { readonly userId: string; readonly by: CodeGivenBy },
): Promise<CodeCheck> {
  const attempt = await takeAttempt(identity, [factorBudget(userId, by)]);
  const isGood = await isGoodCode(identity, userId, input.replaceAll(/\s/g, "").toLowerCase());
  if (!isGood) return { method: undefined, locks: attempt.locks };
  await attempt.succeed();
  return { method: "otp", locks: false };
}

async function isGoodCode(identity: Identity, userId: string, code: string): Promise<boolean> {
  if (TOTP_CODE.test(code)) {
    const isConfirmed = (await selectTotp(identity.db, userId))?.confirmedAt != null;
    return isConfirmed && checkTotp(identity, userId, code);
  }
  if (!BACKUP_CODE.test(code)) return false;
  const at = dateOf(identity);
  return useBackupCode(identity.db, { userId, hash: hashBackupCode(userId, code), at });
}

/** Also for an app that is not confirmed yet. The clocks may differ by one step either way. */
export async function checkTotp(identity: Identity, userId: string, input: string): Promise<boolean> {
  const token = input.replaceAll(/\s/g, "");
  if (!TOTP_CODE.test(token)) return false; // otplib throws
  const totp = await selectTotp(identity.db, userId);
  if (totp === undefined) return false;
  const [secret] = await identity.vault.decryptAll([{ value: totp.secret, context: contextOfTotp(userId) }]);
  const epoch = Math.floor(identity.now() / 1_000);
  const result = verifySync({ secret: secret ?? "", token, epoch, epochTolerance: STEP_SECONDS });
  if (!result.valid) return false;
  return useStep(identity.db, userId, Math.floor(epoch / STEP_SECONDS) + result.delta);
}
