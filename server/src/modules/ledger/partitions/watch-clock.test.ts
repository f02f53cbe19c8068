import { afterEach, beforeEach, expect, it } from "vitest";
import { openTestLedger, type TestLedger } from "../../../../tests/ledger.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { getBalance } from "../accounts/get-balance.ts";
import { type Book, placeHold } from "../book/book.ts";
import { selectRecentDebits } from "../index.ts";
import { verifyBook } from "../verify/verify-book.ts";
import { followClock } from "./follow-clock.ts";
import { createPartitions } from "./upkeep-store.ts";
import { getClockLead } from "./watch-clock.ts";

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;

let ledger: TestLedger;
beforeEach(async () => {
  ledger = await openTestLedger();
});
afterEach(() => ledger.close());

/** The database's clock ran ahead, and was set right: the newest stamp lies in the future. */
async function runAhead(microseconds: number): Promise<void> {
  await ledger.db`
    SELECT setval('ledger.stamps', (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + ${microseconds}::bigint)`;
}

const stamps = (count: number) =>
  ledger.batch({ accountIds: [], stampCount: count }, ({ firstStamp, now }: Book) => ({ firstStamp, now }));

it("F6-36 stamps of the future are noticed, and go on at the pace of time", async () => {
  await ledger.post([{ from: ledger.world, to: (await ledger.openAccounts(1))[0] ?? 0, amount: 1n }]);
  expect(await getClockLead(ledger.db)).toBeLessThan(0.1);
  await runAhead(HOUR);
  expect(await getClockLead(ledger.db)).toBeGreaterThan(3_590);
  const first = await stamps(3);
  expect(first.firstStamp - first.now).toBeGreaterThan(3_590_000_000);
  await ledger.db`SELECT pg_sleep(0.2)`;
  const later = await stamps(1);
  const passed = later.firstStamp - first.firstStamp;
  expect(passed).toBeGreaterThan(170_000); // nine tenths of the time that passed
  expect(passed).toBeLessThanOrEqual(later.now - first.now);
});

it("F6-36 stamps follow the clock alone where it only stutters", async () => {
  await runAhead(300_000);
  await stamps(1);
  const [row] = await ledger.db`SELECT last_value::int AS lead FROM ledger.stamp_lead`;
  expect(row).toEqual({ lead: 0 });
});

it("F6-36 holds end by the clock and not by stamps of the future", async () => {
  const [payer = 0, payee = 0] = await ledger.openAccounts(2);
  await ledger.post([{ from: ledger.world, to: payer, amount: 100n }]);
  await runAhead(HOUR);
  const scope = { accountIds: [payer, payee], stampCount: 1 };
  const place = (book: Book, seconds: number) =>
    placeHold(book, {
      kind: "TRANSFER",
      actorId: "test",
      debitAccountId: payer,
      creditAccountId: payee,
      amount: 10n,
      expiresAt: book.now + seconds * 1_000_000,
    });
  await ledger.batch(scope, (book) => place(book, 600));
  await ledger.batch(scope, (book) => place(book, 0));
  // The second is due at once, the first in ten minutes of the clock, though their stamps are an hour ahead of both.
  expect(await getBalance(ledger.db, payer)).toMatchObject({ held: 10n });
  const held = await ledger.batch(scope, ({ accounts }) => accounts.get(payer)?.debitsPending);
  expect(held).toBe(10n);
});

