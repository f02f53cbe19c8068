// Streams of quotes, orders and executions: what they begin with, that nothing is missing after a break, from whatever process it
// came, who may see what, and what becomes of readers that are slow, of ids that are too old and of orders when a stream breaks.
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { poll } from "../../../src/runtime/embedded-postgres/poll.ts";
import { startTestApp, type TestApp } from "../../app.ts";
import {
  type EventAsk,
  type EventClient,
  openEventSocket,
  openEventSource,
  type ReceivedEvent,
} from "../../servers/event-client.ts";
import { openTradingGround, type TradingGround } from "./ground.ts";

let ground: TradingGround;
let second: TestApp;
const opened: EventClient[] = [];

beforeAll(async () => {
  ground = await openTradingGround({ settings: { STREAM_PER_CALLER: "8" } });
  second = await startTestApp({ DB_URL: ground.app.databaseUrl, STREAM_PER_CALLER: "8" });
  await ground.quote("100.00");
});
afterEach(async () => {
  for (const client of opened.splice(0)) client.close();
  await ground.app.send(ground.trader, "POST /trade-orders/cancel", {});
});
afterAll(async () => {
  await second.stop();
  await ground.app.stop();
});

async function open(way: typeof openEventSource, ask: Partial<EventAsk>): Promise<EventClient> {
  const client = await way({ url: ground.app.url, token: ground.trader, query: "", ...ask });
  opened.push(client);
  return client;
}
const quotes = () => `quotes=${ground.instrumentId}`;

it.each([
  ["Server-Sent Events", openEventSource],
  ["a WebSocket", openEventSocket],
] as const)(
  "T32 by %s a stream begins with the newest quote, and after a break goes on without a hole",
  async (_, way) => {
    const first = await open(way, { query: quotes() });
    const [snapshot] = await first.until("quote_snapshot");
    const start = snapshot?.data.sequence;
    expect(snapshot?.data.quote).toMatchObject({ number: start });
    await ground.quote("101.00");
    const [event] = await first.until("quote");
    expect(event?.data).toMatchObject({
      instrument_id: ground.instrumentId,
      sequence: start + 1,
      last: "101.00",
    });
    first.close();
    for (const price of ["102.00", "103.00", "104.00"]) await ground.quote(price);
    const resumed = await open(way, { query: `${quotes()}&after=${event?.id}` });
    const missed = [await resumed.next(), await resumed.next(), await resumed.next()];
    await ground.quote("105.00");
    const all = [...missed, await resumed.next()];
    expect(all.map((each) => [each?.event, each?.data.sequence, each?.data.last])).toEqual([
      ["quote", start + 2, "102.00"],
      ["quote", start + 3, "103.00"],
      ["quote", start + 4, "104.00"],
      ["quote", start + 5, "105.00"],
    ]);
  },
);

it("takes the browser's own Last-Event-ID", async () => {
  const first = await open(openEventSource, { query: quotes() });
  const [snapshot] = await first.until("quote_snapshot");
  first.close();
  await ground.quote("99.00");
  const resumed = await open(openEventSource, { query: quotes(), lastEventId: snapshot?.id });
  expect((await resumed.next())?.data).toMatchObject({
    sequence: snapshot?.data.sequence + 1,
    last: "99.00",
  });
});

it("tells what another process has committed, in one order, without a gap", async () => {
  const there = await open(openEventSource, { url: second.url, query: `${quotes()}&orders=true` });
  await there.until("orders_snapshot");
  const sent = Array.from({ length: 10 }, (_, index) => `${100 + index}.00`);
  for (const price of sent) await ground.quote(price);
  await ground.place({ side: "buy", type: "market", quantity: "1" });
  const seen = await there.until("execution");
  const quoted = seen.filter(({ event }) => event === "quote");
  expect(quoted.map(({ data }) => data.last)).toEqual(sent);
  expectGapless(quoted);
});

function expectGapless(events: readonly ReceivedEvent[]): void {
  const numbers = events.map(({ data }) => data.sequence);
  expect(numbers).toEqual(numbers.map((_, index) => numbers[0] + index));
}

