import { afterAll, expect, it } from "vitest";
import { keyed, openTestDesk, openWithHold, readTopics, STAFF } from "../../../tests/desk.ts";
import { expectNothingWritten } from "../../../tests/refusal.ts";
import { shareInFile } from "../../../tests/share-in-file.ts";
import { findDifferences } from "../../../tests/verified.ts";
import { buildTouchCommand, expireHolds } from "./expire-holds.ts";

const ground = await shareInFile(openTestDesk());
afterAll(async () => expect(await findDifferences(ground.db)).toEqual([]));

const hold = () => openWithHold(ground);

/** The time of all of its holds is past, as if an hour had gone by. */
async function letExpire(accountId: number): Promise<void> {
  const past = Date.now() * 1000 - 1_000_000;
  await ground.db`UPDATE ledger.holds SET expires_at = ${past} WHERE debit_account_id = ${accountId}`;
  await ground.db`UPDATE ledger.accounts SET next_expiry = ${past} WHERE id = ${accountId}`;
}

it("frees what is due on every account, tells of it and counts it", async () => {
  const [due, other, early] = [await hold(), await hold(), await hold()];
  await letExpire(due);
  await letExpire(other);
  expect(await expireHolds(ground)).toBe(2);
  expect(await ground.balanceOf(due)).toEqual({ balance: 5_000n, held: 0n });
  expect(await ground.balanceOf(other)).toEqual({ balance: 5_000n, held: 0n });
  expect(await ground.balanceOf(early)).toEqual({ balance: 5_000n, held: 1_000n });
  expect((await readTopics(ground.db)).slice(-2)).toEqual(["hold.expired", "hold.expired"]);
  expect(ground.counted.slice(-2)).toEqual(["WITHDRAW CANCELLED", "WITHDRAW CANCELLED"]);
});

it("does nothing where nothing is due", async () => {
  await hold();
  expect(await expectNothingWritten(ground.db, () => expireHolds(ground))).toBe(0);
});

it("frees a hold once, of two processes at once", async () => {
  const accountId = await hold();
  const second = await openTestDesk({ databaseUrl: ground.databaseUrl });
  const before = (await readTopics(ground.db)).length;
  await letExpire(accountId);
  await Promise.all([expireHolds(ground), expireHolds(second)]);
  expect(await ground.balanceOf(accountId)).toEqual({ balance: 5_000n, held: 0n });
  expect(await readTopics(ground.db)).toHaveLength(before + 1);
  await second.close();
});

it("touching an account is enough, once for a key, and books nothing of its own", async () => {
  const accountId = await hold();
  await letExpire(accountId);
  const touch = { ...buildTouchCommand([accountId]), key: keyed(STAFF, "touch") };
  expect(await ground.carryOut(touch)).toEqual({});
  expect(await ground.balanceOf(accountId)).toEqual({ balance: 5_000n, held: 0n });
  expect(await expectNothingWritten(ground.db, () => ground.carryOut(touch))).toEqual({});
});

it("is refused by a desk that is closed, and leaves what is due as it was", async () => {
  const accountId = await hold();
  await letExpire(accountId);
  const second = await openTestDesk({ databaseUrl: ground.databaseUrl });
  await second.desk.close();
  await expect(expireHolds({ db: ground.db, desk: second.desk })).rejects.toMatchObject({
    kind: "unavailable",
  });
  expect(await ground.balanceOf(accountId)).toEqual({ balance: 5_000n, held: 1_000n });
  await second.close();
  await expireHolds(ground);
});
