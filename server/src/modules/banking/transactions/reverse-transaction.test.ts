import { expect, it } from "vitest";
import { customer, euroOf, keyed, openTestDesk, STAFF, type TestDesk } from "../../../../tests/desk.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { buildCaptureHoldCommand } from "../holds/capture-hold.ts";
import { getHold } from "../holds/find-holds.ts";
import { buildPlaceHoldCommand } from "../holds/place-hold.ts";
import { buildPostCommand, type TransactionRequest } from "./post-transactions.ts";
import { buildReversalCommand, getReversible } from "./reverse-transaction.ts";

const ground = await shareInFile(openTestDesk());

const alice = customer("alice");

async function post(request: Omit<TransactionRequest, "asset">): Promise<number> {
  const context = { actor: STAFF, assets: ground.assets, risk: ground.risk };
  return Number((await ground.carryOut(buildPostCommand(context, { ...request, asset: euroOf(ground) }))).id);
}

async function reverse(id: number, options: { key?: string; on?: TestDesk } = {}) {
  const { key, on = ground } = options;
  const journal = await getReversible(ground, id);
  const context = { actor: STAFF, risk: ground.risk, key: key === undefined ? undefined : keyed(STAFF, key) };
  return on.carryOut(buildReversalCommand(context, { journal, reference: "mistake" }));
}

async function setUp() {
  const payer = await ground.openAccount({ owner: "alice", balance: 5_000n });
  const payee = await ground.openAccount({ owner: "bob" });
  return { payer, payee };
}

it("reverses a transfer: the money goes back, as an adjustment that names it", async () => {
  const { payer, payee } = await setUp();
  const id = await post({ type: "transfer", accountId: payer, toAccountId: payee, amount: 1_200n });
  expect(await reverse(id)).toMatchObject({
    type: "SYSTEM_ADJUSTMENT",
    status: "COMPLETED",
    reverses: String(id),
    account_id: String(payee),
    to_account_id: String(payer),
    amount: "12.00",
    reference: "mistake",
    balances: [
      { account_id: String(payee), balance: "0.00" },
      { account_id: String(payer), balance: "50.00" },
    ],
  });
  expect(ground.counted.at(-1)).toBe("SYSTEM_ADJUSTMENT COMPLETED");
});

it("reverses deposits and withdrawals against the outside world", async () => {
  const { payer } = await setUp();
  const deposit = await post({ type: "deposit", accountId: payer, amount: 100n });
  expect(await reverse(deposit)).toMatchObject({ account_id: String(payer), to_account_id: null });
  const withdrawal = await post({ type: "withdrawal", accountId: payer, amount: 100n });
  expect(await reverse(withdrawal)).toMatchObject({ account_id: null, to_account_id: String(payer) });
  expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n, held: 0n });
});

it("reverses what a captured hold moved, not what was held", async () => {
  const { payer, payee } = await setUp();
  const request = {
    accountId: payer,
    toAccountId: payee,
    amount: 1_000n,
    asset: euroOf(ground),
    expiresInSeconds: 60,
  };
  const placed = await ground.carryOut(
    buildPlaceHoldCommand({ actor: alice, assets: ground.assets, risk: ground.risk }, request),
  );
  const id = Number(placed.id);
  await expect(reverse(id)).rejects.toMatchObject({
    code: "not_reversible",
    details: { transaction_status: "PENDING" },
  });
  await ground.carryOut(
    buildCaptureHoldCommand(
      { actor: STAFF, risk: ground.risk },
      { hold: await getHold(ground, STAFF, id), amount: 400n },
    ),
  );
  expect(await reverse(id)).toMatchObject({ amount: "4.00", reverses: String(id) });
  expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n, held: 0n });
});

it("refuses a second reversal, naming the first, and the reversal of a reversal", async () => {
  const { payer } = await setUp();
  const id = await post({ type: "withdrawal", accountId: payer, amount: 100n });
  const reversal = await reverse(id);
  await expect(reverse(id)).rejects.toMatchObject({
    code: "already_reversed",
    details: { reversed_by: reversal.id },
  });
  await expect(reverse(Number(reversal.id))).rejects.toMatchObject({ code: "not_reversible" });
  expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n, held: 0n });
});

it("refuses a transaction that failed, and one that does not exist", async () => {
  const { payer } = await setUp();
  const failed = await post({ type: "withdrawal", accountId: payer, amount: 9_999n }).catch((error) => error);
  await expect(reverse(Number(failed.details.transaction_id))).rejects.toMatchObject({
    code: "not_reversible",
    details: { transaction_status: "FAILED" },
  });
  await expect(reverse(4_711)).rejects.toMatchObject({ code: "transaction_not_found" });
});

it("refuses where the payee has spent the money, and keeps that as FAILED", async () => {
  const { payer, payee } = await setUp();
  const id = await post({ type: "transfer", accountId: payer, toAccountId: payee, amount: 1_000n });
  await post({ type: "withdrawal", accountId: payee, amount: 600n });
  const refused = await reverse(id).catch((error) => error);
  expect(refused).toMatchObject({ code: "insufficient_funds", details: { account_id: String(payee) } });
  const [kept] =
    await ground.db`SELECT kind, code FROM ledger.refusals WHERE id = ${refused.details.transaction_id}`;
  expect(kept).toEqual({ kind: 7, code: "insufficient_funds" });
  await post({ type: "deposit", accountId: payee, amount: 600n });
  expect(await reverse(id)).toMatchObject({ status: "COMPLETED" });
});

it("answers a repeated key with the first reversal", async () => {
  const { payer } = await setUp();
  const id = await post({ type: "withdrawal", accountId: payer, amount: 100n });
  const first = await reverse(id, { key: "undo" });
  expect(await reverse(id, { key: "undo" })).toEqual(first);
  expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n, held: 0n });
});

it("lets exactly one of two reversals from two processes win, and of two in one batch", async () => {
  const other = await openTestDesk({ databaseUrl: ground.databaseUrl });
  for (const second of [other, ground, other, ground]) {
    const { payer, payee } = await setUp();
    const id = await post({ type: "transfer", accountId: payer, toAccountId: payee, amount: 1_000n });
    await post({ type: "deposit", accountId: payee, amount: 1_000n });
    const outcomes = await Promise.allSettled([reverse(id), reverse(id, { on: second })]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { code: "already_reversed" },
    });
    expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n, held: 0n });
    expect(await ground.balanceOf(payee)).toEqual({ balance: 1_000n, held: 0n });
  }
  await other.close();
});

it("moves up to what is available where the request says so, and answers with what moved", async () => {
  const { payer, payee } = await setUp();
  const context = { actor: alice, assets: ground.assets, risk: ground.risk };
  const transfer = { type: "transfer", accountId: payer, toAccountId: payee, asset: euroOf(ground) } as const;
  const moved = await ground.carryOut(
    buildPostCommand(context, { ...transfer, amount: 9_000n, upToAvailable: true }),
  );
  expect(moved).toMatchObject({ amount: "50.00", balances: [{ balance: "0.00" }] });
  await expect(
    ground.carryOut(buildPostCommand(context, { ...transfer, amount: 1n, upToAvailable: true })),
  ).rejects.toMatchObject({ code: "insufficient_funds" });
  const small = await post({ type: "deposit", accountId: payer, amount: 500n });
  expect(small).toBeGreaterThan(0);
  expect(
    await ground.carryOut(buildPostCommand(context, { ...transfer, amount: 200n, upToAvailable: true })),
  ).toMatchObject({ amount: "2.00" });
});