it("tells the owner each step of an order and its execution, and nobody else", async () => {
  const { app } = ground;
  const mallory = await app.token("customer", "mallory");
  const own = await open(openEventSource, { query: "orders=true" });
  const others = await open(openEventSource, { token: mallory, query: `orders=true&${quotes()}` });
  const staff = await open(openEventSocket, { token: ground.admin, query: "orders=true&owner_id=trader" });
  const [before] = await own.until("orders_snapshot");
  await others.until("orders_snapshot");
  await staff.until("orders_snapshot");
  expect(before?.data).toMatchObject({ owner_id: "trader", is_complete: true, orders: [] });
  await ground.quote("100.00");
  const stop = await ground.place({ side: "sell", type: "stop", quantity: "1", stop_price: "95.00" });
  await ground.quote("94.00");
  const told = await own.until("execution");
  expect(
    told.map(({ event, data }) => [event, data.step ?? data.execution.price, data.order?.status]),
  ).toEqual([
    ["order", "placed", "CONFIRMED"],
    ["order", "fired", "PROCESSING"],
    ["order", "filled", "COMPLETED"],
    ["execution", "94.00", undefined],
  ]);
  expect(told.at(-1)?.data.execution).toMatchObject({ trade_order_id: stop.id, side: "sell", quantity: "1" });
  expectGapless(told);
  expect(told[0]?.data.sequence).toBe(before?.data.sequence + 1);
  expect((await staff.until("execution")).map(({ data }) => data)).toEqual(told.map(({ data }) => data));
  await ground.quote("93.00");
  const foreign: ReceivedEvent[] = [];
  while (foreign.at(-1)?.data.last !== "93.00") foreign.push(...(await others.until("quote")));
  expect(foreign.every(({ event }) => event === "quote" || event === "quote_snapshot")).toBe(true);
});

it("begins with the open orders, of one moment with their number", async () => {
  const placed = await ground.place({ side: "buy", type: "limit", quantity: "1", limit_price: "50.00" });
  const client = await open(openEventSource, { query: "orders=true" });
  const [snapshot] = await client.until("orders_snapshot");
  expect(snapshot?.data.orders.map(({ id }: { id: string }) => id)).toEqual([placed.id]);
  await ground.app.send(ground.trader, `POST /trade-orders/${placed.id}/cancel`);
  const cancelled = await client.next();
  expect(cancelled?.data).toMatchObject({
    sequence: snapshot?.data.sequence + 1,
    step: "cancelled",
    order: { id: placed.id, status: "CANCELLED" },
  });
});

it("T32 begins with a snapshot again where an id is too old, or of events that there never were", async () => {
  const first = await open(openEventSource, { query: "orders=true" });
  const [snapshot] = await first.until("orders_snapshot");
  first.close();
  for (let round = 0; round < 2; round += 1)
    await ground.place({ side: "buy", type: "limit", quantity: "1", limit_price: "50.00" });
  await ground.app.db`DELETE FROM trading.feed_events WHERE number <= ${snapshot?.data.sequence + 1}`;
  for (const after of [snapshot?.id, "o999999999", `q${ground.instrumentId}-1`]) {
    const client = await open(openEventSource, { query: `orders=true&after=${after}` });
    const event = await client.next();
    expect([event?.event, event?.data.sequence]).toEqual(["orders_snapshot", snapshot?.data.sequence + 2]);
    expect(event?.data.orders).toHaveLength(2);
  }
  const ahead = await open(openEventSource, { query: `${quotes()}&after=q${ground.instrumentId}-999999` });
  expect((await ahead.next())?.event).toBe("quote_snapshot");
});

it.each([
  ["", "quotes", 400],
  ["orders=maybe", "orders", 400],
  ["quotes=one", "quotes", 400],
  [`quotes=${Array.from({ length: 21 }, (_, index) => index + 1).join()}`, "quotes", 400],
  ["quotes=999999", undefined, 404],
  ["orders=true&after=yesterday", "after", 400],
  ["orders=true&depth=5", "depth", 400],
  ["orders=true&owner_id=mallory", "owner_id", 403],
  ["quotes=1&owner_id=trader", "owner_id", 400],
  ["quotes=1&cancel_on_disconnect=true", "cancel_on_disconnect", 400],
] as const)("refuses ?%s, naming %s", async (query, field, status) => {
  for (const way of [openEventSource, openEventSocket]) {
    const refused = await open(way, { query }).catch(({ message }: Error) => JSON.parse(message));
    expect([refused.status, refused.errors?.[0]?.field]).toEqual([status, field]);
  }
});

it("asks for a token, and lets one caller have only so many", async () => {
  const refused = await open(openEventSource, { token: undefined, query: "orders=true" }).catch(
    ({ message }: Error) => JSON.parse(message),
  );
  expect(refused.status).toBe(401);
  for (let count = 0; count < 8; count += 1) await open(openEventSource, { query: "orders=true" });
  const over = await open(openEventSocket, { query: "orders=true" }).catch(({ message }: Error) =>
    JSON.parse(message),
  );
  expect([over.status, over.code]).toEqual([429, "too_many_streams"]);
});

