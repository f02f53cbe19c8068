// A secure transaction: a deposit to a user's account, whose canonical record is signed, encrypted and stored in the vault by the
// same transaction that posts it. The signature is its tx_id, so that anybody with the key can recognize a genuine one.

import { createHmac, timingSafeEqual } from "node:crypto";
import type { Sql } from "../../../runtime/database.ts";
import type { Vault } from "../../../runtime/vault/vault.ts";
import { VaultError } from "../../../runtime/vault/vault-error.ts";
import { type Actor, SYSTEM_ACTOR } from "../../../values/actor.ts";
import { AppError, invalidField } from "../../../values/app-error.ts";
import { readPositiveAmount } from "../../../values/read-input.ts";
import type { BookCommand, CommandDesk, CommandOutcome } from "../../desk/index.ts";
import type { Asset, Assets } from "../../ledger/index.ts";
import type { RiskGuard } from "../../risk/index.ts";
import { bankingError } from "../errors.ts";
import type { MoneyCaller } from "../money-services.ts";
import { readAsset } from "../read-input.ts";
import { buildPostCommand } from "../transactions/post-transactions.ts";
import { openRecord, type SecureVault, sealRecord, TABLE_VAULT } from "./secure-vault.ts";
import { selectAccountsOf } from "./secure-vault-store.ts";

export interface SecureServices {
  readonly db: Sql;
  readonly desk: CommandDesk;
  readonly assets: Assets;
  readonly risk: RiskGuard;
  readonly vault: Vault;
  /** The key that signs the records, from `deriveRecordKey`. There is no default. */
  readonly recordKey: string | Buffer | undefined;
  readonly secureVault?: SecureVault;
}

export interface RecordSecrets {
  readonly API_KEY_V1: string | undefined;
  readonly ADMIN_PASSWORD: string | undefined;
}

export interface SecureRequest {
  readonly userId: string;
  readonly amount: string | number;
  /** May be left out where the user has one account. */
  readonly currency?: string | undefined;
}

/** The record that is signed: canonical JSON, the members in this order. */
interface SecureRecord {
  readonly account_id: string;
  readonly actor_id: string;
  readonly amount: string;
  readonly currency: string;
  readonly time: string;
  readonly transaction_id: string;
  readonly user_id: string;
}

/**
 * Posts and records, as `buildSecureTransactionCommand` says. The desk's refusals come back as the outcome.
 * @throws AppError `unavailable/secure_records_not_configured`, `not_found/account_not_found`, `invalid/…` naming the field
 */
export async function postSecureTransaction(
  services: SecureServices,
  caller: MoneyCaller,
  request: SecureRequest,
): Promise<CommandOutcome> {
  return services.desk.submit(await buildSecureTransactionCommand(services, caller, request));
}

/**
 * A command that posts and records. Its answer is `{"status":"success","tx_id":"..."}`.
 * @throws AppError `unavailable/secure_records_not_configured`, `not_found/account_not_found`, `invalid/…` naming the field
 */
export async function buildSecureTransactionCommand(
  services: SecureServices,
  context: MoneyCaller,
  request: SecureRequest,
): Promise<BookCommand> {
  const { recordKey, assets, risk, vault, secureVault = TABLE_VAULT } = services;
  if (recordKey === undefined) throw bankingError("secure_records_not_configured");
  const { accountId, asset } = await findAccount(services, request);
  const amount = readPositiveAmount(request.amount, asset, "amount");
  const posting = buildPostCommand(
    { ...context, assets, risk },
    { type: "deposit", accountId, amount, asset },
  );
  return {
    ...posting,
    event: "secure_transaction.process",
    decide: (desk) => {
      const decision = posting.decide(desk);
      if (decision instanceof AppError) return decision;
      const record = describeRecord(JSON.parse(decision.answer), {
        userId: request.userId,
        actor: context.actor,
      });
      const text = JSON.stringify(record);
      const txId = sign(recordKey, text);
      const sealed = sealRecord(vault, { txId, transactionId: Number(record.transaction_id), record: text });
      desk.rows.add(secureVault.records, sealed);
      return { ...decision, answer: JSON.stringify({ status: "success", tx_id: txId }) };
    },
  };
}

interface PostedDocument {
  readonly id: string;
  readonly account_id: string;
  readonly amount: string;
  readonly currency: string;
  readonly created_at: string;
}

function describeRecord(
  { id, account_id, amount, currency, created_at }: PostedDocument,
  { userId, actor }: { userId: string; actor: Actor },
): SecureRecord {
  const who = { account_id, actor_id: actor.id };
  return { ...who, amount, currency, time: created_at, transaction_id: id, user_id: userId };
}

function sign(recordKey: string | Buffer, record: string): string {
  return createHmac("sha256", recordKey).update(record).digest("hex");
}

/** The key that signs records: API_KEY_V1, combined with ADMIN_PASSWORD where that is set; then a forger needs both. */
export function deriveRecordKey({ API_KEY_V1: apiKey, ADMIN_PASSWORD: password }: RecordSecrets) {
  if (apiKey === undefined || password === undefined) return apiKey;
  return createHmac("sha256", apiKey).update(`countinghouse secure record\0${password}`).digest();
}

async function findAccount(
  { db, assets }: SecureServices,
  { userId, currency }: SecureRequest,
): Promise<{ accountId: number; asset: Asset }> {
  if (currency !== undefined) readAsset(assets, currency);
  const [account, another] = await selectAccountsOf(db, { id: userId, currency });
  if (account === undefined) throw bankingError("no_account_of_user");
  if (currency === undefined && another !== undefined)
    throw invalidField("currency", "is required, for the user has several accounts");
  return { accountId: account.id, asset: readAsset(assets, account.currency) };
}

/**
 * Posts and records a secure transaction, for callers within the program.
 * @throws AppError as `buildSecureTransactionCommand`, and the refusals of posting
 */
export async function recordSecureTransaction(
  services: SecureServices,
  userId: string,
  amount: string | { amount: string; currency: string },
): Promise<{ status: "success"; tx_id: string }> {
  const request = typeof amount === "string" ? { userId, amount } : { userId, ...amount };
  const command = await buildSecureTransactionCommand(services, { actor: SYSTEM_ACTOR }, request);
  const outcome = await services.desk.submit(command);
  if ("refused" in outcome) throw outcome.refused;
  return JSON.parse(outcome.answer);
}

/** The decrypted record of a tx_id, with its signature checked; undefined where there is none. @throws VaultError */
export async function getSecureRecord(
  { db, vault, recordKey, secureVault = TABLE_VAULT }: Omit<SecureServices, "desk" | "assets">,
  txId: string,
): Promise<SecureRecord | undefined> {
  if (recordKey === undefined) throw bankingError("secure_records_not_configured");
  const sealed = await secureVault.find(db, txId);
  if (sealed === undefined) return undefined;
  const text = await openRecord(vault, sealed);
  if (!timingSafeEqual(Buffer.from(sign(recordKey, text)), Buffer.from(txId)))
    throw new VaultError(`the secure record ${txId} is not what was signed`);
  return JSON.parse(text);
}
