// The failures of trading that FAILURES.md lists, by their numbers, as far as dealing at quotes goes.
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { verifyTrading } from "../../../src/modules/trading/verify/verify-trading.ts";
import { startTestApp } from "../../app.ts";
import { openTradingGround, type TradingGround } from "./ground.ts";

let ground: TradingGround;
beforeAll(async () => {
  ground = await openTradingGround();
  await ground.quote("100.00");
  await ground.place({ side: "buy", type: "market", quantity: "200" });
});
afterEach(async () => {
  await ground.app.send(ground.trader, "POST /trade-orders/cancel", {});
  const [cash, units] = [await ground.balance(ground.cashId), await ground.balance(ground.assetId)];
  expect([cash.held, units.held]).toEqual(["0.00", "0"]); // T18, T25: whatever ends an order frees its hold
  expect(await verifyTrading(ground.app.db)).toEqual([]);
});
afterAll(() => ground.app.stop());

const send = (request: string, body?: unknown) => ground.app.send(ground.trader, request, body);
const attempt = (order: Readonly<Record<string, unknown>>) =>
  send("POST /trade-orders", { instrument_id: ground.instrumentId, ...order });
const statusOf = async (id: string) => (await ground.order(id)).status;

it("T2 a stop without any quote stays as it is, and is fired by the first that reaches it", async () => {
  const { app, admin, cashId, assetId } = ground;
  const fields = {
    symbol: "SHARE-NEW",
    name: "Untraded",
    asset: "SHARE",
    currency: "USD",
    quote_stale_seconds: null,
  };
  const { id } = (await app.send(admin, "POST /instruments", fields)).body;
  const order = { instrument_id: id, side: "sell", type: "stop", quantity: "1", stop_price: "95.00" };
  const accounts = { cash_account_id: cashId, asset_account_id: assetId };
  const { body: placed } = await send("POST /trade-orders", { ...order, ...accounts });
  expect(placed.status).toBe("CONFIRMED");
  const quote = { instrument_id: id, bid: "94", ask: "94", last: "94", time: new Date().toISOString() };
  expect((await app.send(admin, "POST /quotes", { quotes: [quote] })).body.fired).toBe(1);
  expect(await statusOf(placed.id)).toBe("COMPLETED");
});

it("T5 no market order is dealt at a quote that is too old, and an old one fires nothing", async () => {
  const { app, admin, instrumentId } = ground;
  const stop = await ground.place({ side: "sell", type: "stop", quantity: "1", stop_price: "95.00" });
  const limit = (seconds: number | null) =>
    app.send(admin, `PATCH /instruments/${instrumentId}`, { quote_stale_seconds: seconds });
  await ground.quote("100.00", { time: new Date(Date.now() - 30_000).toISOString() });
  await limit(10);
  const refused = await attempt({ side: "buy", type: "market", quantity: "1" });
  expect([refused.status, refused.body.code]).toEqual([422, "quote_stale"]);
  const old = await ground.quote("90.00", { time: new Date(Date.now() - 20_000).toISOString() });
  expect(old).toEqual({ accepted: 0, ignored: [{ index: 0, reason: "stale" }], fired: 0 });
  expect(await statusOf(stop.id)).toBe("CONFIRMED");
  await limit(null);
});

it("T6 a shuffled feed ends like a sorted one, and what comes late fires nothing", async () => {
  const stop = await ground.place({ side: "sell", type: "stop", quantity: "1", stop_price: "95.00" });
  const late = { source: "shuffled" };
  await ground.quote("101.00", { ...late, sequence: 7 });
  expect(await ground.quote("90.00", { ...late, sequence: 5 })).toMatchObject({ accepted: 0, fired: 0 });
  expect(await ground.quote("90.00", { ...late, sequence: 7 })).toMatchObject({ accepted: 0, fired: 0 });
  const { quote } = (await send(`GET /instruments/${ground.instrumentId}`)).body;
  expect(quote).toMatchObject({ last: "101.00", sequence: 7 });
  expect(await statusOf(stop.id)).toBe("CONFIRMED");
});

