import { expect, it } from "vitest";
import { customer, euroOf, keyed, openTestDesk, readTopics, STAFF } from "../../../../tests/desk.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import type { Actor } from "../../../values/actor.ts";
import type { BookCommand } from "../../desk/index.ts";
import { expireHolds } from "../../desk/index.ts";
import { buildCaptureHoldCommand } from "./capture-hold.ts";
import { getHold } from "./find-holds.ts";
import { buildPlaceHoldCommand } from "./place-hold.ts";
import { buildReleaseHoldCommand } from "./release-hold.ts";

const ground = await shareInFile(openTestDesk());

const [alice, shop] = [customer("alice"), customer("shop")];

interface Scene {
  readonly payer: number;
  readonly payee: number;
  readonly holdId: number;
}

/** Alice holds 10.00 of her 50.00 for the shop, or for a payout. */
async function setUp(options: { payout?: boolean; seconds?: number } = {}): Promise<Scene> {
  const payer = await ground.openAccount({ owner: "alice", balance: 5_000n });
  const payee = await ground.openAccount({ owner: "shop" });
  const asset = euroOf(ground);
  const toAccountId = options.payout === true ? undefined : payee;
  const request = {
    accountId: payer,
    toAccountId,
    amount: 1_000n,
    asset,
    expiresInSeconds: options.seconds ?? 60,
  };
  const placed = await ground.carryOut(
    buildPlaceHoldCommand({ actor: alice, assets: ground.assets, risk: ground.risk }, request),
  );
  return { payer, payee, holdId: Number(placed.id) };
}

async function capture(holdId: number, options: { actor?: Actor; amount?: bigint; key?: string } = {}) {
  return ground.carryOut(await captureCommand(holdId, options));
}

async function captureCommand(
  holdId: number,
  { actor = shop, amount, key }: { actor?: Actor; amount?: bigint; key?: string } = {},
): Promise<BookCommand> {
  const hold = await getHold(ground, STAFF, holdId);
  return buildCaptureHoldCommand(
    { actor, risk: ground.risk, key: key === undefined ? undefined : keyed(actor, key) },
    { hold, amount },
  );
}

async function release(holdId: number, actor: Actor = shop) {
  return ground.carryOut(
    buildReleaseHoldCommand({ actor, risk: ground.risk }, await getHold(ground, STAFF, holdId)),
  );
}

/** The hold's time is past, as if an hour had gone by. */
async function letExpire({ holdId, payer }: Scene): Promise<void> {
  const past = Date.now() * 1000 - 1_000_000;
  await ground.db`UPDATE ledger.holds SET expires_at = ${past} WHERE id = ${holdId}`;
  await ground.db`UPDATE ledger.accounts SET next_expiry = ${past} WHERE id = ${payer}`;
}

it("captures the whole hold to its payee", async () => {
  const { payer, payee, holdId } = await setUp();
  expect(await capture(holdId)).toMatchObject({
    id: String(holdId),
    status: "COMPLETED",
    state: "captured",
    captured: "10.00",
    balances: [{ account_id: String(payee), balance: "10.00" }],
  });
  expect(await ground.balanceOf(payer)).toEqual({ balance: 4_000n, held: 0n });
  expect(await ground.balanceOf(payee)).toEqual({ balance: 1_000n, held: 0n });
  expect((await readTopics(ground.db)).at(-1)).toBe("hold.captured");
  expect(ground.counted.at(-1)).toBe("TRANSFER COMPLETED");
});

it("captures a part and frees the rest", async () => {
  const { payer, holdId } = await setUp();
  expect(await capture(holdId, { amount: 300n })).toMatchObject({ amount: "10.00", captured: "3.00" });
  expect(await ground.balanceOf(payer)).toEqual({ balance: 4_700n, held: 0n });
});

it("refuses to capture more than is held, and leaves the hold as it was", async () => {
  const { payer, holdId } = await setUp();
  await expect(capture(holdId, { amount: 1_001n })).rejects.toMatchObject({ code: "capture_exceeds_hold" });
  expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n, held: 1_000n });
});

it("releases a hold: nothing moved, all is free again", async () => {
  const { payer, payee, holdId } = await setUp();
  expect(await release(holdId)).toMatchObject({ status: "CANCELLED", state: "released", captured: "0.00" });
  expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n, held: 0n });
  expect(await ground.balanceOf(payee)).toEqual({ balance: 0n, held: 0n });
  expect((await readTopics(ground.db)).at(-1)).toBe("hold.released");
});

it("lets the payee and staff end a hold, the payer only one that is promised to nobody", async () => {
  const promised = await setUp();
  await expect(capture(promised.holdId, { actor: alice })).rejects.toMatchObject({ code: "not_the_payee" });
  await expect(release(promised.holdId, alice)).rejects.toMatchObject({ code: "not_the_payee" });
  expect(await capture(promised.holdId, { actor: STAFF })).toMatchObject({ state: "captured" });
  const payout = await setUp({ payout: true });
  await expect(capture(payout.holdId, { actor: alice })).rejects.toMatchObject({ code: "not_the_payee" });
  expect(await release(payout.holdId, alice)).toMatchObject({ state: "released" });
});

it("hides a hold from those on neither side", async () => {
  const { holdId } = await setUp();
  await expect(getHold(ground, customer("mallory"), holdId)).rejects.toMatchObject({
    code: "hold_not_found",
  });
  await expect(getHold(ground, STAFF, 1)).rejects.toMatchObject({ code: "hold_not_found" });
  for (const actor of [alice, shop, STAFF])
    expect(await getHold(ground, actor, holdId)).toMatchObject({ id: holdId });
});

