import { expect, test } from "vitest";
import { openTestLedger, type TestLedger } from "../../../../tests/ledger.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { captureHold, placeHold, postJournal, releaseHold } from "../book/book.ts";
import { changeAccount } from "./change-account.ts";
import { getBalance, getImbalance } from "./get-balance.ts";

const ledger = await shareInFile(openTestLedger());

const at = (account: number, stamp: number) => getBalance(ledger.db, account, { at: stamp });
const now = (account: number) => getBalance(ledger.db, account);

async function hold(from: number, to: number, amount: bigint): Promise<number> {
  return ledger.batch({ accountIds: [from, to], stampCount: 1 }, (book) => {
    const header = { kind: "TRANSFER", actorId: "test" } as const;
    const placed = placeHold(book, {
      ...header,
      debitAccountId: from,
      creditAccountId: to,
      amount,
    });
    if ("refused" in placed) throw new Error(placed.refused);
    return placed.id;
  });
}

async function capture(from: number, to: number, [holdId, amount]: [number, bigint]): Promise<number> {
  return ledger.batch({ accountIds: [from, to], holdIds: [holdId], stampCount: 1 }, (book) => {
    const outcome = captureHold(book, { holdId, amount });
    if ("refused" in outcome) throw new Error(outcome.refused);
    return outcome.transfer.id;
  });
}

test("the balance now counts holds against what is available, and shows the payee what is on its way", async () => {
  const [payer = 0, payee = 0] = await ledger.openAccounts(2);
  await ledger.post([{ from: ledger.world, to: payer, amount: 1_000n }]);
  await hold(payer, payee, 300n);
  expect(await now(payer)).toMatchObject({
    balance: 1_000n,
    held: 300n,
    available: 700n,
    incoming: 0n,
    version: 2,
  });
  expect(await now(payee)).toMatchObject({
    balance: 0n,
    held: 0n,
    available: 0n,
    incoming: 300n,
    version: 0,
  });
});

test("a past balance is what every transfer and hold until that moment left, to the microsecond", async () => {
  const [payer = 0, payee = 0] = await ledger.openAccounts(2);
  const paid = await ledger.post([{ from: ledger.world, to: payer, amount: 1_000n }]);
  const held = await hold(payer, payee, 300n);
  const captured = await capture(payer, payee, [held, 200n]);
  expect(await at(payer, paid - 1)).toMatchObject({ balance: 0n, held: 0n, available: 0n, asOf: paid - 1 });
  expect(await at(payer, paid)).toMatchObject({ balance: 1_000n, held: 0n, version: null, incoming: null });
  expect(await at(payer, held - 1)).toMatchObject({ balance: 1_000n, held: 0n, available: 1_000n });
  expect(await at(payer, held)).toMatchObject({ balance: 1_000n, held: 300n, available: 700n });
  expect(await at(payer, captured - 1)).toMatchObject({ balance: 1_000n, held: 300n });
  expect(await at(payer, captured)).toMatchObject({ balance: 800n, held: 0n, available: 800n });
  expect(await at(payee, captured)).toMatchObject({ balance: 200n });
});

test("a hold ends at its time, whether or not its end has been recorded yet", async () => {
  const [payer = 0, payee = 0] = await ledger.openAccounts(2);
  await ledger.post([{ from: ledger.world, to: payer, amount: 1_000n }]);
  const held = await hold(payer, payee, 300n);
  const expiresAt = held + 10;
  await ledger.db`UPDATE ledger.holds SET expires_at = ${expiresAt} WHERE id = ${held}`;
  await ledger.db`UPDATE ledger.accounts SET next_expiry = ${expiresAt} WHERE id = ${payer}`;
  const readAll = async () => {
    const { held: heldNow, available } = await now(payer);
    return [
      heldNow,
      available,
      (await at(payer, held)).held,
      (await at(payer, expiresAt)).held,
      (await now(payee)).incoming,
    ];
  };
  const unrecorded = await readAll();
  expect(unrecorded).toEqual([0n, 1_000n, 300n, 0n, 0n]);
  await ledger.batch({ accountIds: [payer], stampCount: 1 }, () => undefined);
  const [row] = await ledger.db`SELECT state FROM ledger.holds WHERE id = ${held}`;
  expect(row?.["state"]).toBe(4);
  expect(await readAll()).toEqual(unrecorded);
});

