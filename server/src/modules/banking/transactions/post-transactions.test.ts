import { expect, it } from "vitest";
import {
  customer,
  euroOf,
  keyed,
  openTestDesk,
  readTopics,
  STAFF,
  type TestDesk,
} from "../../../../tests/desk.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import type { Actor } from "../../../values/actor.ts";
import {
  type BatchMode,
  buildPostBatchCommand,
  buildPostCommand,
  type TransactionRequest,
} from "./post-transactions.ts";

const ground = await shareInFile(openTestDesk());

const alice = customer("alice");

type Request = Omit<TransactionRequest, "asset">;
interface Options {
  readonly actor?: Actor;
  readonly key?: string;
  readonly on?: TestDesk;
}

function contextOf({ actor = alice, key }: Options) {
  const { assets, risk } = ground;
  return { actor, assets, risk, key: key === undefined ? undefined : keyed(actor, key) };
}

function post(request: Request, options: Options = {}) {
  const command = buildPostCommand(contextOf(options), { ...request, asset: euroOf(ground) });
  return (options.on ?? ground).carryOut(command);
}

function postBatch(mode: BatchMode, requests: readonly Request[], options: Options = {}) {
  const asset = euroOf(ground);
  const context = { ...contextOf(options), mode };
  return ground.carryOut(
    buildPostBatchCommand(
      context,
      requests.map((request) => ({ ...request, asset })),
    ),
  );
}

/** Alice has 50.00, the shop nothing. */
async function setUp() {
  const payer = await ground.openAccount({ owner: "alice", balance: 5_000n });
  const payee = await ground.openAccount({ owner: "shop" });
  const pay = (amount: bigint): Request => ({
    type: "transfer",
    accountId: payer,
    toAccountId: payee,
    amount,
  });
  return { payer, payee, pay };
}

it("moves money between accounts, and answers with the balances that the caller may see", async () => {
  const { payer, payee, pay } = await setUp();
  expect(await post({ ...pay(1_200n), reference: "rent" })).toMatchObject({
    type: "TRANSFER",
    status: "COMPLETED",
    account_id: String(payer),
    to_account_id: String(payee),
    amount: "12.00",
    currency: "EUR",
    reference: "rent",
    balances: [{ account_id: String(payer), balance: "38.00", available: "38.00" }],
  });
  expect(await ground.balanceOf(payee)).toEqual({ balance: 1_200n, held: 0n });
  expect((await readTopics(ground.db)).at(-1)).toBe("transaction.completed");
  expect(ground.counted.at(-1)).toBe("TRANSFER COMPLETED");
});

it("pays in and out against the outside world, so that all accounts together stay zero", async () => {
  const { payer } = await setUp();
  const paidIn = { type: "deposit", accountId: payer, amount: 100n } as const;
  expect(await post(paidIn, { actor: STAFF })).toMatchObject({ type: "DEPOSIT", to_account_id: null });
  expect(await post({ type: "withdrawal", accountId: payer, amount: 300n })).toMatchObject({
    type: "WITHDRAW",
    balances: [{ balance: "48.00" }],
  });
  const [sums] = await ground.db`
    SELECT (SELECT sum(credits_posted - debits_posted) FROM ledger.accounts WHERE NOT system)
         + (SELECT sum(credits_posted - debits_posted) FROM ledger.system_balances) AS total`;
  expect(Number(sums?.total)).toBe(0);
});

it("refuses what is not the caller's, unknown, of another currency, frozen, or the house's", async () => {
  const { payer, payee, pay } = await setUp();
  const dollars = await ground.openAccount({ owner: "alice", currency: "USD" });
  const frozen = await ground.openAccount({ owner: "alice", balance: 100n });
  await ground.db`UPDATE ledger.accounts SET state = 2 WHERE id = ${frozen}`;
  const world = ground.assets.systemAccount(euroOf(ground).id, "world");
  const refusals: [Request, string][] = [
    [{ ...pay(1n), accountId: payee, toAccountId: payer }, "account_not_found"],
    [{ ...pay(1n), accountId: 999_999_999 }, "account_not_found"],
    [{ ...pay(1n), toAccountId: 999_999_999 }, "account_not_found"],
    [{ ...pay(1n), accountId: dollars }, "asset_mismatch"],
    [{ ...pay(1n), toAccountId: dollars }, "asset_mismatch"],
    [{ ...pay(1n), accountId: frozen }, "account_frozen"],
    [{ ...pay(1n), toAccountId: world }, "account_not_found"],
    [{ type: "deposit", accountId: payer, amount: 1n }, "deposit_not_allowed"],
  ];
  for (const [request, code] of refusals) await expect(post(request)).rejects.toMatchObject({ code });
  await expect(post({ ...pay(1n), accountId: world }, { actor: STAFF })).rejects.toMatchObject({
    code: "account_not_found",
  });
  expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n, held: 0n });
  expect(await ground.balanceOf(payee)).toEqual({ balance: 0n, held: 0n });
});

