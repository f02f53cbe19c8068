import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestLedger, type TestLedger } from "../../../../tests/ledger.ts";
import { captureHold, keepRefusal, placeHold, releaseHold } from "../book/book.ts";
import { findTransactions, type TransactionQuery } from "./find-transactions.ts";
import { getTransaction } from "./get-transaction.ts";

let ledger: TestLedger;
let a = 0;
let b = 0;
let c = 0;
const id: Record<string, number> = {};

beforeAll(async () => {
  ledger = await openTestLedger();
  [a = 0, b = 0, c = 0] = await ledger.openAccounts(3);
  id["deposit"] = await ledger.post([{ from: ledger.world, to: a, amount: 10_000n }], {
    kind: "DEPOSIT",
    reference: "pay",
  });
  id["captured"] = await hold(500n);
  id["transfer"] = await ledger.post([{ from: a, to: b, amount: 5n }], { reference: "rent" });
  id["released"] = await hold(300n);
  id["payroll"] = await ledger.post(
    Array.from({ length: 60 }, (_, n) => ({ from: a, to: n === 40 ? c : b, amount: BigInt(n + 1) })),
    { reference: "rent" },
  );
  id["pending"] = await hold(200n);
  id["refused"] = await ledger.batch({ accountIds: [a, b], stampCount: 1 }, (book) =>
    keepRefusal(
      book,
      { kind: "TRANSFER", actorId: "test", reference: "rent" },
      { transfer: { debitAccountId: a, creditAccountId: b, amount: 9_999_999n }, code: "insufficient_funds" },
    ),
  );
  id["capture"] = await ledger.batch(
    { accountIds: [a, b], holdIds: [id["captured"]], stampCount: 1 },
    (book) => {
      const outcome = captureHold(book, { holdId: id["captured"] ?? 0, amount: 450n });
      return "refused" in outcome ? 0 : outcome.transfer.id;
    },
  );
  await ledger.batch({ accountIds: [a], holdIds: [id["released"]], stampCount: 1 }, (book) =>
    releaseHold(book, id["released"] ?? 0),
  );
  id["elsewhere"] = await ledger.post([{ from: ledger.world, to: c, amount: 1n }], { kind: "DEPOSIT" });
});
afterAll(() => ledger.close());

function hold(amount: bigint): Promise<number> {
  return ledger.batch({ accountIds: [a, b], stampCount: 1 }, (book) => {
    const header = { kind: "TRANSFER", actorId: "test" } as const;
    const placed = placeHold(book, { ...header, debitAccountId: a, creditAccountId: b, amount });
    if ("refused" in placed) throw new Error(placed.refused);
    return placed.id;
  });
}

/** All pages, as the names of what was found. */
async function find(query: Partial<TransactionQuery>): Promise<string[]> {
  const names: string[] = [];
  for (let cursor: number | undefined; ; ) {
    const page = await findTransactions(ledger.db, { limit: 50, ...query, cursor });
    expect(page.items.length).toBeLessThanOrEqual(query.limit ?? 50);
    names.push(...page.items.map(nameOf));
    if (page.nextCursor === undefined) return names;
    expect(page.nextCursor).toBeLessThan(cursor ?? Number.MAX_SAFE_INTEGER);
    cursor = page.nextCursor;
  }
}

function nameOf(transaction: { id: number }): string {
  return Object.keys(id).find((name) => id[name] === transaction.id) ?? `unknown ${transaction.id}`;
}

const OF_A = ["refused", "pending", "payroll", "released", "transfer", "captured", "deposit"];

test("an account's transactions are its journals, holds and refusals, newest first, each once", async () => {
  expect(await find({ accountIds: [a] })).toEqual(OF_A);
  expect(await find({ accountIds: [b] })).toEqual(OF_A.filter((name) => name !== "deposit"));
  expect(await find({ accountIds: [c] })).toEqual(["elsewhere", "payroll"]);
  expect(await find({ accountIds: [a, b, c] })).toEqual(["elsewhere", ...OF_A]);
  expect(await find({})).toEqual(["elsewhere", ...OF_A]);
  expect(await find({ accountIds: [] })).toEqual([]);
});

