// Corporate actions: what an issuer does to a share follows everywhere in one commit, once, and verify agrees afterwards.
import { afterEach, beforeEach, expect, it } from "vitest";
import { verifyBook } from "../../../src/modules/ledger/index.ts";
import { verifyTrading } from "../../../src/modules/trading/verify/verify-trading.ts";
import { openTradingGround, type TradingGround } from "./ground.ts";

let ground: TradingGround;
beforeEach(async () => {
  ground = await openTradingGround({ instrument: { fee: 0 } });
});
afterEach(async () => {
  expect(await verifyTrading(ground.app.db)).toEqual([]);
  expect((await verifyBook(ground.app.db, { full: true })).differences).toEqual([]);
  await ground.app.stop();
});

const asAdmin = (request: string, body?: unknown) => ground.app.send(ground.admin, request, body);
const act = (type: string, more: Readonly<Record<string, unknown>>) =>
  asAdmin("POST /corporate-actions", {
    ...{ type, instrument_id: ground.instrumentId, reference: "A-1", reason: "The issuer says so" },
    ...more,
  });
const state = (act: string) =>
  asAdmin(`POST /instruments/${ground.instrumentId}/${act}`, { reason: "Split" });
const buy = async (price: string, quantity: string) => {
  await ground.quote(price);
  return ground.place({ side: "buy", type: "market", quantity });
};
const lots = async () => (await ground.app.send(ground.trader, "GET /lots?open=true")).body.items;

it("T40 a split takes positions, lots, resting and conditional orders, quotes and candles along, at the same worth", async () => {
  await buy("100.00", "10");
  await buy("120.00", "5");
  const limit = await ground.place({ side: "buy", type: "limit", quantity: "2", limit_price: "90.00" });
  const stop = await ground.place({ side: "sell", type: "stop", quantity: "4", stop_price: "95.00" });
  const trail = await ground.place({
    side: "sell",
    type: "trailing_stop",
    quantity: "1",
    trail_amount: "8.00",
  });
  const { orders } = await ground.pair(
    { side: "sell", type: "limit", quantity: "3", limit_price: "150.00" },
    { side: "sell", type: "stop", quantity: "3", stop_price: "80.00" },
  );
  const before = await ground.position();
  expect((await act("split", { numerator: 4, denominator: 1 })).body.code).toBe("instrument_is_open");
  await state("halt");
  const done = await act("split", { numerator: 4, denominator: 1 });
  expect(done).toMatchObject({
    status: 201,
    body: { type: "split", account_count: 1, order_count: 5, cash: "0.00" },
  });
  const after = await ground.position();
  expect(after).toMatchObject({
    quantity: "60",
    held: "32",
    cost: before.cost,
    market_value: before.market_value,
  });
  expect(await lots()).toMatchObject([
    { quantity: "40", remaining: "40", cost: "1000.00" },
    { quantity: "20", remaining: "20", cost: "600.00" },
  ]);
  expect(await ground.order(limit.id)).toMatchObject({
    quantity: "8",
    limit_price: "22.50",
    trigger_price: "22.50",
    held: "180.00",
  });
  expect(await ground.order(stop.id)).toMatchObject({
    quantity: "16",
    stop_price: "23.75",
    trigger_price: "23.75",
    held: "16",
  });
  expect(await ground.order(trail.id)).toMatchObject({
    trail_amount: "2.00",
    best_price_seen: "30.00",
    trigger_price: "28.00",
  });
  for (const { id } of orders) expect(await ground.order(id)).toMatchObject({ quantity: "12", held: "12" });
  expect((await ground.order(stop.id)).timeline.at(-1)).toMatchObject({ event: "split" });
  const candles = (await asAdmin(`GET /instruments/${ground.instrumentId}/candles?interval=1d`)).body.items;
  expect(candles.at(-1)).toMatchObject({ open: "25.00", high: "30.00", close: "30.00" });
  await state("open");
  expect((await ground.quote("24.00")).fired).toBe(1);
  expect(await ground.order(trail.id)).toMatchObject({ status: "COMPLETED", average_price: "24.00" });
});

it("T40 a reverse split pays for fractions in cash, and ends orders of less than a lot", async () => {
  await buy("10.00", "25");
  const small = await ground.place({ side: "sell", type: "limit", quantity: "5", limit_price: "20.00" });
  const large = await ground.place({ side: "sell", type: "limit", quantity: "13", limit_price: "20.00" });
  await state("close");
  const unpriced = await act("reverse_split", { numerator: 1, denominator: 10 });
  expect([unpriced.status, unpriced.body.code]).toEqual([422, "cash_price_missing"]);
  expect(await ground.balance(ground.assetId)).toEqual({ balance: "25", held: "18" });
  const cash = await ground.balance(ground.cashId);
  const done = await act("reverse_split", { numerator: 1, denominator: 10, price: "110.00" });
  expect(done.body).toMatchObject({ cash: "55.00", numerator: 1, denominator: 10 });
  expect(await ground.position()).toMatchObject({
    quantity: "2",
    held: "1",
    cost: "200.00",
    realized: "5.00",
  });
  expect(Number((await ground.balance(ground.cashId)).balance)).toBe(Number(cash.balance) + 55);
  expect(await ground.order(small.id)).toMatchObject({ status: "CANCELLED", held: "0" });
  expect(await ground.order(large.id)).toMatchObject({ quantity: "1", limit_price: "200.00", held: "1" });
});

