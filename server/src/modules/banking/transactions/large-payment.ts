// Large payments need a fresh proof of identity: above the limit of its currency, money leaves an owner's accounts only if the
// signed-in user has proved who they are in the last ten minutes. A person's API key cannot be asked for a proof, so it needs a
// scope that was granted with such a proof. The check comes before the command, so that no refusal is remembered under its key:
// the same request succeeds after the step-up.

import { findRefusal, PERMISSIONS } from "../../../http/permissions.ts";
import type { Sql } from "../../../runtime/database.ts";
import { type Actor, isProgram } from "../../../values/actor.ts";
import type { AppError } from "../../../values/app-error.ts";
import { parseLimit } from "../../../values/money.ts";
import { hasRecentProof, requireRecentProof } from "../../identity/index.ts";
import type { Asset } from "../../ledger/index.ts";
import { bankingError } from "../errors.ts";
import { selectOwnersOf } from "../holds/hold-owner-store.ts";
import type { TransactionRequest } from "./post-transactions.ts";

const CURRENCY = /^[A-Z0-9_.-]{2,24}$/;
const AMOUNT = /^\d{1,15}(\.\d{1,9})?$/;

/** Decimal amounts by currency; a currency that is not listed has no limit. */
export type StepUpLimits = ReadonlyMap<string, string>;

/** Reads STEP_UP_LIMITS. @returns the limits, or a sentence saying what is wrong with them */
export function readStepUpLimits(value: unknown): StepUpLimits | string {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const limits: [string, unknown][] = isObject ? Object.entries(value) : [];
  const isRead =
    isObject && limits.every(([code, limit]) => CURRENCY.test(code) && AMOUNT.test(asText(limit)));
  if (isRead) return new Map(limits.map(([code, limit]) => [code, asText(limit)]));
  return 'STEP_UP_LIMITS must be amounts as text by currency: {"EUR":"1000","USD":"1000.00"}';
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export interface LargePaymentContext {
  readonly db: Sql;
  readonly stepUpLimits: StepUpLimits;
}

/** A movement of money out of an account, as far as it matters to a limit. */
export type Payment = Pick<TransactionRequest, "type" | "accountId" | "toAccountId" | "amount" | "asset">;

const CLOCK = { now: Date.now };

/**
 * Applies to people who signed in, and to their API keys without the scope `payments:large`; programs' keys and minted tokens
 * pass (`requireRecentProof`). Payments of one request are added up by currency; money that stays with its owner does not count.
 * @throws AppError `forbidden/step_up_required`, `forbidden/large_payment_by_key` naming currency and limit
 */
export async function requireProofOfLarge(
  { db, stepUpLimits }: LargePaymentContext,
  actor: Actor,
  payments: readonly Payment[],
): Promise<void> {
  const isBarred = isBarredKey(actor);
  if (stepUpLimits.size === 0 || (!isBarred && hasRecentProof(CLOCK, actor))) return;
  if (findExceeded(payments, stepUpLimits) === undefined) return;
  const ids = payments.flatMap(({ accountId, toAccountId = accountId }) => [accountId, toAccountId]);
  const owners = await selectOwnersOf(db, ids);
  const leaving = payments.filter(
    ({ accountId, toAccountId }) =>
      toAccountId === undefined || owners.get(accountId) !== owners.get(toAccountId),
  );
  const exceeded = findExceeded(leaving, stepUpLimits);
  if (exceeded !== undefined) demandProof(actor, exceeded);
}

/**
 * Like `requireProofOfLarge`, for one payment that leaves its owner and whose amount only the desk knows. Refusals of kind
 * forbidden are not remembered under a key: the same request succeeds after the step-up.
 * @throws AppError `forbidden/step_up_required`, `forbidden/large_payment_by_key`
 */
export function checkProofOfLarge(
  stepUpLimits: StepUpLimits,
  actor: Actor,
  payment: Pick<Payment, "amount" | "asset">,
): void {
  const exceeded = findExceeded([{ type: "withdrawal", accountId: 0, ...payment }], stepUpLimits);
  if (exceeded !== undefined) demandProof(actor, exceeded);
}

function demandProof(actor: Actor, { currency, limit }: { currency: string; limit: string }): void {
  if (isBarredKey(actor)) throw refuseKey(currency, limit);
  const message = `payments above ${limit} ${currency} need a proof of who you are that is no older than ten minutes`;
  requireRecentProof(CLOCK, actor, { message, currency, limit });
}

/** Whether this is a person's API key without the scope for payments above the person's limits. */
function isBarredKey(actor: Actor): boolean {
  if (actor.kind !== "api_key" || isProgram(actor.roles)) return false;
  const permission = PERMISSIONS["payLarge"];
  return permission === undefined || findRefusal(actor, permission) !== undefined;
}

function refuseKey(currency: string, limit: string): AppError {
  const message = `this API key may not pay out more than ${limit} ${currency}: it lacks the scope payments:large`;
  return bankingError("large_payment_by_key", { message, currency, limit });
}

function findExceeded(
  payments: readonly Payment[],
  limits: StepUpLimits,
): { readonly currency: string; readonly limit: string } | undefined {
  const sums = new Map<Asset, bigint>();
  for (const { type, asset, amount } of payments)
    if (type !== "deposit") sums.set(asset, (sums.get(asset) ?? 0n) + amount);
  for (const [asset, sum] of sums) {
    const limit = limits.get(asset.code);
    if (limit !== undefined && sum > parseLimit(limit, asset.scale)) return { currency: asset.code, limit };
  }
  return undefined;
}