test("pages of any size hold every transaction once, also where a journal is longer than a page", async () => {
  for (const limit of [1, 2, 3, 7]) {
    expect(await find({ accountIds: [a], limit })).toEqual(OF_A);
    expect(await find({ accountIds: [a, b, c], limit })).toEqual(["elsewhere", ...OF_A]);
    expect(await find({ limit })).toEqual(["elsewhere", ...OF_A]);
    expect(await find({ accountIds: [a], limit, type: "TRANSFER" })).toEqual(OF_A.slice(0, -1));
    expect(await find({ reference: "rent", limit })).toEqual(["refused", "payroll", "transfer"]);
  }
});

test("are found by status", async () => {
  for (const accountIds of [[a], undefined]) {
    expect(await find({ accountIds, status: "PENDING" })).toEqual(["pending"]);
    expect(await find({ accountIds, status: "CANCELLED" })).toEqual(["released"]);
    expect(await find({ accountIds, status: "FAILED" })).toEqual(["refused"]);
  }
  expect(await find({ accountIds: [a], status: "COMPLETED" })).toEqual([
    "payroll",
    "transfer",
    "captured",
    "deposit",
  ]);
});

test("are found by type, reference and time, together", async () => {
  expect(await find({ type: "DEPOSIT" })).toEqual(["elsewhere", "deposit"]);
  expect(await find({ accountIds: [c], reference: "rent" })).toEqual(["payroll"]);
  expect(await find({ accountIds: [b], reference: "pay" })).toEqual([]);
  expect(await find({ accountIds: [b], reference: "rent", status: "FAILED" })).toEqual(["refused"]);
  const [from, to] = [id["transfer"], id["pending"]];
  expect(await find({ accountIds: [a], from, to })).toEqual(["payroll", "released", "transfer"]);
  expect(await find({ from, to })).toEqual(["payroll", "released", "transfer"]);
});

test("tells of each what it moved, or would have", async () => {
  const { items: transactions } = await findTransactions(ledger.db, { accountIds: [a], limit: 100 });
  const of = (name: string) => transactions.find((transaction) => transaction.id === id[name]);
  expect(of("captured")).toMatchObject({ status: "COMPLETED", amount: 450n });
  expect(of("released")).toMatchObject({ status: "CANCELLED", amount: 300n });
  expect(of("deposit")).toMatchObject({
    type: "DEPOSIT",
    debit: { accountId: ledger.world, system: true },
    credit: { accountId: a, system: false },
    reference: "pay",
  });
  expect(of("refused")).toMatchObject({ failureCode: "insufficient_funds", amount: 9_999_999n });
});

test("of a journal with many transfers an account is told of its own first one", async () => {
  const [payroll] = (await findTransactions(ledger.db, { accountIds: [c], reference: "rent", limit: 1 }))
    .items;
  expect(payroll).toMatchObject({ debit: { accountId: a }, credit: { accountId: c }, amount: 41n });
});

test("one is read with its transfers", async () => {
  const read = (name: string) => getTransaction(ledger.db, id[name] ?? 0);
  expect((await read("payroll")).transfers).toHaveLength(60);
  expect((await read("captured")).transfers).toMatchObject([
    { id: id["capture"], amount: 450n, journalId: id["captured"] },
  ]);
  for (const name of ["pending", "released", "refused"]) expect((await read(name)).transfers).toEqual([]);
  await expect(getTransaction(ledger.db, 12_345)).rejects.toMatchObject({ code: "transaction_not_found" });
});

test("a hold past its time is cancelled, recorded or not", async () => {
  const held = await hold(100n);
  await ledger.db`UPDATE ledger.holds SET expires_at = ${held + 1} WHERE id = ${held}`;
  expect((await getTransaction(ledger.db, held)).status).toBe("CANCELLED");
  const { items: transactions } = await findTransactions(ledger.db, {
    accountIds: [a],
    status: "PENDING",
    limit: 50,
  });
  expect(transactions.map(nameOf)).toEqual(["pending"]);
});