it("carries an action out once: sent again it is answered with the first, and another under its reference is refused", async () => {
  await buy("10.00", "10");
  await state("halt");
  const first = await act("split", { numerator: 2, denominator: 1 });
  const [again, ...others] = await Promise.all(
    Array.from({ length: 5 }, () => act("split", { numerator: 2, denominator: 1 })),
  );
  for (const each of [again, ...others]) expect(each?.body).toEqual(first.body);
  expect((await ground.position()).quantity).toBe("20");
  const other = await act("split", { numerator: 3, denominator: 1 });
  expect([other.status, other.body.code]).toEqual([409, "corporate_action_differs"]);
  expect((await ground.app.send(ground.trader, "GET /corporate-actions")).body.items).toEqual([first.body]);
  expect((await ground.app.send(ground.trader, "POST /corporate-actions", {})).status).toBe(403);
});

it("T41 after a change of the symbol a sale finds its lots, and both symbols find the instrument", async () => {
  await buy("10.00", "10");
  expect((await act("symbol_change", { symbol: "NEW-USD" })).body).toMatchObject({
    old_symbol: "SHARE-USD",
    symbol: "NEW-USD",
  });
  for (const symbol of ["SHARE-USD", "NEW-USD"]) {
    const { items } = (await asAdmin(`GET /instruments?symbol=${symbol}`)).body;
    expect(items).toMatchObject([{ id: ground.instrumentId, symbol: "NEW-USD" }]);
  }
  await ground.quote("15.00");
  const sold = await ground.place({ side: "sell", type: "market", quantity: "10" });
  expect((await ground.order(sold.id)).executions[0].realized).toBe("50.00");
  const fields = { name: "Taken", asset: "SHARE", currency: "EUR" };
  const taken = await asAdmin("POST /instruments", { symbol: "SHARE-USD", ...fields });
  expect([taken.status, taken.body.code]).toEqual([409, "instrument_exists"]);
});

it("pays a dividend for each unit, held or not, and leaves the cost as it is", async () => {
  await buy("10.00", "10");
  await ground.place({ side: "sell", type: "limit", quantity: "4", limit_price: "20.00" });
  const done = await act("cash_dividend", { price: "0.25" });
  expect(done.body).toMatchObject({ cash: "2.50", account_count: 1, order_count: 0 });
  expect(await ground.balance(ground.cashId)).toEqual({ balance: "99902.50", held: "0.00" });
  expect(await ground.position()).toMatchObject({ cost: "100.00", realized: "0.00" });
});

it("verify finds an action that did not move what it says, and a lot that a split left behind", async () => {
  await buy("10.00", "25");
  await state("halt");
  await act("reverse_split", { numerator: 1, denominator: 10, price: "110.00" });
  const { db } = ground.app;
  const checks = async () => (await verifyTrading(db)).map(({ check }) => check);
  await db`UPDATE trading.action_entries SET units_after = units_after + 1`;
  expect(await checks()).toEqual(["trade_actions"]);
  await db`UPDATE trading.action_entries SET units_after = units_after - 1, cash = cash + 1`;
  expect(await checks()).toEqual(["trade_actions"]);
  await db`UPDATE trading.action_entries SET cash = cash - 1`;
  await db`UPDATE trading.movements SET denominator = 5`;
  expect(await checks()).toEqual(["trade_positions"]);
  await db`UPDATE trading.movements SET denominator = 10`;
});

it("says what is missing or does not belong", async () => {
  const refusals = [
    ["split", {}, "numerator"],
    ["split", { numerator: 1, denominator: 2 }, "numerator"],
    ["reverse_split", { numerator: 2, denominator: 1 }, "numerator"],
    ["split", { numerator: 2, denominator: 2 }, "denominator"],
    ["cash_dividend", {}, "price"],
    ["symbol_change", {}, "symbol"],
    ["symbol_change", { symbol: "X-USD", price: "1" }, "price"],
  ] as const;
  for (const [type, more, field] of refusals) {
    const { status, body } = await act(type, more);
    expect([status, body.errors?.[0]?.field], `${type} ${field}`).toEqual([422, field]);
  }
  expect((await act("split", { numerator: 0, denominator: 1 })).status).toBe(400);
  expect((await act("cash_dividend", { price: "1", instrument_id: "999" })).status).toBe(404);
});