it("refuses to end a hold twice, naming what became of it", async () => {
  const captured = await setUp();
  await capture(captured.holdId);
  const released = await setUp();
  await release(released.holdId);
  for (const end of [capture, release]) {
    await expect(end(captured.holdId)).rejects.toMatchObject({
      code: "hold_not_active",
      details: { hold_state: "captured" },
    });
    await expect(end(released.holdId)).rejects.toMatchObject({
      code: "hold_not_active",
      details: { hold_state: "released" },
    });
  }
  expect(await ground.balanceOf(captured.payee)).toEqual({ balance: 1_000n, held: 0n });
});

it("answers a repeated key with the first capture, and remembers a refusal", async () => {
  const { payee, holdId } = await setUp();
  const first = await capture(holdId, { key: "capture 1" });
  expect(await capture(holdId, { key: "capture 1" })).toEqual(first);
  expect(await ground.balanceOf(payee)).toEqual({ balance: 1_000n, held: 0n });
  const outcome = await ground.desk.submit(await captureCommand(holdId, { key: "capture 2" }));
  const again = await ground.desk.submit(await captureCommand(holdId, { key: "capture 2" }));
  expect(outcome).toMatchObject({ refused: { code: "hold_not_active" }, replayed: false });
  expect(again).toMatchObject({ refused: { code: "hold_not_active" }, replayed: true });
});

it("refuses to capture from a frozen account, but releases it", async () => {
  const { payer, holdId } = await setUp();
  await ground.db`UPDATE ledger.accounts SET state = 2 WHERE id = ${payer}`;
  await expect(capture(holdId)).rejects.toMatchObject({ code: "account_frozen" });
  expect(await release(holdId)).toMatchObject({ state: "released" });
});

it("leaves nothing behind where the commit fails", async () => {
  const { payer, payee, holdId } = await setUp();
  const before = await readTopics(ground.db);
  await ground.db`ALTER TABLE ledger.accounts ADD CONSTRAINT broken CHECK (credits_posted <> 1000) NOT VALID`;
  await expect(capture(holdId, { key: "broken" })).rejects.toThrow("broken");
  await ground.db`ALTER TABLE ledger.accounts DROP CONSTRAINT broken`;
  expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n, held: 1_000n });
  expect(await readTopics(ground.db)).toEqual(before);
  expect(await capture(holdId, { key: "broken" })).toMatchObject({ state: "captured" });
  expect(await ground.balanceOf(payee)).toEqual({ balance: 1_000n, held: 0n });
});

it("expires a due hold that a capture touches: refused, recorded, told", async () => {
  const scene = await setUp();
  await letExpire(scene);
  await expect(capture(scene.holdId)).rejects.toMatchObject({
    code: "hold_not_active",
    details: { hold_state: "expired" },
  });
  expect(await getHold(ground, STAFF, scene.holdId)).toMatchObject({ state: "expired" });
  expect(await ground.balanceOf(scene.payer)).toEqual({ balance: 5_000n, held: 0n });
  expect((await readTopics(ground.db)).filter((topic) => topic === "hold.expired")).toHaveLength(1);
  expect(ground.counted.at(-1)).toBe("TRANSFER CANCELLED");
});

it("sweeps due holds that nobody touches, once, and leaves the others", async () => {
  const [due, alsoDue, later] = [await setUp(), await setUp({ payout: true }), await setUp()];
  await letExpire(due);
  await letExpire(alsoDue);
  const second = await openTestDesk({ databaseUrl: ground.databaseUrl });
  const before = (await readTopics(ground.db)).filter((topic) => topic === "hold.expired").length;
  await Promise.all([expireHolds(ground), expireHolds(second)]);
  expect(await expireHolds(ground)).toBe(0);
  for (const { holdId } of [due, alsoDue])
    expect(await getHold(ground, STAFF, holdId)).toMatchObject({ state: "expired" });
  expect(await getHold(ground, STAFF, later.holdId)).toMatchObject({ state: "active" });
  const after = (await readTopics(ground.db)).filter((topic) => topic === "hold.expired").length;
  expect(after - before).toBe(2);
  await second.close();
});

it("FAILURES 27: of two captures of one hold from two processes exactly one is applied", async () => {
  const other = await openTestDesk({ databaseUrl: ground.databaseUrl });
  for (let round = 0; round < 10; round += 1) {
    const { payer, payee, holdId } = await setUp();
    const command = await captureCommand(holdId);
    const outcomes = await Promise.allSettled([ground.carryOut(command), other.carryOut(command)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { code: "hold_not_active", details: { hold_state: "captured" } },
    });
    expect(await ground.balanceOf(payer)).toEqual({ balance: 4_000n, held: 0n });
    expect(await ground.balanceOf(payee)).toEqual({ balance: 1_000n, held: 0n });
  }
  await other.close();
});

it("lets exactly one of a capture and a release from two processes win", async () => {
  const other = await openTestDesk({ databaseUrl: ground.databaseUrl });
  for (let round = 0; round < 10; round += 1) {
    const { payer, payee, holdId } = await setUp();
    const hold = await getHold(ground, STAFF, holdId);
    const [first, second] = round % 2 === 0 ? [ground, other] : [other, ground];
    const outcomes = await Promise.allSettled([
      first.carryOut(buildCaptureHoldCommand({ actor: shop, risk: ground.risk }, { hold })),
      second.carryOut(buildReleaseHoldCommand({ actor: shop, risk: ground.risk }, hold)),
    ]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const moved = outcomes[0].status === "fulfilled" ? 1_000n : 0n;
    expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n - moved, held: 0n });
    expect(await ground.balanceOf(payee)).toEqual({ balance: moved, held: 0n });
  }
  await other.close();
});
