import { afterEach, beforeEach, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../tests/database.ts";
import {
  findRemembered,
  hashKey,
  holdEpoch,
  type RememberedAnswer,
  remember,
  rotateEpochs,
} from "./idempotency.ts";
import { inTransaction } from "./transaction.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase({ poolSize: 5 });
});
afterEach(() => database.drop());

const done: RememberedAnswer = { request: "{}", outcome: "done", answer: "{}" };

/** Remembers the key unless it is remembered, as every command does. Returns whether it was new. */
function once(key: string, meanwhile: () => Promise<unknown> = () => Promise.resolve()): Promise<boolean> {
  const keyHash = hashKey("alice", key);
  return inTransaction(database.db, async (tx) => {
    await holdEpoch(tx);
    const isNew = (await findRemembered(tx, [keyHash])).size === 0;
    await meanwhile();
    if (isNew) await remember(tx, new Map([[keyHash, done]]));
    return isNew;
  });
}

/** As if so many days had gone by. */
async function age(days: number): Promise<void> {
  await database.db`UPDATE runtime.idempotency_epochs SET started_at = started_at - make_interval(days => ${days})`;
}

it("begins a new epoch once a day, and finds keys of the one before", async () => {
  expect(await rotateEpochs(database.db, 2)).toEqual({ begun: undefined, dropped: [] });
  expect(await once("a")).toBe(true);
  await age(1);
  expect(await rotateEpochs(database.db, 2)).toEqual({ begun: 2, dropped: [] });
  expect(await rotateEpochs(database.db, 2)).toEqual({ begun: undefined, dropped: [] });
  expect(await once("a")).toBe(false);
  expect(await once("b")).toBe(true);
});

it("forgets a key when it is older than the days it is kept, by dropping its whole epoch", async () => {
  await once("old");
  await age(1);
  await rotateEpochs(database.db, 2);
  await age(1);
  expect(await rotateEpochs(database.db, 2)).toEqual({ begun: 3, dropped: [] });
  expect(await once("old")).toBe(false);
  await age(1);
  expect(await rotateEpochs(database.db, 2)).toEqual({ begun: 4, dropped: [1] });
  expect(await once("old")).toBe(true);
});

it("keeps a key unique across the change of epochs: the change waits for those who looked before it", async () => {
  await age(1);
  const looked = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const first = once("same", async () => {
    looked.resolve();
    await goOn.promise;
  });
  await looked.promise;
  const rotation = rotateEpochs(database.db, 2);
  await expect.poll(countWaiting, { timeout: 60_000 }).toBe(1);
  const second = once("same"); // queues behind the change, which queues behind the first
  await expect.poll(countWaiting, { timeout: 60_000 }).toBe(2);
  goOn.resolve();
  expect(await first).toBe(true);
  expect(await rotation).toEqual({ begun: 2, dropped: [] });
  expect(await second).toBe(false);
  const rows = await database.db`SELECT epoch FROM runtime.idempotency_keys`;
  expect([...rows]).toEqual([{ epoch: 1 }]);
});

async function countWaiting(): Promise<number> {
  const [row] = await database.db<[{ count: number }]>`
    SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted AND locktype = 'advisory'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  return row.count;
}