it("refuses more than is there: nothing moves, and it is kept as FAILED", async () => {
  const { payer, payee, pay } = await setUp();
  const refused = await post(pay(5_001n)).catch((error) => error);
  expect(refused).toMatchObject({ code: "insufficient_funds", details: { account_id: String(payer) } });
  const { transaction_id: id } = refused.details;
  expect(await ground.db`SELECT kind, code FROM ledger.refusals WHERE id = ${id}`).toEqual([
    { kind: 3, code: "insufficient_funds" },
  ]);
  expect(await ground.db`SELECT id FROM ledger.journals WHERE id = ${id}`).toEqual([]);
  expect(await ground.balanceOf(payee)).toEqual({ balance: 0n, held: 0n });
});

it("posts all of an atomic batch or none, naming the item that was refused", async () => {
  const { payer, payee, pay } = await setUp();
  await expect(postBatch("atomic", [pay(2_000n), pay(3_001n), pay(1n)])).rejects.toMatchObject({
    code: "batch_item_refused",
    details: { item_index: 1, item_code: "insufficient_funds" },
  });
  expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n, held: 0n });
  expect(await postBatch("atomic", [pay(2_000n), pay(3_000n)])).toMatchObject({
    mode: "atomic",
    posted: 2,
    refused: 0,
  });
  expect(await ground.balanceOf(payee)).toEqual({ balance: 5_000n, held: 0n });
});

it("posts each item of an independent batch for itself, in order", async () => {
  const { payee, pay } = await setUp();
  const outcome = await postBatch("independent", [pay(4_000n), pay(2_000n), pay(1_000n)]);
  expect(outcome).toMatchObject({ mode: "independent", posted: 2, refused: 1 });
  expect(outcome.results.map(({ status }: { status: string }) => status)).toEqual([
    "posted",
    "refused",
    "posted",
  ]);
  expect(outcome.results[1].error).toMatchObject({ code: "insufficient_funds" });
  expect(await ground.balanceOf(payee)).toEqual({ balance: 5_000n, held: 0n });
});

it("answers a repeated key with the first answer, also of two at once, and of a refusal", async () => {
  const { payee, pay } = await setUp();
  const [first, second] = await Promise.all([
    post(pay(1_000n), { key: "rent" }),
    post(pay(1_000n), { key: "rent" }),
  ]);
  expect(second).toEqual(first);
  expect(await post(pay(1_000n), { key: "rent" })).toEqual(first);
  expect(await ground.balanceOf(payee)).toEqual({ balance: 1_000n, held: 0n });
  const refused = await post(pay(9_000n), { key: "dear" }).catch((error) => error);
  await post({ type: "deposit", accountId: Number(first.account_id), amount: 9_000n }, { actor: STAFF });
  await expect(post(pay(9_000n), { key: "dear" })).rejects.toMatchObject({
    code: "insufficient_funds",
    details: { transaction_id: refused.details.transaction_id },
  });
});

it("leaves nothing behind where the commit fails, and the same key then succeeds", async () => {
  const { payer, payee, pay } = await setUp();
  const before = await readTopics(ground.db);
  await ground.db`ALTER TABLE ledger.accounts ADD CONSTRAINT broken CHECK (credits_posted <> 777) NOT VALID`;
  await expect(post(pay(777n), { key: "broken" })).rejects.toThrow("broken");
  await ground.db`ALTER TABLE ledger.accounts DROP CONSTRAINT broken`;
  expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n, held: 0n });
  expect(await readTopics(ground.db)).toEqual(before);
  expect(await post(pay(777n), { key: "broken" })).toMatchObject({ status: "COMPLETED" });
  expect(await ground.balanceOf(payee)).toEqual({ balance: 777n, held: 0n });
});

it("never overdraws, whatever number of processes pays from one account at once", async () => {
  const other = await openTestDesk({ databaseUrl: ground.databaseUrl });
  const { payer, payee, pay } = await setUp();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 40 }, (_, n) => post(pay(200n), { on: n % 2 === 0 ? ground : other })),
  );
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(25);
  for (const outcome of outcomes)
    if (outcome.status === "rejected")
      expect(outcome).toMatchObject({ reason: { code: "insufficient_funds" } });
  expect(await ground.balanceOf(payer)).toEqual({ balance: 0n, held: 0n });
  expect(await ground.balanceOf(payee)).toEqual({ balance: 5_000n, held: 0n });
  await other.close();
});
