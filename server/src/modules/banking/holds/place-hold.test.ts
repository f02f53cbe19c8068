import { expect, it } from "vitest";
import { customer, euroOf, keyed, openTestDesk, readTopics, STAFF } from "../../../../tests/desk.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { buildPostBatchCommand, buildPostCommand } from "../transactions/post-transactions.ts";
import { findHolds } from "./find-holds.ts";
import { buildPlaceHoldCommand, type PlaceHoldRequest } from "./place-hold.ts";

const ground = await shareInFile(openTestDesk());

const alice = customer("alice");

function hold(accountId: number, more: Partial<PlaceHoldRequest> = {}): PlaceHoldRequest {
  return { accountId, amount: 1_000n, asset: euroOf(ground), expiresInSeconds: 3_600, ...more };
}

function place(request: PlaceHoldRequest, actor = alice, key?: string) {
  const context = {
    actor,
    assets: ground.assets,
    risk: ground.risk,
    key: key === undefined ? undefined : keyed(actor, key),
  };
  return ground.carryOut(buildPlaceHoldCommand(context, request));
}

it("sets money aside for another account: held, not moved, and not to be spent", async () => {
  const payer = await ground.openAccount({ owner: "alice", balance: 5_000n });
  const payee = await ground.openAccount({ owner: "shop" });
  const placed = await place(hold(payer, { toAccountId: payee, reference: "order 1" }));
  expect(placed).toMatchObject({
    type: "TRANSFER",
    status: "PENDING",
    state: "active",
    account_id: String(payer),
    to_account_id: String(payee),
    amount: "10.00",
    captured: "0.00",
    currency: "EUR",
    reference: "order 1",
    closed_at: null,
    balances: [{ account_id: String(payer), balance: "50.00", available: "40.00", held: "10.00" }],
  });
  expect(Date.parse(placed.expires_at) - Date.parse(placed.created_at)).toBe(3_600_000);
  expect(await readTopics(ground.db)).toContain("hold.placed");
  expect(ground.counted).toContain("TRANSFER PENDING");
  const spend = { type: "withdrawal", accountId: payer, amount: 4_001n, asset: euroOf(ground) } as const;
  await expect(
    ground.carryOut(buildPostCommand({ actor: alice, assets: ground.assets, risk: ground.risk }, spend)),
  ).rejects.toMatchObject({ code: "insufficient_funds" });
});

it("holds for a payout where no payee is named", async () => {
  const payer = await ground.openAccount({ owner: "alice", balance: 5_000n });
  expect(await place(hold(payer))).toMatchObject({ type: "WITHDRAW", to_account_id: null });
});

it("FAILURES 26: accepts five holds of 1,000 on 5,000 and refuses the sixth, in one batch or in six", async () => {
  const batched = await ground.openAccount({ owner: "alice", balance: 5_000n });
  const single = await ground.openAccount({ owner: "alice", balance: 5_000n });
  const atOnce = await Promise.allSettled([1, 2, 3, 4, 5, 6].map(() => place(hold(batched))));
  const inTurn: PromiseSettledResult<unknown>[] = [];
  for (let n = 0; n < 6; n += 1) inTurn.push(...(await Promise.allSettled([place(hold(single))])));
  for (const outcomes of [atOnce, inTurn]) {
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(5).fill("fulfilled"), "rejected"]);
    expect(outcomes[5]).toMatchObject({ reason: { code: "insufficient_funds" } });
  }
  expect(await ground.balanceOf(batched)).toEqual({ balance: 5_000n, held: 5_000n });
  expect(await ground.balanceOf(single)).toEqual({ balance: 5_000n, held: 5_000n });
});

it("keeps a hold that a rule of the business refused as a FAILED transaction", async () => {
  const poor = await ground.openAccount({ owner: "alice" });
  const refused = await place(hold(poor)).catch((error) => error);
  const rows =
    await ground.db`SELECT kind, code FROM ledger.refusals WHERE id = ${refused.details.transaction_id}`;
  expect(rows).toEqual([{ kind: 2, code: "insufficient_funds" }]);
});

it("refuses accounts that are not the customer's, unknown, of another currency, or the house's", async () => {
  const payer = await ground.openAccount({ owner: "alice", balance: 5_000n });
  const foreign = await ground.openAccount({ owner: "bob", balance: 5_000n });
  const dollars = await ground.openAccount({ owner: "alice", currency: "USD" });
  const world = ground.assets.systemAccount(euroOf(ground).id, "world");
  const refusals: [PlaceHoldRequest, string][] = [
    [hold(foreign), "account_not_found"],
    [hold(dollars), "asset_mismatch"],
    [hold(payer, { toAccountId: dollars }), "asset_mismatch"],
    [hold(payer, { toAccountId: 999_999_999 }), "account_not_found"],
    [hold(payer, { toAccountId: world }), "account_not_found"],
  ];
  for (const [request, code] of refusals) await expect(place(request)).rejects.toMatchObject({ code });
  for (const id of [999_999_999, world])
    await expect(place(hold(id), STAFF)).rejects.toMatchObject({ code: "account_not_found" });
  expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n, held: 0n });
});

