// Reads an account's balance: now, or exactly as it was at a past moment.
import type { Sql } from "../../../runtime/database.ts";
import { readTogether } from "../../../runtime/reads/read-together.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { ledgerError } from "../errors.ts";
import * as store from "./balance-store.ts";
import { settleAccount } from "./settle-account.ts";

/** An account's sums at one moment, in minor units. Available can be below zero only where the balance is, too. */
export interface BalanceReading {
  readonly assetId: number;
  readonly balance: bigint;
  /** Balance less what is held, plus the credit limit at that moment. */
  readonly available: bigint;
  readonly held: bigint;
  /** Held in favor of this account by others; null for a past moment, for which only the payer's side is kept. */
  readonly incoming: bigint | null;
  /** Counts the account's changes; null for a past moment. */
  readonly version: number | null;
  /** Stamp. Now: the time of reading; transactions that commit during the reading may or may not be included. */
  readonly asOf: number;
}

/**
 * The balance now, or at the stamp `at`. For a past moment the answer is the same however often it is asked: the call waits
 * for batches that may still book something at that time. Keeps no locks.
 * @throws AppError `not_found/account_not_found`, `invalid/invalid_request` where `at` lies in the future
 */
export async function getBalance(
  db: Sql,
  accountId: number,
  { at }: { at?: number | undefined } = {},
): Promise<BalanceReading> {
  const row = await (at === undefined ? readNow(db, accountId) : readPast(db, accountId, at));
  if (row === undefined) throw ledgerError("account_not_found", { account_id: String(accountId) });
  const [balance, held] = [BigInt(row.balance), BigInt(row.held)];
  return {
    assetId: row.asset_id,
    balance,
    held,
    available: balance - held + row.credit_limit,
    incoming: row.incoming === null ? null : BigInt(row.incoming),
    version: row.version === null ? null : Number(row.version),
    asOf: Number(row.as_of),
  };
}

const readNow = readTogether<number, store.BalanceRow>(
  async (tx, ids) => new Map((await store.selectBalancesNow(tx, ids)).map((row) => [Number(row.id), row])),
);

/** How much is held on each of many accounts now, in minor units. */
export interface AccountSums {
  readonly balance: bigint;
  readonly held: bigint;
  readonly creditLimit: bigint;
}

/** By account id, all at one moment; system accounts and unknown ids are left out. No locks. */
export async function findBalances(tx: Tx, ids: readonly number[]): Promise<Map<number, AccountSums>> {
  const rows = ids.length === 0 ? [] : await store.selectBalances(tx, ids);
  return new Map(
    rows.map(({ id, balance, held, credit_limit: creditLimit }) => [
      Number(id),
      { balance, held, creditLimit },
    ]),
  );
}

async function readPast(db: Sql, accountId: number, at: number): Promise<store.BalanceRow | undefined> {
  const { system } = await settleAccount(db, accountId, { at, field: "at" });
  return system ? store.selectSystemBalanceAt(db, accountId, at) : store.selectBalanceAt(db, accountId, at);
}

/** For all assets, the absolute differences between debits and credits, added up: zero, unless the book is wrong. */
export async function getImbalance(db: Sql): Promise<bigint> {
  return BigInt(await store.selectImbalance(db));
}
