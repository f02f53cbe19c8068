// A command desk on a test database, without HTTP: what tests of single commands speak to. Two of them on one database
// are two processes, as far as the book can tell.

import { openBankAccounts } from "../src/modules/banking/accounts/open-bank-accounts.ts";
import { buildPlaceHoldCommand } from "../src/modules/banking/holds/place-hold.ts";
import {
  buildPostCommand,
  type TransactionRequest,
} from "../src/modules/banking/transactions/post-transactions.ts";
import {
  type BookCommand,
  type CommandDesk,
  type CommandOutcome,
  type DeskOptions,
  openCommandDesk,
} from "../src/modules/desk/index.ts";
import { type Asset, type Assets, loadAssets } from "../src/modules/ledger/index.ts";
import { openRiskGuard, type RiskGuard, type RiskRule } from "../src/modules/risk/index.ts";
import { openBatchConnections } from "../src/runtime/batch-driver/batch-connections.ts";
import type { Sql } from "../src/runtime/database.ts";
import { openDatabase } from "../src/runtime/database.ts";
import { hashKey, type KeyedRequest, SHORT_PATH } from "../src/runtime/idempotency.ts";
import { inTransaction } from "../src/runtime/transaction.ts";
import type { Actor } from "../src/values/actor.ts";
import { formatAmount } from "../src/values/money.ts";
import { createTestDatabase } from "./database.ts";

export interface TestDesk {
  readonly db: Sql;
  readonly databaseUrl: string;
  readonly desk: CommandDesk;
  readonly assets: Assets;
  readonly risk: RiskGuard;
  /** How each batch was decided, in order: `ahead`, `stale` or `locks`. */
  readonly decided: string[];
  /** `type status` of every transaction counted for the metric. */
  readonly counted: string[];
  /** Opens an account; deposits `balance` minor units where it is given. */
  readonly openAccount: (account: { owner: string; currency?: string; balance?: bigint }) => Promise<number>;
  readonly balanceOf: (accountId: number) => Promise<{ balance: bigint; held: bigint }>;
  /** Submits and returns the parsed answer. @throws the refusal */
  readonly carryOut: (command: BookCommand) => Promise<ReturnType<typeof JSON.parse>>;
  readonly close: () => Promise<void>;
}

export const STAFF: Actor = { id: "staff", name: "staff", roles: ["operator"] };

export function customer(id: string): Actor {
  return { id, name: id, roles: ["customer"] };
}

/** A key with a request that is the same for the same `request`. */
export function keyed(actor: Actor, key: string, request: unknown = null): KeyedRequest {
  return { keyHash: hashKey(actor.id, key), request: JSON.stringify({ path: "POST /test", body: request }) };
}

/** The request for it over HTTP, as a key remembers it: odd amounts as most clients write them, even ones otherwise. */
export function describePost({ type, accountId, toAccountId, amount, asset }: TransactionRequest): object {
  const written = formatAmount(amount, asset.scale);
  const body = {
    type,
    account_id: String(accountId),
    ...(toAccountId === undefined ? {} : { to_account_id: String(toAccountId) }),
    amount: amount % 2n === 0n ? `${written}${asset.scale > 0 ? "0" : ".0"}` : written,
    currency: asset.code,
  };
  return { path: SHORT_PATH, body };
}

export interface TestDeskOptions extends Pick<DeskOptions, "knownMax" | "isPersistent" | "clock"> {
  readonly databaseUrl?: string;
  readonly rules?: readonly RiskRule[];
}

