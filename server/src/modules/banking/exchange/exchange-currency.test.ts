import fc from "fast-check";
import { expect, it } from "vitest";
import { customer, keyed, openTestDesk, readTopics, STAFF } from "../../../../tests/desk.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import type { Actor } from "../../../values/actor.ts";
import type { Asset } from "../../ledger/index.ts";
import { buildReversalCommand, getReversible } from "../transactions/reverse-transaction.ts";
import { buildExchangeCommand } from "./exchange-currency.ts";
import { addExchangeRates, type ExchangeRate, findLatestRate } from "./exchange-rate.ts";

const ground = await shareInFile(openTestDesk());

const alice = customer("alice");

function asset(code: string): Asset {
  const found = ground.assets.byCode(code);
  if (found === undefined) throw new Error(code);
  return found;
}

async function setRate(base: string, quote: string, rate: string): Promise<ExchangeRate> {
  const [added] = await inTransaction(ground.db, (tx) =>
    addExchangeRates(tx, [{ base, quote, rate, source: "manual", setBy: "admin" }]),
  );
  if (added === undefined) throw new Error("no rate");
  return added;
}

interface Wanted {
  readonly from: number;
  readonly to: number;
  readonly pair: readonly [string, string];
  readonly amount: bigint;
}

async function exchange({ from, to, pair, amount }: Wanted, options: { actor?: Actor; key?: string } = {}) {
  const { actor = alice, key } = options;
  const rate = await findLatestRate(ground.db, pair[0], pair[1]);
  const context = {
    actor,
    assets: ground.assets,
    risk: ground.risk,
    key: key === undefined ? undefined : keyed(actor, key),
  };
  const request = {
    accountId: from,
    toAccountId: to,
    sold: asset(pair[0]),
    bought: asset(pair[1]),
    amount,
    rate,
  };
  return ground.carryOut(buildExchangeCommand(context, request));
}

async function setUp(quote = "USD") {
  const from = await ground.openAccount({ owner: "alice", balance: 10_000n });
  const to = await ground.openAccount({ owner: "alice", currency: quote });
  return { from, to, pair: ["EUR", quote] as const };
}

/** Per currency the sum of all accounts, the house's and the world's included. */
async function sumsOfAll(): Promise<string[]> {
  const rows = await ground.db<{ sum: string }[]>`
    SELECT (sum(a.credits_posted - a.debits_posted) + coalesce((SELECT sum(b.credits_posted - b.debits_posted)
      FROM ledger.system_balances b JOIN ledger.accounts s ON s.id = b.account_id WHERE s.asset_id = a.asset_id), 0))::text AS sum
    FROM ledger.accounts a GROUP BY a.asset_id`;
  return [...new Set(rows.map((row) => row.sum))];
}

it("exchanges at the latest rate, and records which", async () => {
  await setRate("EUR", "USD", "1.5");
  const rate = await setRate("EUR", "USD", "1.0834");
  const scene = await setUp();
  const done = await exchange({ ...scene, amount: 1_001n });
  expect(done).toMatchObject({
    type: "TRANSFER",
    status: "COMPLETED",
    account_id: String(scene.from),
    to_account_id: String(scene.to),
    amount: "10.01",
    currency: "EUR",
    bought: { amount: "10.84", currency: "USD" }, // 10.844834
    exchange_rate: { id: String(rate.id), rate: "1.0834", source: "manual" },
    rounding: "half_even",
    balances: [
      { account_id: String(scene.from), balance: "89.99", currency: "EUR" },
      { account_id: String(scene.to), balance: "10.84", currency: "USD" },
    ],
  });
  const recorded = await ground.db`
    SELECT sold, bought, rate_id, rate, rounding FROM banking.exchanges WHERE journal_id = ${done.id}`;
  expect([...recorded]).toEqual([
    { sold: 1_001n, bought: 1_084n, rate_id: BigInt(rate.id), rate: "1.0834", rounding: "half_even" },
  ]);
  expect((await readTopics(ground.db)).at(-1)).toBe("transaction.completed");
  expect(await sumsOfAll()).toEqual(["0"]);
});

it("rounds half to even, to the decimals of the bought currency", async () => {
  await setRate("EUR", "JPY", "150");
  await setRate("EUR", "KWD", "0.3305");
  const yen = await setUp("JPY");
  for (const [amount, bought] of [
    [1n, "2"],
    [3n, "4"],
    [5n, "8"],
    [7n, "10"],
  ] as const) // 1.5, 4.5, 7.5, 10.5
    expect(await exchange({ ...yen, amount })).toMatchObject({ bought: { amount: bought } });
  const dinar = await setUp("KWD");
  expect(await exchange({ ...dinar, amount: 1n })).toMatchObject({ bought: { amount: "0.003" } });
});