it("T7 zero and crossed quotes trigger nothing and mark nothing", async () => {
  const stop = await ground.place({ side: "sell", type: "stop", quantity: "1", stop_price: "95.00" });
  for (const [prices, reason] of [
    [{ bid: "0" }, "zero"],
    [{ last: "0" }, "zero"],
    [{ bid: "99.00", ask: "90.00" }, "crossed"],
  ] as const)
    expect(await ground.quote("90.00", prices)).toMatchObject({
      accepted: 0,
      ignored: [{ index: 0, reason }],
    });
  expect(await statusOf(stop.id)).toBe("CONFIRMED");
});

it("T12 an order that is to be dealt at once or not at all leaves nothing where it cannot be", async () => {
  for (const time_in_force of ["FOK", "IOC"]) {
    const order = { side: "buy", type: "limit", quantity: "1", limit_price: "50.00", time_in_force };
    expect(await ground.place(order)).toMatchObject({ status: "EXPIRED", held: "0.00", hold_id: null });
  }
});

it("T15 T16 a pair holds once and is filled once, whatever quotes come together", async () => {
  const { app, admin, instrumentId } = ground;
  await ground.quote("100.00", { source: "pairs", sequence: 1 });
  const before = await ground.balance(ground.assetId);
  const { orders } = await ground.pair(
    { side: "sell", type: "stop", quantity: "150", stop_price: "95.00" },
    { side: "sell", type: "limit", quantity: "150", limit_price: "105.00" },
  );
  expect((await ground.balance(ground.assetId)).held).toBe("150");
  const quotes = ["94.00", "106.00", "93.00"].map((price, index) => ({
    ...{ instrument_id: instrumentId, bid: price, ask: price, last: price, source: "pairs" },
    ...{ time: new Date().toISOString(), sequence: 2 + index },
  }));
  expect((await app.send(admin, "POST /quotes", { quotes })).body).toMatchObject({ accepted: 3, fired: 1 });
  const statuses = await Promise.all(orders.map(({ id }: { id: string }) => statusOf(id)));
  expect(statuses).toEqual(["COMPLETED", "CANCELLED"]);
  expect(Number(before.balance) - Number((await ground.balance(ground.assetId)).balance)).toBe(150);
  await ground.place({ side: "buy", type: "market", quantity: "150" });
});

it("T17 a replacement that is refused changes nothing; one that is not swaps the hold", async () => {
  const placed = await ground.place({ side: "buy", type: "limit", quantity: "10", limit_price: "50.00" });
  const path = `/trade-orders/${placed.id}`;
  const before = await ground.order(placed.id);
  for (const [change, code] of [
    [{ quantity: "9000000" }, "insufficient_funds"],
    [{ limit_price: "50.005" }, "price_off_tick"],
    [{ stop_price: "49.00" }, "trade_order_not_so"],
  ] as const)
    expect((await send(`PATCH ${path}`, change)).body.code).toBe(code);
  expect(await ground.order(placed.id)).toEqual(before);
  const replaced = await send(`PATCH ${path}`, { quantity: "4", limit_price: "60.00" });
  expect(replaced.body).toMatchObject({
    quantity: "4",
    limit_price: "60.00",
    held: "240.24",
    status: "QUEUED",
  });
  expect((await ground.balance(ground.cashId)).held).toBe("240.24");
  const stale = await ground.app.call("PATCH", `/api/v1${path}`, {
    ...{ token: ground.trader, body: { quantity: "5" }, headers: { "if-match": '"1"' } },
  });
  expect([stale.status, stale.body.code]).toEqual([409, "version_mismatch"]); // T19
});

it("T11 a limit that is replaced to where the quote is, is dealt", async () => {
  await ground.quote("93.00", { source: "replaced", sequence: 1 });
  const placed = await ground.place({ side: "buy", type: "limit", quantity: "1", limit_price: "50.00" });
  const { body } = await send(`PATCH /trade-orders/${placed.id}`, { limit_price: "95.00" });
  expect(body).toMatchObject({ status: "COMPLETED", average_price: "93.00", held: "0.00" });
});