/** Opens a desk on a database of its own or, with `databaseUrl`, a second one beside another. */
export async function openTestDesk(options: TestDeskOptions = {}): Promise<TestDesk> {
  const { databaseUrl, rules = [], ...forDesk } = options;
  const database = databaseUrl === undefined ? await createTestDatabase({ poolSize: 6 }) : undefined;
  const url = database?.url ?? databaseUrl ?? "";
  const db = database?.db ?? openDatabase({ url, poolSize: 6, statementTimeoutMs: 60_000 });
  const assets = await loadAssets(db);
  const counted: string[] = [];
  const decided: string[] = [];
  const batchDb = openBatchConnections({ url, poolSize: 2, statementTimeoutMs: 60_000 });
  const desk = openCommandDesk({
    db,
    batchDb,
    assets,
    batchItemsMax: 2_000,
    queueItemsMax: 100_000,
    onDecided: (way) => decided.push(way),
    isPersistent: true,
    clock: () => 0, // stamps taken ahead do not grow old while a test waits for its turn
    ...forDesk,
  });
  desk.afterCommit(({ transactions }) => {
    for (const { type, status } of transactions) counted.push(`${type} ${status}`);
  });
  const carryOut = async (command: BookCommand) => answerOf(await desk.submit(command));
  return {
    db,
    databaseUrl: url,
    desk,
    assets,
    risk: openRiskGuard(rules),
    decided,
    counted,
    carryOut,
    openAccount: (account) => openAccount({ db, assets, carryOut }, account),
    balanceOf: (accountId) => readBalance(db, accountId),
    close: async () => {
      await desk.close();
      await batchDb.end({ timeout: 5 });
      await (database === undefined ? db.end({ timeout: 5 }) : database.drop());
    },
  };
}

/** @throws the refusal */
export function answerOf(outcome: CommandOutcome): ReturnType<typeof JSON.parse> {
  if ("refused" in outcome) throw outcome.refused;
  return JSON.parse(outcome.answer);
}

async function openAccount(
  { db, assets, carryOut }: Pick<TestDesk, "db" | "assets" | "carryOut">,
  account: { owner: string; currency?: string; balance?: bigint },
): Promise<number> {
  const asset = assets.byCode(account.currency ?? "EUR");
  if (asset === undefined) throw new Error("unknown currency");
  const nothing = { name: null, holderName: null, externalNumber: null, creditLimit: 0n };
  const request = { ...nothing, ownerId: account.owner, asset };
  const noVault = undefined as never; // nothing here is encrypted
  const [opened] = await inTransaction(db, (tx) => openBankAccounts(tx, noVault, [request]));
  if (opened === undefined) throw new Error("no account was opened");
  if (account.balance !== undefined) {
    const deposit = { type: "deposit", accountId: opened.id, amount: account.balance, asset } as const;
    await carryOut(buildPostCommand({ actor: STAFF, assets, risk: openRiskGuard([]) }, deposit));
  }
  return opened.id;
}

async function readBalance(db: Sql, accountId: number): Promise<{ balance: bigint; held: bigint }> {
  const [row] = await db<{ balance: bigint; held: bigint }[]>`
    SELECT credits_posted - debits_posted AS balance, debits_pending AS held FROM ledger.accounts WHERE id = ${accountId}`;
  if (row === undefined) throw new Error("no such account");
  return row;
}

/** Topics of the outbox in order. */
export async function readTopics(db: Sql): Promise<string[]> {
  const rows = await db<{ topic: string }[]>`SELECT topic FROM jobs.outbox ORDER BY id`;
  return rows.map((row) => row.topic);
}

export function euroOf({ assets }: Pick<TestDesk, "assets">): Asset {
  const asset = assets.byCode("EUR");
  if (asset === undefined) throw new Error("there is no euro");
  return asset;
}

/** Alice's account of 50.00 with 10.00 held on it; returns its id. */
export async function openWithHold(ground: TestDesk): Promise<number> {
  const accountId = await ground.openAccount({ owner: "alice", balance: 5_000n });
  const request = { accountId, amount: 1_000n, asset: euroOf(ground), expiresInSeconds: 60 };
  const context = { actor: customer("alice"), assets: ground.assets, risk: ground.risk };
  await ground.carryOut(buildPlaceHoldCommand(context, request));
  return accountId;
}
