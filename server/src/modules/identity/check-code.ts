// Checks a second factor's code: six digits of an authenticator app, each good once, or a backup code, good once.
import { hash } from "node:crypto";
import { verifySync } from "otplib";
import { findTotp, useBackupCode, useStep } from "./factor-store.ts";
import { dateOf, type Identity } from "./settings.ts";

const STEP_SECONDS = 30;
const TOTP_CODE = /^\d{6}$/;
const BACKUP_CODE = /^[a-z2-7]{5}(?:-[a-z2-7]{5}){1,4}$/;

export function contextOfTotp(userId: string): string {
  return `identity.totp.secret:${userId}`;
}

export function hashBackupCode(userId: string, code: string): Buffer {
  return hash("sha256", `${userId}\0${code}`, "buffer");
}

/** Which method the code proves (RFC 8176: otp), and uses it up; undefined where it proves nothing. */
export async function checkCode(
  identity: Identity,
  userId: string,
  input: string,
): Promise<"otp" | undefined> {
  const code = input.replaceAll(/\s/g, "").toLowerCase();
  if (TOTP_CODE.test(code)) {
    const isConfirmed = (await findTotp(identity.db, userId))?.confirmedAt != null;
    return isConfirmed && (await checkTotp(identity, userId, code)) ? "otp" : undefined;
  }
  if (!BACKUP_CODE.test(code)) return undefined;
  const at = dateOf(identity);
  const isGood = await useBackupCode(identity.db, { userId, hash: hashBackupCode(userId, code), at });
  return isGood ? "otp" : undefined;
}

/** Also of an app that is not confirmed yet. Clocks may differ by one step either way. */
export async function checkTotp(identity: Identity, userId: string, input: string): Promise<boolean> {
  const token = input.replaceAll(/\s/g, "");
  if (!TOTP_CODE.test(token)) return false; // otplib throws
  const totp = await findTotp(identity.db, userId);
  if (totp === undefined) return false;
  const [secret] = await identity.vault.decryptAll([{ value: totp.secret, context: contextOfTotp(userId) }]);
  const epoch = Math.floor(identity.now() / 1_000);
  const result = verifySync({ secret: secret ?? "", token, epoch, epochTolerance: STEP_SECONDS });
  if (!result.valid) return false;
  return useStep(identity.db, userId, Math.floor(epoch / STEP_SECONDS) + result.delta);
}