it("T21 T22 fifty retries under one client_order_id are one order and one hold; another order under it is refused", async () => {
  const order = { side: "buy", type: "limit", quantity: "1", limit_price: "50.00", client_order_id: "once" };
  const answers = await Promise.all(Array.from({ length: 50 }, () => attempt(order)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  expect((await ground.balance(ground.cashId)).held).toBe("50.05");
  const other = await attempt({ ...order, quantity: "2" });
  expect([other.status, other.body.code]).toEqual([409, "client_order_id_taken"]);
});

it("T23 T47 an order whose time is over is never filled, whoever has yet to write it down", async () => {
  const hour = new Date(Date.now() + 3_600_000).toISOString();
  const gtd = {
    side: "buy",
    type: "limit",
    quantity: "1",
    limit_price: "50.00",
    time_in_force: "GTD",
    expires_at: hour,
  };
  const placed = await ground.place(gtd);
  await ground.app.db`UPDATE trading.orders SET expires_at = id + 1 WHERE id = ${placed.id}`;
  await ground.quote("40.00", { source: "expiry", sequence: 1 });
  await expect.poll(() => statusOf(placed.id), { timeout: 20_000 }).toBe("EXPIRED");
  expect((await ground.order(placed.id)).executions).toEqual([]);
  await ground.quote("100.00", { source: "expiry", sequence: 2 });
});

it("T27 T28 a halt fires nothing and never stands in the way of cancelling; an account with an open order is not closed", async () => {
  const { app, admin, instrumentId, cashId } = ground;
  const placed = await ground.place({ side: "buy", type: "limit", quantity: "1", limit_price: "50.00" });
  const closed = await app.send(admin, `PATCH /accounts/${cashId}`, { state: "closed" });
  expect(closed.status).toBe(422);
  await app.send(admin, `POST /instruments/${instrumentId}/halt`, { reason: "News are pending" });
  const halted = await ground.quote("40.00", { source: "halted", sequence: 1 });
  expect(halted).toMatchObject({ accepted: 1, fired: 0 });
  expect((await send(`POST /trade-orders/${placed.id}/cancel`)).body.status).toBe("CANCELLED");
  await app.send(admin, `POST /instruments/${instrumentId}/open`, { reason: "News are out" });
  await ground.quote("100.00", { source: "halted", sequence: 2 });
});

it("T29 what a dying process left fired is filled once, by whoever comes", async () => {
  const placed = await ground.place({ side: "buy", type: "limit", quantity: "1", limit_price: "50.00" });
  const { app, instrumentId } = ground;
  await app.db`
    UPDATE trading.orders o
    SET state = 4, watch_price = NULL, watch_by = NULL, watch_from = NULL, fired_quote_id = i.quote_id,
      fired_price = 49000000000, fired_at = i.quote_time, fired_dealt = 49000000000, version = o.version + 1,
      entry_count = entry_count + 1
    FROM trading.instruments i
    WHERE o.id = ${placed.id} AND i.id = ${instrumentId}`;
  const other = await startTestApp({ DB_URL: app.databaseUrl });
  await expect.poll(() => statusOf(placed.id), { timeout: 20_000 }).toBe("COMPLETED");
  await other.stop();
  const { executions } = await ground.order(placed.id);
  expect(executions).toMatchObject([{ quantity: "1", price: "49.00" }]);
});

it("T31 two processes that place, cancel, replace and fill at once lose nothing and stand in nobody's way", async () => {
  const { app, admin, trader, instrumentId } = ground;
  const other = await startTestApp({ DB_URL: app.databaseUrl });
  const time = new Date().toISOString();
  const work = Array.from({ length: 60 }, async (_, index) => {
    const at = index % 2 === 0 ? app : other;
    const price = `${90 + (index % 20)}.00`;
    if (index % 3 === 0) {
      const quote = { instrument_id: instrumentId, bid: price, ask: price, last: price, time, source: "two" };
      return at.send(admin, "POST /quotes", { quotes: [{ ...quote, sequence: index }] });
    }
    const limit = {
      instrument_id: instrumentId,
      side: "buy",
      type: "limit",
      quantity: "1",
      limit_price: price,
    };
    const { body } = await at.send(trader, "POST /trade-orders", limit);
    const act = index % 3 === 1 ? "cancel" : "";
    const from = index % 2 === 0 ? other : app;
    return act === ""
      ? from.send(trader, `PATCH /trade-orders/${body.id}`, { limit_price: `${95 + (index % 10)}.00` })
      : from.send(trader, `POST /trade-orders/${body.id}/cancel`);
  });
  const answers = await Promise.all(work);
  expect(answers.filter(({ status }) => status >= 500).map(({ body }) => body)).toEqual([]);
  await other.stop();
});

it("T42 no price is zero or negative, and each refusal names its field", async () => {
  for (const price of ["0", "-1", "-0.01", "1e3", ""]) {
    const refused = await attempt({ side: "buy", type: "limit", quantity: "1", limit_price: price });
    expect([refused.status, refused.body.errors?.[0]?.field], price).toEqual([400, "limit_price"]);
    const quoted = await ground.app.send(ground.admin, "POST /quotes", {
      quotes: [{ instrument_id: ground.instrumentId, bid: "-1", ask: "1", last: "1", time: "2026-01-01" }],
    });
    expect([quoted.status, quoted.body.errors?.[0]?.field]).toEqual([400, "quotes[0].bid"]);
  }
});

it("refuses what the instrument's rules forbid, naming the field, and leaves nothing", async () => {
  const { app, admin, instrumentId } = ground;
  const rules = {
    price_band: 1_000,
    largest_quantity: "50",
    least_notional: "10.00",
    largest_notional: "3000.00",
  };
  await app.send(admin, `PATCH /instruments/${instrumentId}`, rules);
  await ground.quote("100.00", { source: "rules", sequence: 1 });
  const limit = { side: "buy", type: "limit", quantity: "1" };
  for (const [order, code, field] of [
    [{ ...limit, limit_price: "99.005" }, "price_off_tick", "limit_price"],
    [{ ...limit, limit_price: "110.01" }, "price_outside_band", "limit_price"],
    [{ ...limit, limit_price: "90.00", quantity: "51" }, "quantity_off_lot", "quantity"],
    [{ ...limit, limit_price: "90.00", quantity: "40" }, "notional_outside_bounds", "quantity"],
    [{ ...limit, limit_price: "9.99" }, "notional_outside_bounds", "quantity"],
    [
      { side: "sell", type: "stop", quantity: "1", stop_price: "100.00" },
      "condition_met_already",
      "stop_price",
    ],
  ] as const) {
    const refused = await attempt(order);
    expect([refused.status, refused.body.code, refused.body.errors?.[0]?.field]).toEqual([422, code, field]);
  }
  const none = { price_band: null, largest_quantity: null, least_notional: null, largest_notional: null };
  expect((await app.send(admin, `PATCH /instruments/${instrumentId}`, none)).status).toBe(200);
});

it("T46 the number of open orders has a bound that is named", async () => {
  const other = await openTradingGround({
    settings: { TRADING_OPEN_ORDERS_MAX: "2", TRADING_ORDERS_PER_MINUTE: "3" },
  });
  const order = { side: "buy", type: "limit", quantity: "1", limit_price: "50.00" };
  const place = () =>
    other.app.send(other.trader, "POST /trade-orders", { instrument_id: other.instrumentId, ...order });
  expect([(await place()).status, (await place()).status]).toEqual([201, 201]);
  expect((await place()).body).toMatchObject({ code: "too_many_open_orders", open: 2, largest: 2 });
  await other.app.send(other.trader, "POST /trade-orders/cancel", {});
  expect((await place()).status).toBe(201);
  const refused = await place();
  expect([refused.status, refused.body.code]).toEqual([429, "too_many_trade_orders"]);
  await other.app.stop();
});
