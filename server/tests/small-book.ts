// A small book with one of everything, for tests of its verification: transfers, a journal of three, a reversal, an
// overdraft, a hold of each state. Booked by the ledger itself, without the modules above it.

import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import type { Assets } from "../src/modules/ledger/accounts/assets.ts";
import { loadAssets } from "../src/modules/ledger/accounts/assets.ts";
import { openAccounts } from "../src/modules/ledger/accounts/open-accounts.ts";
import {
  type Book,
  captureHold,
  placeHold,
  postJournal,
  releaseHold,
} from "../src/modules/ledger/book/book.ts";
import { describeReversal } from "../src/modules/ledger/book/journal.ts";
import { openBook } from "../src/modules/ledger/book/open-book.ts";
import { writeBook } from "../src/modules/ledger/book/write-book.ts";
import { type VerifyOptions, verifyBook } from "../src/modules/ledger/verify/verify-book.ts";
import type { Sql } from "../src/runtime/database.ts";
import { inTransaction, type Tx } from "../src/runtime/transaction.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";

export const header = { kind: "TRANSFER", actorId: "test" } as const;
const EUR = 2;

export interface Scene {
  readonly world: number;
  /** a may go 100.00 below zero. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

export async function commit<T>(
  db: Sql,
  scope: { accountIds: readonly number[]; holdIds?: readonly number[] },
  decide: (book: Book) => T,
): Promise<T> {
  const assets = await loadAssets(db);
  return inTransaction(db, (tx) => decideIn(tx, assets, { scope, decide }));
}

export async function decideIn<T>(
  tx: Tx,
  assets: Assets,
  work: { scope: { accountIds: readonly number[]; holdIds?: readonly number[] }; decide: (book: Book) => T },
): Promise<T> {
  const book = await openBook(tx, assets, { ...work.scope, stampCount: 10 });
  const outcome = work.decide(book);
  expect(outcome).not.toHaveProperty("refused");
  await Promise.all(writeBook(tx, book));
  return outcome;
}

export async function post(
  db: Sql,
  transfers: readonly [number, number, bigint][],
  reversedId?: number,
): Promise<number> {
  const requests = transfers.map(([debitAccountId, creditAccountId, amount]) => ({
    debitAccountId,
    creditAccountId,
    amount,
  }));
  const accountIds = requests.flatMap((request) => [request.debitAccountId, request.creditAccountId]);
  const reversal =
    reversedId === undefined
      ? {}
      : { kind: "SYSTEM_ADJUSTMENT" as const, metadata: describeReversal(reversedId), reversedId };
  const posted = await commit(db, { accountIds }, (book) =>
    postJournal(book, { ...header, ...reversal, transfers: requests }),
  );
  return "id" in posted ? posted.id : Number.NaN;
}

export async function hold(db: Sql, { a, b }: Scene, expiresAt?: number): Promise<number> {
  const request = { ...header, debitAccountId: a, creditAccountId: b, amount: 1_000n, expiresAt };
  const placed = await commit(db, { accountIds: [a, b] }, (book) => placeHold(book, request));
  return "id" in placed ? placed.id : Number.NaN;
}

async function openScene(db: Sql): Promise<Scene> {
  const assets = await loadAssets(db);
  const eur = assets.byCode("EUR");
  expect(eur?.id).toBe(EUR);
  const ids = await inTransaction(db, (tx) =>
    openAccounts(
      tx,
      [10_000n, 0n, 0n].map((creditLimit) => ({ assetId: EUR, creditLimit })),
    ),
  );
  const [a = 0, b = 0, c = 0] = ids;
  return { a, b, c, world: assets.systemAccount(EUR, "world") };
}

/** One of everything: transfers, a journal of three, a reversal, an overdraft, a hold of each state. */
async function fillBook(db: Sql): Promise<Scene> {
  const scene = await openScene(db);
  const { world, a, b, c } = scene;
  await post(db, [[world, a, 10_000n]]);
  await post(db, [[world, b, 5_000n]]);
  const wrong = await post(db, [[a, b, 3_000n]]);
  await post(db, [
    [a, b, 100n],
    [b, c, 50n],
    [c, a, 25n],
  ]);
  await post(db, [[b, a, 3_000n]], wrong);
  await post(db, [[b, world, 500n]]);
  await hold(db, scene);
  const captured = await hold(db, scene);
  const released = await hold(db, scene);
  await hold(db, scene, 1); // its time is past: the next that touches the account ends it
  await hold(db, scene, 4_000_000_000_000_000);
  await commit(db, { accountIds: [a, b], holdIds: [captured] }, (book) =>
    captureHold(book, { holdId: captured, amount: 700n }),
  );
  await commit(db, { accountIds: [a, b], holdIds: [released] }, (book) => releaseHold(book, released));
  await post(db, [[a, c, 12_000n]]);
  return scene;
}

/** Gives each test a book of its own to spoil: a copy of one that is filled once. */
export function useFilledBook(give: (book: { db: Sql; scene: Scene }) => void): void {
  let template: TestDatabase;
  let scene: Scene;
  let copy: TestDatabase;
  beforeAll(async () => {
    template = await createTestDatabase();
    scene = await fillBook(template.db);
    await template.db.end();
  });
  afterAll(() => template.drop());
  beforeEach(async () => {
    copy = await createTestDatabase({ template });
    give({ db: copy.db, scene });
  });
  afterEach(() => copy.drop());
}

/** Verifies the book; tells beside the outcome which checks found something. */
export async function verifyTelling(db: Sql, options?: VerifyOptions) {
  const { differences, ...run } = await verifyBook(db, options);
  return { ...run, differences, checks: new Set(differences.map((difference) => difference.check)) };
}
