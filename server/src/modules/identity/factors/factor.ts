// What all second factors share: the list of factors a user has, the backup codes, and that every change of a factor is put on
// the trail and reported by mail.
import { randomInt } from "node:crypto";
import type { Sql } from "../../../runtime/database.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { insertMail } from "../mails/mail-store.ts";
import { dateOf, type Identity } from "../settings.ts";
import { type Context, recordSecurity } from "../trail.ts";
import { hashBackupCode } from "./check-code.ts";
import { countBackupCodes, replaceBackupCodes, selectFactorKinds } from "./factor-store.ts";

const BACKUP_CODES = 10;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

export interface Factors {
  readonly totp: boolean;
  /** A suspended passkey counts: otherwise a thief who copied it could make the second factor disappear. */
  readonly passkeys: boolean;
  readonly any: boolean;
}

export async function findFactors(sql: Sql | Tx["sql"], userId: string): Promise<Factors> {
  const { totp, passkeys } = await selectFactorKinds(sql, userId);
  return { totp, passkeys, any: totp || passkeys };
}

/** Ten codes of 125 random bits: enough for a plain hash (ASVS 6.5.2 asks for 112). The old codes become void. */
export async function makeBackupCodes(tx: Tx, userId: string): Promise<string[]> {
  const codes = Array.from({ length: BACKUP_CODES }, makeBackupCode);
  await replaceBackupCodes(
    tx,
    userId,
    codes.map((code) => hashBackupCode(userId, code)),
  );
  return codes;
}

function makeBackupCode(): string {
  const makeGroup = () => Array.from({ length: 5 }, () => ALPHABET[randomInt(32)]).join("");
  return Array.from({ length: 5 }, makeGroup).join("-");
}

/** Undefined where the user still has codes from another factor: those stay good. */
export async function makeFirstBackupCodes(tx: Tx, userId: string): Promise<string[] | undefined> {
  return (await countBackupCodes(tx.sql, userId)) > 0 ? undefined : makeBackupCodes(tx, userId);
}

export async function recordFactor(
  tx: Tx,
  identity: Identity,
  {
    actor,
    origin,
    change,
    details = {},
  }: Context & { readonly change: string; readonly details?: Readonly<Record<string, unknown>> },
): Promise<void> {
  const at = dateOf(identity);
  await insertMail(tx, { template: "factor_changed", userId: actor.id, login: null, at });
  const event = { event: "user_updated" as const, actor, userId: actor.id, origin };
  await recordSecurity(tx, [{ ...event, details: { change, ...details } }]);
}