it("F6-36 holds placed while the clock ran ahead end as much earlier once it is set right, once", async () => {
  const [payer = 0, payee = 0] = await ledger.openAccounts(2, 100n);
  const scope = { accountIds: [payer, payee], stampCount: 1 };
  const place = (endOf: (book: Book) => number | undefined) =>
    ledger.batch(scope, (book) => {
      const what = {
        kind: "TRANSFER",
        actorId: "test",
        debitAccountId: payer,
        creditAccountId: payee,
      } as const;
      return placeHold(book, { ...what, amount: 1n, expiresAt: endOf(book) });
    });
  const ends = async () => {
    const rows = await ledger.db<{ left: number | null }[]>`
      SELECT round((expires_at - extract(epoch FROM clock_timestamp()) * 1000000) / 60000000)::int AS left
      FROM ledger.holds ORDER BY id`;
    return rows.map(({ left }) => left);
  };
  await place((book) => book.now + 30 * MINUTE);
  expect(await followClock(ledger.db)).toBe(0);
  await runAhead(HOUR); // what follows is as it was placed an hour ahead, by its own stamp
  for (const minutes of [10, 90]) await place((book) => book.firstStamp + minutes * MINUTE);
  await place(() => undefined);
  await ledger.db`UPDATE ledger.clock_watch SET lead = 0, stamp = (SELECT last_value FROM ledger.stamps)`;
  await place((book) => book.now + 20 * MINUTE); // the clock has been set right
  expect(await ends()).toEqual([30, 70, 150, null, 20]);
  expect(await followClock(ledger.db)).toBe(2);
  expect(await ends()).toEqual([30, 10, 90, null, 20]);
  for (let time = 0; time < 2; time += 1) expect(await followClock(ledger.db)).toBe(0);
  await place((book) => book.now + 20 * MINUTE);
  expect(await followClock(ledger.db)).toBe(0);
  expect(await ends()).toEqual([30, 10, 90, null, 20, 20]);
  const [account] = await ledger.db`
    SELECT round((next_expiry - extract(epoch FROM clock_timestamp()) * 1000000) / 60000000)::int AS next
    FROM ledger.accounts WHERE id = ${payer}`;
  expect(account).toEqual({ next: 10 });
  expect((await verifyBook(ledger.db)).differences).toEqual([]);
});

it("F6-36 a hold that should have ended meanwhile ends at once", async () => {
  const [payer = 0, payee = 0] = await ledger.openAccounts(2, 100n);
  const scope = { accountIds: [payer, payee], stampCount: 1 };
  await runAhead(HOUR);
  const what = { kind: "TRANSFER", actorId: "test", debitAccountId: payer, creditAccountId: payee } as const;
  await ledger.batch(scope, (book) =>
    placeHold(book, { ...what, amount: 1n, expiresAt: book.firstStamp + 1 }),
  );
  await ledger.db`UPDATE ledger.clock_watch SET lead = 0, stamp = (SELECT last_value FROM ledger.stamps)`;
  expect(await getBalance(ledger.db, payer)).toMatchObject({ held: 1n });
  expect(await followClock(ledger.db)).toBe(1);
  expect(await getBalance(ledger.db, payer)).toMatchObject({ held: 0n });
  expect(await ledger.batch(scope, ({ accounts }) => accounts.get(payer)?.debitsPending)).toBe(0n);
});

it("F6-36 what was booked in the last minute is told by stamps, wherever they are", async () => {
  const [payer = 0, payee = 0] = await ledger.openAccounts(2, 100n);
  const pay = () => ledger.post([{ from: payer, to: payee, amount: 1n }]);
  await pay();
  await runAhead(HOUR);
  const last = await pay();
  const recent = await inTransaction(ledger.db, (tx) =>
    selectRecentDebits(tx, { accountIds: [payer], seconds: 60, countMax: 9 }),
  );
  expect(recent).toEqual(new Map([[payer, [last]]])); // the first lies an hour back on the ledger's clock
});

it("F6-36 the months of stamps that run ahead get their partitions", async () => {
  await runAhead(24 * 365 * HOUR);
  expect(await createPartitions(ledger.db, 0)).toBe(4); // three tables of the ledger and the quotes
  const [payee = 0] = await ledger.openAccounts(1);
  await ledger.post([{ from: ledger.world, to: payee, amount: 5n }]);
  expect(await getBalance(ledger.db, payee)).toMatchObject({ balance: 5n });
});