test("a released hold held until it was released", async () => {
  const [payer = 0, payee = 0] = await ledger.openAccounts(2);
  await ledger.post([{ from: ledger.world, to: payer, amount: 1_000n }]);
  const held = await hold(payer, payee, 300n);
  const released = await ledger.batch({ accountIds: [payer], holdIds: [held], stampCount: 1 }, (book) => {
    const outcome = releaseHold(book, held);
    return "refused" in outcome ? 0 : (outcome.closedAt ?? 0);
  });
  expect((await at(payer, released - 1)).held).toBe(300n);
  expect((await at(payer, released)).held).toBe(0n);
});

test("what was available once counts with the credit limit of that moment", async () => {
  const [account = 0] = await ledger.openAccounts(1, 100n);
  const paid = await ledger.post([{ from: ledger.world, to: account, amount: 50n }]);
  const change = (creditLimit: bigint) =>
    inTransaction(ledger.db, (tx) =>
      changeAccount(tx, account, { request: { actorId: "test", creditLimit }, check: () => undefined }),
    );
  const before = (await now(account)).asOf;
  await change(500n);
  const between = (await now(account)).asOf;
  await change(0n);
  expect((await at(account, paid)).available).toBe(150n);
  expect((await at(account, before)).available).toBe(150n);
  expect((await at(account, between)).available).toBe(550n);
  expect((await now(account)).available).toBe(50n);
});

test("a past moment waits for the batch under way that may still book at that time, and then never changes", async () => {
  const [payer = 0, payee = 0] = await ledger.openAccounts(2);
  await ledger.post([{ from: ledger.world, to: payer, amount: 1_000n }]);
  let reading: Promise<unknown> | undefined;
  let moment = 0;
  const readings: unknown[] = [];
  await ledger.batch(
    { accountIds: [payer, payee], stampCount: 1 },
    (book) => {
      const transfers = [{ debitAccountId: payer, creditAccountId: payee, amount: 400n }];
      postJournal(book, { kind: "TRANSFER", actorId: "test", transfers });
    },
    async () => {
      moment = (await now(payer)).asOf; // after the batch took its stamps, before it commits
      expect((await now(payer)).balance).toBe(1_000n);
      reading = at(payer, moment).then((balance) => readings.push(balance));
      await untilBlocked(ledger);
      expect(readings).toEqual([]);
    },
  );
  await reading;
  expect(readings).toMatchObject([{ balance: 600n }]);
  expect(await at(payer, moment)).toEqual(readings[0]);
});

/** Until some session waits for a lock. */
async function untilBlocked({ db }: TestLedger): Promise<void> {
  for (;;) {
    const [row] = await db<[{ blocked: boolean }]>`
      SELECT exists(SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') AS blocked`;
    if (row.blocked) return;
  }
}

test("refuses the future and unknown accounts by name", async () => {
  const [account = 0] = await ledger.openAccounts(1);
  await expect(at(account, (await now(account)).asOf + 60_000_000)).rejects.toMatchObject({
    code: "invalid_request",
    details: { fields: [{ field: "at" }] },
  });
  await expect(now(999_999)).rejects.toMatchObject({ code: "account_not_found" });
  await expect(at(999_999, 1)).rejects.toMatchObject({ code: "account_not_found" });
});

test("a system account's balance is the sum of its stripes now, and of its transfers once", async () => {
  const [account = 0] = await ledger.openAccounts(1);
  const before = await now(ledger.world);
  const first = await ledger.post([{ from: ledger.world, to: account, amount: 70n }]);
  await ledger.post([{ from: account, to: ledger.world, amount: 20n }]);
  expect((await now(ledger.world)).balance - before.balance).toBe(-50n);
  expect((await at(ledger.world, first)).balance).toBe(before.balance - 70n);
});

test("the book is in balance, and says by how much where it is not", async () => {
  expect(await getImbalance(ledger.db)).toBe(0n);
  const [account = 0] = await ledger.openAccounts(1);
  await ledger.db`UPDATE ledger.accounts SET credits_posted = credits_posted + 7 WHERE id = ${account}`;
  expect(await getImbalance(ledger.db)).toBe(7n);
  await ledger.db`UPDATE ledger.accounts SET credits_posted = credits_posted - 7 WHERE id = ${account}`;
});
