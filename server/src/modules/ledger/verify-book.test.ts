import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../tests/database.ts";
import type { Sql } from "../../runtime/database.ts";
import { inReadTransaction, inTransaction, type Tx } from "../../runtime/transaction.ts";
import { type Assets, loadAssets } from "./assets.ts";
import { type Book, captureHold, placeHold, postJournal, releaseHold } from "./book.ts";
import { openAccounts } from "./open-accounts.ts";
import { openBook } from "./open-book.ts";
import { beginVerification } from "./verification-store.ts";
import { type VerifyOptions, verifyBook } from "./verify-book.ts";
import { writeBook } from "./write-book.ts";

const header = { kind: "TRANSFER", actorId: "test" } as const;
const EUR = 2;

interface Scene {
  readonly world: number;
  /** a may go 100.00 below zero. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

async function commit<T>(
  db: Sql,
  scope: { accountIds: readonly number[]; holdIds?: readonly number[] },
  decide: (book: Book) => T,
): Promise<T> {
  const assets = await loadAssets(db);
  return inTransaction(db, (tx) => decideIn(tx, assets, { scope, decide }));
}

async function decideIn<T>(
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

async function post(
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
  const posted = await commit(db, { accountIds }, (book) =>
    postJournal(book, { ...header, transfers: requests, reversedId }),
  );
  return "id" in posted ? posted.id : Number.NaN;
}

async function hold(db: Sql, { a, b }: Scene, expiresAt?: number): Promise<number> {
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

let template: TestDatabase;
let scene: Scene;
let database: TestDatabase;
let db: Sql;
beforeAll(async () => {
  template = await createTestDatabase();
  scene = await fillBook(template.db);
  await template.db.end();
});
afterAll(() => template.drop());
beforeEach(async () => {
  database = await createTestDatabase({ template });
  db = database.db;
});
afterEach(() => database.drop());

async function verify(options?: VerifyOptions) {
  const { differences, ...run } = await verifyBook(db, options);
  return { ...run, differences, checks: new Set(differences.map((difference) => difference.check)) };
}

it("finds nothing in a book with one of everything", async () => {
  const run = await verify();
  expect(run.differences).toEqual([]);
  expect(run).toMatchObject({ transferCount: 10, since: 0 });
  const [row] = await db`SELECT last_value::float8 AS last FROM ledger.stamps`;
  expect(run.verifiedUntil).toBe(row?.["last"]);
});

it("finds nothing in an empty book, and leaves no checkpoint there", async () => {
  const empty = await createTestDatabase();
  expect(await verifyBook(empty.db)).toEqual({
    differences: [],
    transferCount: 0,
    since: 0,
    verifiedUntil: undefined,
  });
  await empty.drop();
});

it("tells how far it is", async () => {
  const steps: string[] = [];
  await verify({ onProgress: (done, of) => steps.push(`${done}/${of}`) });
  expect(steps).toEqual(["1/4", "2/4", "3/4", "4/4"]);
});

describe("names what was tampered with:", () => {
  const FIRST = "(SELECT id FROM ledger.transfers ORDER BY id LIMIT 1)";
  const THIRD = "(SELECT id FROM ledger.transfers ORDER BY id OFFSET 2 LIMIT 1)"; // a to b, 30.00
  const LAST = "(SELECT max(id) FROM ledger.transfers)"; // a to c, 120.00
  const ACTIVE = "(SELECT min(id) FROM ledger.holds WHERE state = 1)";
  const CAPTURED = "(SELECT id FROM ledger.holds WHERE state = 2)";
  const A = "(SELECT min(id) FROM ledger.accounts WHERE NOT system)";
  const cases: readonly (readonly [string, string, string, RegExp])[] = [
    [
      "a transfer's amount",
      `UPDATE ledger.transfers SET amount = amount + 1 WHERE id = ${THIRD}`,
      "running_balance",
      /first differs at transfer (\d+): its transfers add up to 69.99 EUR, it notes 70.00 EUR/,
    ],
    [
      "a deleted transfer",
      `DELETE FROM ledger.transfers WHERE id = ${THIRD}`,
      "journals",
      /says that it has 1 transfers, and 0 are there/,
    ],
    [
      "what follows a deleted transfer",
      `DELETE FROM ledger.transfers WHERE id = ${THIRD}`,
      "running_balance",
      /first differs at transfer/,
    ],
    [
      "a deleted last transfer",
      `DELETE FROM ledger.transfers WHERE id = ${LAST}`,
      "account_sums",
      /its transfers add up to/,
    ],
    [
      "a balance noted on a transfer",
      `UPDATE ledger.transfers SET debit_after = debit_after - 1 WHERE id = ${LAST}`,
      "running_balance",
      /add up to -27.75 EUR, it notes -27.76 EUR/,
    ],
    [
      "a first balance noted",
      `UPDATE ledger.transfers SET credit_after = 1 WHERE id = ${FIRST}`,
      "running_balance",
      /add up to 100.00 EUR, it notes 0.01 EUR/,
    ],
    [
      "a balance noted beyond all bounds",
      `UPDATE ledger.transfers SET debit_after = -9223372036854775807 WHERE id = ${THIRD}`,
      "running_balance",
      /it notes -92233720368547758.07 EUR/,
    ],
    [
      "a balance no longer noted",
      `UPDATE ledger.transfers SET credit_after = NULL WHERE id = ${LAST}`,
      "running_balance",
      /it notes no balance/,
    ],
    [
      "a balance noted for a system account",
      `UPDATE ledger.transfers SET debit_after = 0 WHERE id = ${FIRST}`,
      "running_balance",
      /it notes 0.00 EUR/,
    ],
    [
      "a transfer's payee",
      `UPDATE ledger.transfers SET credit_account_id = ${A} + 2 WHERE id = ${THIRD}`,
      "running_balance",
      /first differs at transfer/,
    ],
    [
      "an account's sums",
      `UPDATE ledger.accounts SET credits_posted = credits_posted + 1, debits_posted = debits_posted + 1 WHERE id = ${A}`,
      "account_sums",
      /the sums of account \d+ differ/,
    ],
    [
      "an account's money",
      `UPDATE ledger.accounts SET credits_posted = credits_posted + 100 WHERE id = ${A}`,
      "zero_sum",
      /all accounts of EUR add up to 1.00 instead of 0.00/,
    ],
    [
      "a stripe",
      "UPDATE ledger.system_balances SET debits_posted = debits_posted + 1",
      "account_sums",
      /the sums of account \d+ differ/,
    ],
    ["a deleted stripe", "DELETE FROM ledger.system_balances", "account_sums", /it says 0.00 EUR out/],
    [
      "a deleted account",
      `DELETE FROM ledger.accounts WHERE id = ${A}`,
      "account_sums",
      /does not exist, and transfers name it/,
    ],
    [
      "an account's asset",
      `UPDATE ledger.accounts SET asset_id = 1 WHERE id = ${A}`,
      "transfers",
      /not two accounts of one asset/,
    ],
    [
      "what an account holds",
      `UPDATE ledger.accounts SET debits_pending = debits_pending + 1 WHERE id = ${A}`,
      "held",
      /holds 20.01 EUR, its active holds add up to 20.00 EUR/,
    ],
    [
      "when an account looks for expired holds",
      `UPDATE ledger.accounts SET next_expiry = NULL WHERE id = ${A}`,
      "held",
      /expires before the account knows of it/,
    ],
    [
      "a deleted hold",
      `DELETE FROM ledger.holds WHERE id = ${ACTIVE}`,
      "held",
      /its active holds add up to 10.00 EUR/,
    ],
    [
      "the journal of a deleted hold",
      `DELETE FROM ledger.holds WHERE id = ${ACTIVE}`,
      "journals",
      /has no transfers and is no hold's/,
    ],
    [
      "a hold ended by hand",
      `UPDATE ledger.holds SET state = 3, closed_at = id + 1 WHERE id = ${ACTIVE}`,
      "held",
      /its active holds add up to/,
    ],
    [
      "the amount captured of a hold",
      `UPDATE ledger.holds SET captured = captured + 1 WHERE id = ${CAPTURED}`,
      "holds",
      /does not agree with its journal, its accounts or its capture/,
    ],
    [
      "the capture of a hold",
      `UPDATE ledger.holds SET closed_at = closed_at + 1 WHERE id = ${CAPTURED}`,
      "transfers",
      /nor is it the capture of hold/,
    ],
    [
      "a deleted journal",
      `DELETE FROM ledger.journals WHERE id = ${THIRD}`,
      "transfers",
      /has no place in journal/,
    ],
    [
      "a journal's number of transfers",
      "UPDATE ledger.journals SET transfer_count = 2 WHERE transfer_count = 3",
      "transfers",
      /has no place in journal/,
    ],
    [
      "a transfer's journal",
      `UPDATE ledger.transfers SET journal_id = ${FIRST} WHERE id = ${THIRD}`,
      "journals",
      /says that it has 1 transfers, and 0 are there/,
    ],
    [
      "what a journal reverses",
      `UPDATE ledger.reversals SET reversed_id = ${FIRST}`,
      "reversals",
      /is not the same amounts the other way round/,
    ],
    [
      "an account below its limit",
      `ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_not_overdrawn; UPDATE ledger.accounts SET credit_limit = 1 WHERE id = ${A}`,
      "rules",
      /has less than nothing available/,
    ],
    [
      "an account that once was below its limit",
      `ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_not_overdrawn; UPDATE ledger.accounts SET credit_limit = 1 WHERE id = ${A}`,
      "credit_limit",
      /below every credit limit it ever had/,
    ],
    [
      "a closed account with money",
      `ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_closed_empty; UPDATE ledger.accounts SET state = 3 WHERE id = ${A}`,
      "rules",
      /is closed and not empty/,
    ],
  ];

  it.each(cases)("%s", async (_, tampering, check, what) => {
    await db.unsafe(tampering);
    const { differences, verifiedUntil } = await verify();
    const named = differences
      .filter((difference) => difference.check === check)
      .map((difference) => difference.what);
    expect(named, JSON.stringify(differences)).toContainEqual(expect.stringMatching(what));
    expect(verifiedUntil).toBeUndefined();
  });

  it("a transfer booked past the journals, with all balances and sums put right", async () => {
    const { a, c } = scene;
    const [last] = await db`SELECT max(id) + 1 AS id FROM ledger.transfers`;
    await db.unsafe(`
      INSERT INTO ledger.transfers SELECT ${last?.["id"]}, ${last?.["id"]}, ${c}, ${a}, 100, cc.credits_posted - cc.debits_posted - 100, ca.credits_posted - ca.debits_posted + 100
        FROM ledger.accounts ca, ledger.accounts cc WHERE ca.id = ${a} AND cc.id = ${c};
      UPDATE ledger.accounts SET debits_posted = debits_posted + 100 WHERE id = ${c};
      UPDATE ledger.accounts SET credits_posted = credits_posted + 100 WHERE id = ${a}`);
    const { differences } = await verify();
    expect(differences).toEqual([
      expect.objectContaining({ check: "transfers", transferId: Number(last?.["id"]) }),
    ]);
  });

  it("a transfer that went below the limit of its time, though the limit is higher now", async () => {
    const { a } = scene;
    const [last] = await db`SELECT max(id) + 1 AS id FROM ledger.transfers`;
    await db`INSERT INTO ledger.account_changes VALUES (${last?.["id"]}, ${a}, 'test', 0, 10000, 1, 1)`;
    const { differences } = await verify();
    expect(differences).toEqual([
      expect.objectContaining({
        check: "credit_limit",
        accountId: a,
        expected: "at least 0.00 EUR",
        stored: "-27.75 EUR",
      }),
    ]);
  });

  it("the first difference first", async () => {
    await db.unsafe(`UPDATE ledger.transfers SET credit_after = 0 WHERE id IN (${LAST}, ${THIRD})`);
    const [third] = await db.unsafe(`SELECT ${THIRD}::float8 AS id`);
    expect((await verify()).differences[0]?.transferId).toBe(third?.["id"]);
  });
});

describe("a run after a clean one", () => {
  const OLD = "(SELECT min(id) FROM ledger.transfers)";

  it("reads only what came after it", async () => {
    const first = await verify();
    const { a, b } = scene;
    await post(db, [[b, a, 10n]]);
    const second = await verify();
    expect(second).toMatchObject({ differences: [], transferCount: 1, since: first.verifiedUntil });
    expect(await verify()).toMatchObject({ differences: [], transferCount: 0, since: second.verifiedUntil });
    expect(await verify({ full: true })).toMatchObject({ differences: [], transferCount: 11, since: 0 });
  });

  it("follows holds that were active then", async () => {
    await verify();
    const { a, b } = scene;
    const rows = await db`SELECT id::float8 AS id FROM ledger.holds WHERE state = 1 ORDER BY id`;
    const [captured = 0, released = 0] = rows.map((row) => Number(row["id"]));
    const accountIds = [a, b];
    await commit(db, { accountIds, holdIds: [captured] }, (book) => captureHold(book, { holdId: captured }));
    await commit(db, { accountIds, holdIds: [released] }, (book) => releaseHold(book, released));
    expect(await verify({ readOnly: true })).toMatchObject({ differences: [], transferCount: 1 });
    await db`UPDATE ledger.holds SET captured = 1 WHERE id = ${captured}`;
    expect((await verify()).differences).toContainEqual(
      expect.objectContaining({ check: "holds", holdId: captured }),
    );
  });

  it("finds tampering with what is new, and with what accounts and holds say now", async () => {
    await verify();
    const { a, b } = scene;
    const id = await post(db, [[b, a, 10n]]);
    await db`UPDATE ledger.transfers SET debit_after = debit_after + 1 WHERE id = ${id}`;
    expect((await verify()).differences[0]).toMatchObject({
      check: "running_balance",
      accountId: b,
      transferId: id,
    });
    await db`UPDATE ledger.transfers SET debit_after = debit_after - 1 WHERE id = ${id}`;
    await db`UPDATE ledger.accounts SET credits_posted = credits_posted + 1 WHERE id = ${scene.c}`;
    expect((await verify()).checks).toEqual(new Set(["account_sums", "zero_sum"]));
  });

  it("leaves tampering with what was verified to a full run, which withdraws the checkpoint", async () => {
    await verify();
    await db.unsafe(`UPDATE ledger.transfers SET credit_after = credit_after + 1 WHERE id = ${OLD}`);
    expect((await verify()).differences).toEqual([]);
    expect((await verify({ full: true })).checks).toContain("running_balance");
    expect(await verify()).toMatchObject({ since: 0, differences: [{}] });
  });

  it("leaves no trace and no checkpoint where it may only read", async () => {
    await verify({ readOnly: true });
    expect(await db`SELECT FROM ledger.verifications`).toHaveLength(0);
    await verify();
    await db.unsafe(`UPDATE ledger.transfers SET credit_after = credit_after + 1 WHERE id = ${OLD}`);
    expect((await verify({ full: true, readOnly: true })).checks).toContain("running_balance");
    expect(await db`SELECT FROM ledger.verifications`).toHaveLength(1);
  });
});

describe("while servers write", () => {
  it("waits for a batch that has its stamps, so that no checkpoint can pass it", async () => {
    const { a, b } = scene;
    const assets = await loadAssets(db);
    const transfer = { debitAccountId: b, creditAccountId: a, amount: 10n };
    let running: ReturnType<typeof verify> | undefined;
    await inTransaction(db, async (tx) => {
      const decide = (book: Book) => postJournal(book, { ...header, transfers: [transfer] });
      await decideIn(tx, assets, { scope: { accountIds: [a, b] }, decide });
      running = verify();
      await waitUntilAsked(db);
    });
    expect(await running).toMatchObject({ differences: [], transferCount: 11 });
    expect(await verify()).toMatchObject({ differences: [], transferCount: 0 });
  });

  it("finds nothing in what changes meanwhile, and misses nothing from run to run", async () => {
    const { a, b, c } = scene;
    let isWriting = true;
    const counts: number[] = [];
    const verifying = (async () => {
      while (isWriting) {
        const { differences, transferCount, verifiedUntil } = await verify();
        expect(differences).toEqual([]);
        if (verifiedUntil !== undefined) counts.push(transferCount);
      }
    })();
    for (let round = 0; round < 60; round += 1) {
      await Promise.all([
        post(db, [[scene.world, a, 20n]]),
        post(db, [
          [a, c, 10n],
          [c, b, 5n],
        ]),
      ]);
    }
    isWriting = false;
    await verifying;
    expect(counts.length).toBeGreaterThan(1);
    expect(await verify({ full: true })).toMatchObject({ differences: [], transferCount: 10 + 180 });
  });

  it("refuses a second verification at the same time", async () => {
    await inReadTransaction(db, async (tx) => {
      await beginVerification(tx);
      await expect(verify()).rejects.toMatchObject({ kind: "conflict", code: "verification_running" });
    });
  });
});

/** Until the verification has looked at the locks once: its connection has run that statement. */
async function waitUntilAsked(sql: Sql): Promise<void> {
  for (;;) {
    const rows = await sql`
      SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%virtualtransaction AS id FROM pg_locks%'`;
    if (rows.length > 0) return;
  }
}
