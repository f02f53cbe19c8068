import { expect, it } from "vitest";
import { customer, readTopics } from "../../../tests/desk.ts";
import { openTestPayments } from "../../../tests/payments.ts";
import { shareInFile } from "../../../tests/share-in-file.ts";
import { verifyPayments } from "./index.ts";
import { statusOf } from "./payment.ts";

const bank = await shareInFile(openTestPayments());

const alice = customer("alice");
const countPayments = async () =>
  (await bank.db<[{ count: number }]>`SELECT count(*)::int AS count FROM payments.payments`)[0].count;

it("holds the amount of a balance at once", async () => {
  const opened = await bank.openBalance({ actor: alice });
  expect(statusOf(opened)).toBe("authorized");
  expect(opened).toMatchObject({ authorizedMinor: 1_200n, capturedMinor: 0n, taxMinor: 200n });
  expect(await bank.balanceOf(opened.accountId)).toEqual({ balance: 10_000n, held: 1_200n });
  expect(await bank.eventsOf(opened.id)).toEqual(["authorized 1200"]);
  expect(await bank.attemptsOf(opened.id)).toEqual([]);
});

it("writes a card's attempt down, for the job to send", async () => {
  const { id, ...opened } = await bank.open({ token: "tok_ok", captureMode: "automatic" });
  expect(opened).toMatchObject({ authorizingMinor: 1_200n, authorizedMinor: 0n, methodToken: "tok_ok" });
  expect(await bank.attemptsOf(id)).toMatchObject([
    { act: "authorize", state: "created", amountMinor: 1_200n, askedCount: 0, dueAt: expect.any(Date) },
  ]);
  expect(await bank.eventsOf(id)).toEqual(["opened 1200"]);
  expect(await readTopics(bank.db)).toContain("payment.requested");
});

it("leaves an invoice to be marked paid", async () => {
  const opened = await bank.open({ provider: "manual" });
  expect(statusOf(opened)).toBe("requested");
  expect(await bank.attemptsOf(opened.id)).toEqual([]);
});

it("refuses accounts that are not the customer's, unknown, the house's, of another currency, or shut", async () => {
  const foreign = await bank.openAccount({ owner: "bob", balance: 5_000n });
  const dollars = await bank.openAccount({ owner: "alice", currency: "USD", balance: 5_000n });
  const sales = bank.assets.systemAccount(bank.assets.byCode("EUR")?.id ?? 0, "sales");
  const frozen = await bank.openAccount({ owner: "alice", balance: 5_000n });
  await bank.setAccount(frozen, "frozen");
  const closed = await bank.openAccount({ owner: "alice" });
  await bank.setAccount(closed, "closed");
  const refusals = [
    [foreign, "account_not_found"],
    [999_999_999, "account_not_found"],
    [sales, "account_not_found"],
    [dollars, "asset_mismatch"],
    [frozen, "account_frozen"],
    [closed, "account_closed"],
  ] as const;
  const before = await countPayments();
  for (const [accountId, code] of refusals)
    await expect(
      bank.open({ provider: "balance", accountId, actor: alice }),
      `${code} ${accountId}`,
    ).rejects.toMatchObject({ code });
  expect(await countPayments()).toBe(before);
  expect(await bank.balanceOf(foreign)).toEqual({ balance: 5_000n, held: 0n });
});

it("lets staff hold money of any customer's account", async () => {
  const accountId = await bank.openAccount({ owner: "bob", balance: 5_000n });
  expect(await bank.open({ provider: "balance", accountId })).toMatchObject({ authorizedMinor: 1_200n });
});

it("refuses more than the account has, and leaves nothing of it", async () => {
  const accountId = await bank.openAccount({ owner: "alice", balance: 1_199n });
  const before = await countPayments();
  await expect(bank.open({ provider: "balance", accountId })).rejects.toMatchObject({
    code: "insufficient_funds",
  });
  expect(await bank.balanceOf(accountId)).toEqual({ balance: 1_199n, held: 0n });
  expect(await countPayments()).toBe(before);
});

it("refuses a card payment at Stripe without the payment method", async () => {
  await expect(bank.open({ provider: "stripe" })).rejects.toMatchObject({ code: "payment_method_missing" });
});

it("answers a repeated key with the same payment, and opens no second one", async () => {
  const accountId = await bank.openAccount({ owner: "alice", balance: 5_000n });
  const once = { provider: "balance", accountId, key: "once" } as const;
  const [first, second] = await Promise.all([bank.open(once), bank.open(once)]);
  expect(second.id).toBe(first.id);
  expect((await bank.open(once)).id).toBe(first.id);
  expect(await bank.balanceOf(accountId)).toEqual({ balance: 5_000n, held: 1_200n });
});

it("opens one of two payments where the money is enough for one, also at two processes", async () => {
  const other = await openTestPayments({ databaseUrl: bank.databaseUrl });
  const accountId = await bank.openAccount({ owner: "alice", balance: 2_000n });
  const both = await Promise.allSettled(
    [bank, other].map((each) => each.open({ provider: "balance", accountId })),
  );
  await other.close();
  expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(both.find(({ status }) => status === "rejected")).toMatchObject({
    reason: { code: "insufficient_funds" },
  });
  expect(await bank.balanceOf(accountId)).toEqual({ balance: 2_000n, held: 1_200n });
});

it("payments, their events and the ledger agree after all of it", async () => {
  expect((await verifyPayments(bank.db)).differences).toEqual([]);
});