it("answers a repeated key with the same hold and places no second one", async () => {
  const payer = await ground.openAccount({ owner: "alice", balance: 5_000n });
  const [first, second] = await Promise.all([
    place(hold(payer), alice, "once"),
    place(hold(payer), alice, "once"),
  ]);
  expect(second).toEqual(first);
  expect(await place(hold(payer), alice, "once")).toEqual(first);
  expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n, held: 1_000n });
});

it("judges a hold by the risk rules, active holds counting as outgoing", async () => {
  const rules = [
    { rule: "many_in_short_time", count: 2, seconds: 60, block: true },
    { rule: "large_amount", above: "20", block: true },
  ] as const;
  const strict = await openTestDesk({ databaseUrl: ground.databaseUrl, rules });
  const payer = await ground.openAccount({ owner: "alice", balance: 9_000n });
  const submit = (amount: bigint) =>
    strict.carryOut(
      buildPlaceHoldCommand(
        { actor: alice, assets: strict.assets, risk: strict.risk },
        hold(payer, { amount }),
      ),
    );
  await expect(submit(2_001n)).rejects.toMatchObject({ code: "blocked_by_risk_rule" });
  await submit(100n);
  await submit(100n);
  await expect(submit(100n)).rejects.toMatchObject({
    code: "blocked_by_risk_rule",
    details: { rule: "many_in_short_time" },
  });
  expect(await readTopics(ground.db)).toContain("transaction.flagged");
  await strict.close();
});

it("counts as far as the rule that looks furthest, where two look back over the same time", async () => {
  const over = (count: number) => ({ rule: "many_in_short_time", count, seconds: 60 }) as const;
  const rules = [{ ...over(5), block: true }, over(2)];
  const strict = await openTestDesk({ databaseUrl: ground.databaseUrl, rules });
  const payer = await ground.openAccount({ owner: "alice", balance: 100n });
  const request = { type: "withdrawal", accountId: payer, amount: 1n, asset: euroOf(ground) } as const;
  const pay = () =>
    strict.carryOut(buildPostCommand({ actor: alice, assets: strict.assets, risk: strict.risk }, request));
  for (let paid = 0; paid < 5; paid += 1) await pay();
  await expect(pay()).rejects.toMatchObject({ code: "blocked_by_risk_rule" });
  await strict.close();
});

it("does not count the payments of a refused atomic batch against the next command of its batch", async () => {
  const rules = [{ rule: "many_in_short_time", count: 2, seconds: 60, block: true }] as const;
  const strict = await openTestDesk({ databaseUrl: ground.databaseUrl, rules });
  const payer = await ground.openAccount({ owner: "alice", balance: 100n });
  const pay = (amount: bigint) =>
    ({ type: "withdrawal", accountId: payer, amount, asset: euroOf(ground) }) as const;
  const context = { actor: alice, assets: strict.assets, risk: strict.risk };
  const [batch, single] = await Promise.allSettled([
    strict.carryOut(buildPostBatchCommand({ ...context, mode: "atomic" }, [pay(10n), pay(10n), pay(1_000n)])),
    strict.carryOut(buildPostCommand(context, pay(10n))),
  ]);
  expect([batch.status, single.status]).toEqual(["rejected", "fulfilled"]);
  await strict.close();
});

it("lists holds to those who may see them, page by page and by status", async () => {
  const payer = await ground.openAccount({ owner: "carol", balance: 5_000n });
  const payee = await ground.openAccount({ owner: "dave" });
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1)
    ids.unshift((await place(hold(payer, { toAccountId: payee }), customer("carol"))).id);
  const list = async (owner: string, query: object = {}) =>
    (await findHolds(ground, customer(owner), { limit: 10, ...query })).items.map((found) =>
      String(found.id),
    );
  expect(await list("carol")).toEqual(ids);
  expect(await list("dave", { accountId: payee })).toEqual(ids);
  expect(await list("dave", { limit: 2 })).toEqual(ids.slice(0, 2));
  expect(await list("dave", { cursor: Number(ids[1]) })).toEqual(ids.slice(2));
  expect(await list("dave", { status: "COMPLETED" })).toEqual([]);
  expect(await list("erin")).toEqual([]);
  await expect(list("erin", { accountId: payee })).rejects.toMatchObject({ code: "account_not_found" });
  expect((await findHolds(ground, STAFF, { limit: 3 })).items).toHaveLength(3);
});
