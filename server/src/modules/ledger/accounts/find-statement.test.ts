import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestLedger, type TestLedger } from "../../../../tests/ledger.ts";
import { findStatement, type StatementEntry, type StatementQuery } from "./find-statement.ts";

let ledger: TestLedger;
let account = 0;
let other = 0;
/** Ids of the postings: +100, then -1 to -9. */
const ids: number[] = [];

beforeAll(async () => {
  ledger = await openTestLedger();
  [account = 0, other = 0] = await ledger.openAccounts(2);
  const paid = { kind: "DEPOSIT", reference: "salary" } as const;
  ids.push(await ledger.post([{ from: ledger.world, to: account, amount: 100n }], paid));
  for (let amount = 1n; amount <= 9n; amount += 1n)
    ids.push(await ledger.post([{ from: account, to: other, amount }]));
});
afterAll(() => ledger.close());

const read = (query: Partial<StatementQuery> = {}) =>
  findStatement(ledger.db, { accountId: account, order: "asc", limit: 50, ...query });

async function readPages(query: Partial<StatementQuery>): Promise<StatementEntry[][]> {
  const pages: StatementEntry[][] = [];
  for (let cursor: number | undefined; ; ) {
    const page = await read({ ...query, cursor });
    pages.push([...page.entries]);
    if (page.nextCursor === undefined) return pages;
    cursor = page.nextCursor;
  }
}

test("a statement leads from the opening to the closing balance, with the balance after each entry", async () => {
  const statement = await read();
  expect(statement).toMatchObject({ openingBalance: 0n, closingBalance: 55n, nextCursor: undefined });
  expect(statement.entries[0]).toMatchObject({
    type: "DEPOSIT",
    direction: "credit",
    amount: 100n,
    balanceAfter: 100n,
    counterpartyId: null,
    reference: "salary",
  });
  let balance = statement.openingBalance;
  for (const { direction, amount, balanceAfter } of statement.entries) {
    balance += direction === "credit" ? amount : -amount;
    expect(balanceAfter).toBe(balance);
  }
  expect(balance).toBe(statement.closingBalance);
});

test("the other side sees the same transfers as credits", async () => {
  const { entries } = await read({ accountId: other, order: "desc", limit: 1 });
  expect(entries).toMatchObject([
    { direction: "credit", amount: 9n, balanceAfter: 45n, counterpartyId: account },
  ]);
});

test("pages in either order hold every entry once", async () => {
  for (const limit of [1, 3, 5, 10]) {
    const forward = await readPages({ limit });
    expect(forward.flat().map(({ id }) => id)).toEqual(ids);
    expect(forward.map((page) => page.length)).toEqual(
      forward.map((_, n) => Math.min(limit, 10 - n * limit)),
    );
    const backward = await readPages({ limit, order: "desc" });
    expect(backward.flat().map(({ id }) => id)).toEqual(ids.toReversed());
  }
});

test("a range takes in its beginning and leaves out its end", async () => {
  const [from, to] = [ids[2] ?? 0, ids[5] ?? 0];
  const statement = await read({ from, to });
  expect(statement.entries.map(({ amount }) => amount)).toEqual([2n, 3n, 4n]);
  expect(statement).toMatchObject({ openingBalance: 99n, closingBalance: 90n });
  const pages = await readPages({ from, to, limit: 2, order: "desc" });
  expect(pages.map((page) => page.map(({ amount }) => amount))).toEqual([[4n, 3n], [2n]]);
  expect(await read({ from, to: from })).toMatchObject({
    openingBalance: 99n,
    closingBalance: 99n,
    entries: [],
  });
  expect(await read({ to: 1 })).toMatchObject({ openingBalance: 0n, closingBalance: 0n, entries: [] });
});

test("an end in the future is no end", async () => {
  expect(await read({ to: Number.MAX_SAFE_INTEGER - 1 })).toMatchObject({ closingBalance: 55n });
});

test("an account without entries has an empty statement, an unknown one none", async () => {
  const [empty = 0] = await ledger.openAccounts(1);
  expect(await read({ accountId: empty })).toEqual({
    openingBalance: 0n,
    closingBalance: 0n,
    entries: [],
    nextCursor: undefined,
  });
  await expect(read({ accountId: 999_999 })).rejects.toMatchObject({ code: "account_not_found" });
});
