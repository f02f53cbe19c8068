// The ledger alone on a database of its own: accounts in euros, and batches that post to them. For tests of its reads.
import {
  type Assets,
  type Book,
  type BookScope,
  type JournalKind,
  loadAssets,
  openAccounts,
  openBook,
  postJournal,
  writeBook,
} from "../src/modules/ledger/index.ts";
import type { Sql } from "../src/runtime/database.ts";
import { inTransaction, type Tx } from "../src/runtime/transaction.ts";
import { createTestDatabase } from "./database.ts";

export interface Movement {
  readonly from: number;
  readonly to: number;
  readonly amount: bigint;
}

export interface JournalHeading {
  readonly kind?: JournalKind;
  readonly reference?: string;
}

export interface TestLedger {
  readonly db: Sql;
  readonly assets: Assets;
  /** The account of the outside world in euros. */
  readonly world: number;
  readonly openAccounts: (count: number, creditLimit?: bigint) => Promise<number[]>;
  /** Posts a journal and returns its id. */
  readonly post: (movements: readonly Movement[], heading?: JournalHeading) => Promise<number>;
  /** Opens a book over the scope, lets `decide` book on it, and commits; `beforeCommit` runs while the locks are held. */
  readonly batch: <T>(
    scope: BookScope,
    decide: (book: Book) => T,
    beforeCommit?: (tx: Tx) => Promise<void>,
  ) => Promise<T>;
  readonly close: () => Promise<void>;
}

export async function openTestLedger(): Promise<TestLedger> {
  const database = await createTestDatabase();
  const { db } = database;
  const assets = await loadAssets(db);
  const euro = assets.byCode("EUR")?.id ?? 0;
  const batch: TestLedger["batch"] = (scope, decide, beforeCommit) =>
    inTransaction(db, async (tx) => {
      const book = await openBook(tx, assets, scope);
      const outcome = decide(book);
      await Promise.all(writeBook(tx, book));
      await beforeCommit?.(tx);
      return outcome;
    });
  return {
    db,
    assets,
    world: assets.systemAccount(euro, "world"),
    openAccounts: (count, creditLimit = 0n) =>
      inTransaction(db, (tx) => openAccounts(tx, Array(count).fill({ assetId: euro, creditLimit }))),
    post: (movements, { kind = "TRANSFER", reference } = {}) =>
      batch(scopeOf(movements), (book) => {
        const transfers = movements.map(({ from, to, amount }) => ({
          debitAccountId: from,
          creditAccountId: to,
          amount,
        }));
        const posted = postJournal(book, { kind, actorId: "test", reference, transfers });
        if ("refused" in posted) throw new Error(`refused: ${posted.refused}`);
        return posted.id;
      }),
    batch,
    close: database.drop,
  };
}

function scopeOf(movements: readonly Movement[]): BookScope {
  return { accountIds: movements.flatMap(({ from, to }) => [from, to]), stampCount: movements.length };
}
