import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../tests/database.ts";
import { openDatabase } from "../../runtime/database.ts";
import { inTransaction } from "../../runtime/transaction.ts";
import { AppError } from "../../values/app-error.ts";
import { ATTEMPTS_MAX, deliverEvents } from "./deliver-events.ts";
import { appendEvents, countWaiting, createSubscriptions, type OutboxEvent } from "./index.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 6 });
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.db`TRUNCATE jobs.outbox, jobs.dead_letters`;
});

function append(...topics: string[]): Promise<unknown> {
  const events = topics.map((topic, index) => ({ topic, payload: JSON.stringify({ index }) }));
  return inTransaction(database.db, (tx) => appendEvents(tx, events));
}

/** A subscriber that notes what it takes, and does what `handle` says. */
function listen(pattern: string, react: (event: OutboxEvent) => void | Promise<void> = () => undefined) {
  const subscriptions = createSubscriptions();
  const taken: string[] = [];
  subscriptions.subscribe(pattern, async (event) => {
    await react(event);
    taken.push(event.topic);
  });
  return { subscriptions, taken, context: { db: database.db, subscriptions } };
}

it("delivers events in the order of their commits, and deletes them", async () => {
  await append("order.a", "order.b");
  await append("order.c");
  const { taken, context } = listen("order.*");
  expect(await deliverEvents(context)).toMatchObject({ delivered: 3, unwanted: 0, isStandby: false });
  expect(taken).toEqual(["order.a", "order.b", "order.c"]);
  expect(await countWaiting(database.db)).toBe(0);
});

it("hands each subscriber what it asked for", async () => {
  const subscriptions = createSubscriptions();
  const taken: string[] = [];
  for (const pattern of ["*", "order.*", "order.paid", "order_line.*"])
    subscriptions.subscribe(pattern, ({ topic }) => void taken.push(`${pattern} ${topic}`));
  await append("order.paid", "orderXline.added", "order_line.added", "stock.sold");
  await deliverEvents({ db: database.db, subscriptions });
  expect(taken).toEqual([
    "* order.paid",
    "order.* order.paid",
    "order.paid order.paid",
    "* orderXline.added",
    "* order_line.added",
    "order_line.* order_line.added",
    "* stock.sold",
  ]);
  expect(() => subscriptions.subscribe("order*", () => undefined)).toThrow("no pattern");
});

it("deletes what nobody subscribes to", async () => {
  await append("stock.sold", "order.paid", "stock.sold");
  const { taken, context } = listen("order.paid");
  expect(await deliverEvents(context)).toMatchObject({ delivered: 1, unwanted: 2 });
  expect(taken).toEqual(["order.paid"]);
  await append("stock.sold");
  expect(await deliverEvents({ db: database.db, subscriptions: createSubscriptions() })).toMatchObject({
    unwanted: 1,
  });
  expect(await countWaiting(database.db)).toBe(0);
});

it("holds back everything after a failing event until it is taken, and deletes meanwhile what nobody wants", async () => {
  let isBroken = true;
  const { taken, context } = listen("order.*", ({ topic }) => {
    if (isBroken && topic === "order.b") throw new Error("no");
  });
  await append("order.a", "order.b", "order.c", "stock.sold");
  const start = new Date();
  const at = (ms: number) => ({ ...context, clock: () => new Date(start.getTime() + ms) });
  expect(await deliverEvents(at(0))).toMatchObject({ delivered: 1, failed: { isDead: false } });
  expect(await deliverEvents(at(499))).toMatchObject({ delivered: 0, unwanted: 0 });
  await append("stock.sold");
  expect(await deliverEvents(at(499))).toMatchObject({ delivered: 0, unwanted: 1 });
  expect(taken).toEqual(["order.a"]);
  isBroken = false;
  expect(await deliverEvents(at(501))).toMatchObject({ delivered: 2 });
  expect(taken).toEqual(["order.a", "order.b", "order.c"]);
});