it("cuts a reader off that leaves too much unread, tells it so at last, and it goes on where it stopped", {
  timeout: 120_000,
}, async () => {
  const slow = await open(openEventSource, { query: quotes() });
  const [snapshot] = await slow.until("quote_snapshot");
  const fast = await open(openEventSource, { query: quotes() });
  await fast.until("quote_snapshot");
  slow.pause();
  let sent = 0;
  for (let round = 0; round < 8; round += 1) {
    const many = Array.from({ length: 5_000 }, (_, index) => ({
      ...{ instrument_id: ground.instrumentId, source: "flood", sequence: sent + index },
      ...{ bid: "100.00", ask: "100.00", last: "100.00", time: new Date().toISOString() },
    }));
    sent += (await ground.app.send(ground.admin, "POST /quotes", { quotes: many })).body.accepted;
  }
  const first = snapshot?.data.sequence + 1;
  let last: ReceivedEvent | undefined;
  while (last?.data.sequence !== first + sent - 1) last = await fast.next();
  slow.resume();
  const read: ReceivedEvent[] = await slow.until("end");
  expect(await slow.next()).toBeUndefined();
  expect(read.at(-1)).toMatchObject({ id: undefined, data: { reason: "slow_reader" } });
  const before = read.slice(0, -1);
  expect(before.length).toBeLessThan(sent);
  expectGapless(before);
  const again = await open(openEventSource, { query: quotes(), lastEventId: before.at(-1)?.id });
  let next = before.at(-1)?.data.sequence;
  while (next < first + sent - 1) {
    const event = await again.next();
    expect(event?.data.sequence).toBe(next + 1);
    next += 1;
  }
});

it("cancels all open orders of the owner when a stream that was opened for it breaks, and of no other", async () => {
  const limit = () => ground.place({ side: "buy", type: "limit", quantity: "1", limit_price: "50.00" });
  const [plain, guarded] = [
    await open(openEventSource, { query: "orders=true" }),
    await open(openEventSocket, { query: "orders=true&cancel_on_disconnect=true" }),
  ];
  await guarded.until("orders_snapshot"); // what is placed before it stands in it, and is told by no event
  const placed = [await limit(), await limit()];
  plain.close();
  await guarded.until("order");
  expect((await ground.order(placed[0].id)).status).toBe("QUEUED");
  const watch = await open(openEventSource, { query: "orders=true" });
  await watch.until("orders_snapshot");
  guarded.close();
  const ended = [await watch.next(), await watch.next()];
  expect(ended.map((each) => each?.data.order.id).sort()).toEqual(placed.map(({ id }) => id).sort());
  expect(ended[0]?.data.order).toMatchObject({
    status: "CANCELLED",
    reason: expect.stringContaining("broke"),
  });
  const isGone = async () => (await ground.app.db`SELECT FROM trading.stream_guards`).length === 0;
  expect(await poll({ timeoutMs: 30_000, until: isGone })).toBe(true);
});

it("cancels for a stream whose process died, but not what was placed on the next stream", async () => {
  const limit = () => ground.place({ side: "buy", type: "limit", quantity: "1", limit_price: "50.00" });
  const old = await limit();
  const { db } = ground.app;
  await db`
    INSERT INTO trading.stream_guards (owner_id, opened_by, opened_at, lease_until)
    VALUES ('trader', 'trader', 1, 'infinity')`;
  const next = await open(openEventSource, { query: "orders=true&cancel_on_disconnect=true" });
  await next.until("orders_snapshot");
  const young = await limit();
  await next.until("order");
  await db`UPDATE trading.stream_guards SET lease_until = '-infinity' WHERE opened_at = 1`; // the sweep of either process finds it
  const event = await next.next();
  expect(event?.data).toMatchObject({ step: "cancelled", order: { id: old.id } });
  expect((await ground.order(young.id)).status).toBe("QUEUED");
});

it("tells its streams when the server shuts down, and keeps none of them open", async () => {
  const third = await startTestApp({ DB_URL: ground.app.databaseUrl });
  const clients = [
    await open(openEventSource, { url: third.url, query: quotes() }),
    await open(openEventSocket, { url: third.url, query: quotes() }),
  ];
  for (const client of clients) await client.until("quote_snapshot");
  await third.stop();
  for (const client of clients) {
    expect((await client.until("end")).at(-1)?.data.reason).toBe("going_away");
    expect(await client.next()).toBeUndefined();
  }
});

it("is asked for by GET alone", async () => {
  for (const method of ["POST", "DELETE"])
    expect((await ground.app.call(method, "/api/v1/trading/stream", { token: ground.trader })).status).toBe(
      405,
    );
});
