// Holds that are captured in several parts.
import { beforeEach, expect, it } from "vitest";
import { decideIn, hold, type Scene, useFilledBook, verifyTelling } from "../../../../tests/small-book.ts";
import type { Sql } from "../../../runtime/database.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { loadAssets } from "../accounts/assets.ts";
import { getBalance, type Owner, postJournal, releaseHold } from "../index.ts";
import type { Book } from "./book.ts";

let db: Sql;
let scene: Scene;
useFilledBook((book) => {
  ({ db, scene } = book);
});

const OWNER: Owner = { type: "trade_order", id: 1 };
let holdId: number;
beforeEach(async () => {
  holdId = await hold(db, scene); // 10.00 from a to b
});

/** The outcome stands in an array: a refusal is what some of these tests want. */
async function commit<T>(decide: (book: Book) => T): Promise<T> {
  const assets = await loadAssets(db);
  const scope = { accountIds: [scene.a, scene.b, scene.c], holdIds: [holdId] };
  const [outcome] = await inTransaction(db, (tx) =>
    decideIn(tx, assets, { scope, decide: (book): [T] => [decide(book)] }),
  );
  return outcome;
}

const draw = (amount: bigint, to?: number) =>
  commit((book) =>
    postJournal(book, {
      ...{ kind: "ORDER_PAYMENT", actorId: "test", owner: OWNER },
      transfers: [
        {
          ...{ debitAccountId: scene.a, creditAccountId: to ?? scene.c, amount },
          fromHold: { id: holdId, owner: OWNER },
        },
      ],
    }),
  );
const read = async () => {
  const [row] = await db`SELECT state, captured FROM ledger.holds WHERE id = ${holdId}`;
  const [account] = await db`SELECT debits_pending FROM ledger.accounts WHERE id = ${scene.a}`;
  return [row?.["state"], row?.["captured"], account?.["debits_pending"]];
};

it("keeps the rest held after each part, and ends with the last one", async () => {
  const [, , before] = await read();
  await draw(300n);
  expect(await read()).toEqual([1, 300n, before - 300n]);
  await draw(200n, scene.b);
  expect(await read()).toEqual([1, 500n, before - 500n]);
  expect((await verifyTelling(db)).differences).toEqual([]);
  await draw(500n);
  expect(await read()).toEqual([2, 1_000n, before - 1_000n]);
  expect((await verifyTelling(db)).differences).toEqual([]);
});

it("frees what is left, once, and then counts as captured", async () => {
  const [, , before] = await read();
  await draw(300n);
  const release = () => commit((book) => releaseHold(book, holdId));
  expect(await release()).toMatchObject({ state: "captured", captured: 300n });
  expect(await read()).toEqual([2, 300n, before - 1_000n]);
  expect(await release()).toMatchObject({ refused: "hold_not_active" });
  expect(await draw(1n)).toMatchObject({ refused: "hold_not_active" });
  expect((await verifyTelling(db)).differences).toEqual([]);
});

it("refuses more than is left, and leaves nothing", async () => {
  await draw(300n);
  const before = await read();
  expect(await draw(701n)).toMatchObject({ refused: "capture_exceeds_hold" });
  expect(await draw(0n)).toMatchObject({ refused: "capture_exceeds_hold" });
  expect(await read()).toEqual(before);
});

it("tells what was held at a moment between two parts", async () => {
  const first = await draw(300n);
  const between = "id" in first ? first.id : 0;
  await draw(200n);
  const before = await getBalance(db, scene.a, { at: between - 1 });
  const then = await getBalance(db, scene.a, { at: between });
  expect(before.held - then.held).toBe(300n);
  expect((await getBalance(db, scene.a)).held).toBe(then.held - 200n);
});

const TAMPERED: readonly (readonly [string, string])[] = [
  ["the amount of a part", "UPDATE ledger.captures SET amount = amount + 1"],
  ["a deleted part", "DELETE FROM ledger.captures"],
  ["a part of another hold", "UPDATE ledger.captures SET hold_id = hold_id - 1"],
  ["what was captured", "UPDATE ledger.holds SET captured = captured + 1 WHERE state = 1 AND captured > 0"],
];
for (const [what, sql] of TAMPERED)
  it(`names what was tampered with: ${what}`, async () => {
    await draw(300n);
    await db.unsafe(sql);
    expect((await verifyTelling(db)).checks).toContain("holds");
  });
