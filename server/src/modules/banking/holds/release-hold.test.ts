import { expect, it } from "vitest";
import { customer, euroOf, keyed, openTestDesk, readTopics, STAFF } from "../../../../tests/desk.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import type { Actor } from "../../../values/actor.ts";
import { getHold } from "./find-holds.ts";
import { buildPlaceHoldCommand } from "./place-hold.ts";
import { buildReleaseHoldCommand } from "./release-hold.ts";

const ground = await shareInFile(openTestDesk());

const [alice, shop] = [customer("alice"), customer("shop")];

/** Alice holds 10.00 of her 50.00 for the shop. */
async function setUp() {
  const payer = await ground.openAccount({ owner: "alice", balance: 5_000n });
  const payee = await ground.openAccount({ owner: "shop" });
  const placed = await ground.carryOut(
    buildPlaceHoldCommand(
      { actor: alice, assets: ground.assets, risk: ground.risk },
      { accountId: payer, toAccountId: payee, amount: 1_000n, asset: euroOf(ground), expiresInSeconds: 60 },
    ),
  );
  return { payer, payee, holdId: Number(placed.id) };
}

async function buildRelease(holdId: number, { actor = shop, key }: { actor?: Actor; key?: string } = {}) {
  const context = { actor, risk: ground.risk, key: key === undefined ? undefined : keyed(actor, key) };
  return buildReleaseHoldCommand(context, await getHold(ground, STAFF, holdId));
}

it("frees what was set aside, tells of it, and answers with the payer's balance where the caller may see it", async () => {
  const { payer, payee, holdId } = await setUp();
  const released = await ground.carryOut(await buildRelease(holdId, { actor: STAFF }));
  expect(released).toMatchObject({
    id: String(holdId),
    status: "CANCELLED",
    state: "released",
    amount: "10.00",
    captured: "0.00",
    balances: [{ account_id: String(payer), balance: "50.00", available: "50.00", held: "0.00" }],
  });
  expect(released.closed_at).not.toBeNull();
  expect(await ground.balanceOf(payee)).toEqual({ balance: 0n, held: 0n });
  expect((await readTopics(ground.db)).at(-1)).toBe("hold.released");
  expect(ground.counted.at(-1)).toBe("TRANSFER CANCELLED");
});

it("shows the payee, who may release, nothing of the payer's balance", async () => {
  const { holdId } = await setUp();
  expect((await ground.carryOut(await buildRelease(holdId))).balances ?? []).toEqual([]);
});

it("refuses the payer of a promise, and one who stands on neither side, and changes nothing", async () => {
  const { payer, holdId } = await setUp();
  const before = await readTopics(ground.db);
  for (const actor of [alice, customer("mallory")])
    await expect(ground.carryOut(await buildRelease(holdId, { actor }))).rejects.toMatchObject({
      code: "not_the_payee",
    });
  expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n, held: 1_000n });
  expect(await readTopics(ground.db)).toEqual(before);
});

it("answers a repeated key with the first release, and another one with what became of the hold", async () => {
  const { payer, holdId } = await setUp();
  const command = await buildRelease(holdId, { key: "release" });
  const first = await ground.desk.submit(command);
  expect(await ground.desk.submit(command)).toMatchObject({ ...first, counted: [], replayed: true });
  await expect(ground.carryOut(await buildRelease(holdId, { key: "again" }))).rejects.toMatchObject({
    code: "hold_not_active",
    details: { hold_state: "released" },
  });
  expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n, held: 0n });
});

it("leaves the hold as it was where the commit fails", async () => {
  const { payer, holdId } = await setUp();
  const before = await readTopics(ground.db);
  await ground.db`ALTER TABLE ledger.holds ADD CONSTRAINT broken CHECK (state <> 3) NOT VALID`;
  const command = await buildRelease(holdId, { key: "broken" });
  await expect(ground.carryOut(command)).rejects.toThrow("broken");
  await ground.db`ALTER TABLE ledger.holds DROP CONSTRAINT broken`;
  expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n, held: 1_000n });
  expect(await readTopics(ground.db)).toEqual(before);
  expect(await ground.carryOut(command)).toMatchObject({ state: "released" });
});

it("lets exactly one of two releases win, in one batch or on two processes", async () => {
  const other = await openTestDesk({ databaseUrl: ground.databaseUrl });
  for (const second of [ground, other]) {
    const { payer, holdId } = await setUp();
    const command = await buildRelease(holdId);
    const outcomes = await Promise.allSettled([ground.carryOut(command), second.carryOut(command)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await ground.balanceOf(payer)).toEqual({ balance: 5_000n, held: 0n });
  }
  await other.close();
});