it("FAILURES 19: every event is delivered or lies in dead_letters: a poisoned one dies after eight attempts, the rest go on", async () => {
  const { taken, context } = listen("order.*", ({ topic }) => {
    if (topic === "order.poison") throw new Error("cannot read \0 this");
  });
  await append("order.a", "order.poison", "order.b");
  const hourMs = 3_600_000;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const clock = () => new Date(Date.now() + attempt * hourMs);
    const { failed } = await deliverEvents({ ...context, clock });
    expect(failed).toMatchObject({ event: { attempts: attempt - 1 }, isDead: attempt === ATTEMPTS_MAX });
  }
  await deliverEvents(context);
  expect(taken).toEqual(["order.a", "order.b"]);
  const dead = await database.db`SELECT topic, attempts, last_error FROM jobs.dead_letters`;
  expect(dead).toEqual([{ topic: "order.poison", attempts: 8, last_error: "Error: cannot read  this" }]);
  expect(await countWaiting(database.db)).toBe(0);
});

it("waits for ever for a subscriber whose foreign system is unavailable", async () => {
  const { context } = listen("order.*", () => {
    throw new AppError("unavailable", "try_again");
  });
  await append("order.a");
  for (let attempt = 1; attempt <= 2 * ATTEMPTS_MAX; attempt += 1) {
    const clock = () => new Date(Date.now() + attempt * 3_600_000);
    expect(await deliverEvents({ ...context, clock })).toMatchObject({ failed: { isDead: false } });
  }
  expect(await countWaiting(database.db)).toBe(1);
});

/** A relay of another process, which dies when it is told to. */
async function openMortal() {
  const client = openDatabase({ url: database.url, poolSize: 1, statementTimeoutMs: 60_000 });
  const [{ pid }] = await client<[{ pid: number }]>`SELECT pg_backend_pid() AS pid`;
  const kill = () => database.db`SELECT pg_terminate_backend(${pid}, 5000)`;
  return { client, kill };
}

it("delivers again what was delivered but not yet deleted when the relay died", async () => {
  await append("order.a", "order.b", "order.c");
  const { client, kill } = await openMortal();
  const first = listen("order.*", async ({ topic }) => {
    if (topic === "order.b") await kill();
  });
  await expect(deliverEvents({ ...first.context, db: client })).rejects.toMatchObject({
    kind: "unavailable",
  });
  expect(first.taken).toContain("order.a");
  const second = listen("order.*");
  await deliverEvents(second.context);
  expect(second.taken).toEqual(["order.a", "order.b", "order.c"]);
  expect(first.taken).not.toContain("order.c"); // the dead relay hands out nothing more
  await client.end();
});

it("stands by while another process relays, and takes over when that one dies", async () => {
  await append("order.a");
  const { client, kill } = await openMortal();
  const reached = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<void>();
  const first = listen("order.*", () => {
    reached.resolve();
    return finished.promise;
  });
  const dying = expect(deliverEvents({ ...first.context, db: client })).rejects.toMatchObject({
    kind: "unavailable",
  });
  await reached.promise;
  const second = listen("order.*");
  expect(await deliverEvents(second.context)).toMatchObject({ isStandby: true });
  expect(second.taken).toEqual([]);
  await kill();
  expect(await deliverEvents(second.context)).toMatchObject({ isStandby: false, delivered: 1 });
  await dying;
  finished.resolve();
  await client.end();
});

it("FAILURES 39: finds an event that was committed late under a lower id", async () => {
  const { taken, context } = listen("order.*");
  const inserted = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const late = inTransaction(database.db, async (tx) => {
    await appendEvents(tx, [{ topic: "order.late", payload: "{}" }]);
    inserted.resolve();
    await released.promise;
  });
  await inserted.promise;
  await append("order.early");
  await deliverEvents(context);
  expect(taken).toEqual(["order.early"]);
  released.resolve();
  await late;
  await deliverEvents(context);
  expect(taken).toEqual(["order.early", "order.late"]);
});

it("FAILURES 20: an event whose work was rolled back is never delivered", async () => {
  const { taken, context } = listen("*");
  const work = inTransaction(database.db, async (tx) => {
    await appendEvents(tx, [{ topic: "order.paid", payload: "{}" }]);
    throw new AppError("refused", "insufficient_funds");
  });
  await expect(work).rejects.toMatchObject({ code: "insufficient_funds" });
  await deliverEvents(context);
  expect(taken).toEqual([]);
});

it("stops after the event in hand when the program stops", async () => {
  const stopping = new AbortController();
  const { taken, context } = listen("order.*", () => stopping.abort());
  await append("order.a", "order.b");
  await deliverEvents({ ...context, stopping: stopping.signal });
  expect(taken).toEqual(["order.a"]);
  expect(await countWaiting(database.db)).toBe(1);
});
