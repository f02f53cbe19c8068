import { expect, test } from "vitest";
import { openTestLedger } from "../../../../tests/ledger.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { type AccountChangeRequest, changeAccount } from "./change-account.ts";
import type { AccountRules } from "./find-account-rules.ts";
import { getBalance } from "./get-balance.ts";

const ledger = await shareInFile(openTestLedger());

function change(
  account: number,
  request: Partial<AccountChangeRequest>,
  check: (current: AccountRules) => void = () => undefined,
): Promise<AccountRules> {
  return inTransaction(ledger.db, (tx) =>
    changeAccount(tx, account, { request: { actorId: "test", ...request }, check }),
  );
}

async function openWith(balance: bigint): Promise<number> {
  const [account = 0] = await ledger.openAccounts(1);
  if (balance > 0n) await ledger.post([{ from: ledger.world, to: account, amount: balance }]);
  return account;
}

test("changes limit and state as one version, and writes down who changed what", async () => {
  const account = await openWith(0n);
  const rules = await change(account, { creditLimit: 500n, state: "frozen" });
  expect(rules).toEqual({ creditLimit: 500n, state: "frozen", version: 1 });
  const changes = await ledger.db`SELECT * FROM ledger.account_changes WHERE account_id = ${account}`;
  expect(changes).toMatchObject([
    {
      actor_id: "test",
      credit_limit_before: 0n,
      credit_limit_after: 500n,
      state_before: 1,
      state_after: 2,
    },
  ]);
});

test("writes nothing where nothing differs, unless something beside the ledger changes", async () => {
  const account = await openWith(0n);
  expect(await change(account, { state: "open", creditLimit: 0n })).toMatchObject({ version: 0 });
  expect(await change(account, { alsoOutside: true })).toMatchObject({ version: 1 });
  expect(await ledger.db`SELECT FROM ledger.account_changes WHERE account_id = ${account}`).toHaveLength(0);
});

test("refuses a limit below what is used, and takes the very limit that is used", async () => {
  const account = await openWith(0n);
  await change(account, { creditLimit: 500n });
  await ledger.post([{ from: account, to: ledger.world, amount: 300n }]);
  await expect(change(account, { creditLimit: 299n })).rejects.toMatchObject({ code: "limit_in_use" });
  expect(await change(account, { creditLimit: 300n })).toMatchObject({ creditLimit: 300n });
});

test("closes an empty account alone, and for ever", async () => {
  const account = await openWith(10n);
  await expect(change(account, { state: "closed" })).rejects.toMatchObject({ code: "account_not_empty" });
  await ledger.post([{ from: account, to: ledger.world, amount: 10n }]);
  await change(account, { state: "frozen" });
  expect(await change(account, { state: "closed" })).toMatchObject({ state: "closed" });
  expect(await change(account, { state: "closed" })).toMatchObject({ state: "closed" });
  for (const request of [{ state: "open" }, { state: "frozen" }, { creditLimit: 1n }] as const)
    await expect(change(account, request)).rejects.toMatchObject({ code: "account_closed" });
});

test("leaves no trace where it is refused", async () => {
  const account = await openWith(10n);
  const refuse = () => {
    throw new Error("not this version");
  };
  await expect(change(account, { creditLimit: 5n }, refuse)).rejects.toThrow("not this version");
  await expect(change(account, { creditLimit: 5n, state: "closed" })).rejects.toMatchObject({
    code: "account_not_empty",
  });
  expect(await getBalance(ledger.db, account)).toMatchObject({ available: 10n, version: 1 });
});

test("refuses system accounts and unknown ones alike", async () => {
  for (const account of [ledger.world, 999_999])
    await expect(change(account, { state: "frozen" })).rejects.toMatchObject({ code: "account_not_found" });
});

test("closing and paying in at the same time: one of them comes too late, and nothing is lost", async () => {
  for (let round = 0; round < 10; round += 1) {
    const account = await openWith(0n);
    const [closed, paid] = await Promise.allSettled([
      change(account, { state: "closed" }),
      ledger.post([{ from: ledger.world, to: account, amount: 5n }]),
    ]);
    expect([closed.status, paid.status].sort()).toEqual(["fulfilled", "rejected"]);
    expect((await getBalance(ledger.db, account)).balance).toBe(paid.status === "fulfilled" ? 5n : 0n);
  }
});