it("never creates money: whatever is exchanged, each currency sums to zero", async () => {
  const scene = await setUp("GBP");
  const amounts = fc.bigInt({ min: 1n, max: 500n });
  const rates = fc.integer({ min: 5_001, max: 15_000 }).map((rate) => `0.${String(rate).padStart(5, "0")}`);
  await fc.assert(
    fc.asyncProperty(amounts, rates, async (amount, rate) => {
      await setRate("EUR", "GBP", rate);
      await exchange({ ...scene, amount }).catch((error) => expect(error.kind).toBe("refused"));
      expect(await sumsOfAll()).toEqual(["0"]);
    }),
    { numRuns: 20 },
  );
});

it("derives no inverse rate", async () => {
  await setRate("CHF", "EUR", "1.02");
  const scene = await setUp("CHF");
  await expect(exchange({ ...scene, amount: 100n })).rejects.toMatchObject({
    code: "no_exchange_rate",
    details: { base: "EUR", quote: "CHF" },
  });
});

it("refuses what is too small, too much, of one currency, or somebody else's", async () => {
  await setRate("EUR", "SEK", "0.001");
  const scene = await setUp("SEK");
  await expect(exchange({ ...scene, amount: 1n })).rejects.toMatchObject({ code: "amount_too_small" });
  const refused = await exchange({ ...scene, amount: 10_001n }).catch((error) => error);
  expect(refused).toMatchObject({ code: "insufficient_funds" });
  const [kept] =
    await ground.db`SELECT code FROM ledger.refusals WHERE id = ${refused.details.transaction_id}`;
  expect(kept).toEqual({ code: "insufficient_funds" });
  const euros = await ground.openAccount({ owner: "alice" });
  await expect(
    exchange({ from: scene.from, to: euros, pair: ["EUR", "EUR"], amount: 5n }),
  ).rejects.toMatchObject({
    code: "same_currency",
  });
  const bobs = await ground.openAccount({ owner: "bob", currency: "SEK" });
  await expect(exchange({ ...scene, to: bobs, amount: 5_000n })).rejects.toMatchObject({
    code: "account_not_found",
  });
  expect(await exchange({ ...scene, to: bobs, amount: 5_000n }, { actor: STAFF })).toMatchObject({
    status: "COMPLETED",
  });
  const exchanges = await ground.db`SELECT FROM banking.exchanges WHERE from_account_id = ${scene.from}`;
  expect(exchanges).toHaveLength(1);
});

it("answers a repeated key with the first exchange, though the rate has changed since", async () => {
  await setRate("EUR", "NOK", "11");
  const scene = await setUp("NOK");
  const first = await exchange({ ...scene, amount: 100n }, { key: "once" });
  await setRate("EUR", "NOK", "12");
  expect(await exchange({ ...scene, amount: 100n }, { key: "once" })).toEqual(first);
  expect(await ground.balanceOf(scene.to)).toEqual({ balance: 1_100n, held: 0n });
});

it("leaves neither journal nor record where the commit fails", async () => {
  await setRate("EUR", "DKK", "7.46");
  const scene = await setUp("DKK");
  await ground.db`ALTER TABLE banking.exchanges ADD CONSTRAINT broken CHECK (sold <> 777) NOT VALID`;
  await expect(exchange({ ...scene, amount: 777n })).rejects.toThrow("broken");
  await ground.db`ALTER TABLE banking.exchanges DROP CONSTRAINT broken`;
  expect(await ground.balanceOf(scene.from)).toEqual({ balance: 10_000n, held: 0n });
  expect(await ground.balanceOf(scene.to)).toEqual({ balance: 0n, held: 0n });
});

it("lets two exchanges at once from two processes spend the money once", async () => {
  await setRate("EUR", "PLN", "4.3");
  const scene = await setUp("PLN");
  const other = await openTestDesk({ databaseUrl: ground.databaseUrl });
  const rate = await findLatestRate(ground.db, "EUR", "PLN");
  const request = { accountId: scene.from, toAccountId: scene.to, sold: asset("EUR"), bought: asset("PLN") };
  const outcomes = await Promise.allSettled(
    [ground, other].map((on) =>
      on.carryOut(
        buildExchangeCommand(
          { actor: alice, assets: on.assets, risk: on.risk },
          { ...request, amount: 6_000n, rate },
        ),
      ),
    ),
  );
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(await ground.balanceOf(scene.from)).toEqual({ balance: 4_000n, held: 0n });
  await other.close();
});

it("is reversed whole: both currencies go back", async () => {
  await setRate("EUR", "CZK", "25");
  const scene = await setUp("CZK");
  const done = await exchange({ ...scene, amount: 1_000n });
  const journal = await getReversible(ground, Number(done.id));
  expect(
    await ground.carryOut(buildReversalCommand({ actor: STAFF, risk: ground.risk }, { journal })),
  ).toMatchObject({
    type: "SYSTEM_ADJUSTMENT",
    account_id: String(scene.to),
    to_account_id: String(scene.from),
    amount: "250.00",
    currency: "CZK",
    balances: [
      { account_id: String(scene.to), balance: "0.00", currency: "CZK" },
      { account_id: String(scene.from), balance: "100.00", currency: "EUR" },
    ],
  });
  expect(await sumsOfAll()).toEqual(["0"]);
});
