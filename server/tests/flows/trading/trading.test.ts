// A person buys and sells: market, limit, stops, pairs, exits, and what becomes of holds, cash, shares and positions.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { verifyTrading } from "../../../src/modules/trading/verify/verify-trading.ts";
import { runCommand } from "../../command.ts";
import { openTradingGround, type TradingGround } from "./ground.ts";

let ground: TradingGround;
beforeAll(async () => {
  ground = await openTradingGround();
});
afterAll(() => ground.app.stop());

it("buys at market at the ask, with the fee, in one commit with the position", async () => {
  await ground.quote("100.00", { bid: "99.90", ask: "100.10" });
  const order = await ground.place({ side: "buy", type: "market", quantity: "100" });
  expect(order).toMatchObject({
    status: "COMPLETED",
    order_type: "MARKET_BUY",
    filled_quantity: "100",
    average_price: "100.10",
    money: "10010.00",
    fees: "10.01",
    held: "0.00",
  });
  expect(await ground.balance(ground.cashId)).toEqual({ balance: "89979.99", held: "0.00" });
  expect(await ground.balance(ground.assetId)).toEqual({ balance: "100", held: "0" });
  expect(await ground.position()).toMatchObject({
    quantity: "100",
    cost: "10020.01",
    realized: "0.00",
    market_value: "9990.00",
    unrealized: "-30.01",
  });
});

it("holds what a limit may cost with its fee, and fills it at the better price of the quote that reaches it", async () => {
  const placed = await ground.place({ order_type: "LIMIT_BUY", quantity: "10", limit_price: "95.00" });
  expect(placed).toMatchObject({ status: "QUEUED", held: "950.95", trigger_price: "95.00" });
  expect(await ground.balance(ground.cashId)).toEqual({ balance: "89979.99", held: "950.95" });
  expect((await ground.quote("95.50")).fired).toBe(0);
  expect((await ground.quote("94.20")).fired).toBe(1);
  const filled = await ground.order(placed.id);
  expect(filled).toMatchObject({ status: "COMPLETED", money: "942.00", fees: "0.94", hold_id: null });
  expect(filled.fired_by).toMatchObject({ price: "94.20" });
  expect(filled.timeline.map(({ event }: { event: string }) => event)).toEqual(["placed", "fired", "filled"]);
  expect(filled.executions).toHaveLength(1);
  expect(await ground.balance(ground.cashId)).toEqual({ balance: "89037.05", held: "0.00" });
});

it("cancels one of a pair when the other is filled, and one hold serves both", async () => {
  const { orders } = await ground.pair(
    { side: "sell", type: "stop", quantity: "50", stop_price: "90.00" },
    { side: "sell", type: "limit", quantity: "50", limit_price: "100.00" },
  );
  expect(await ground.balance(ground.assetId)).toEqual({ balance: "110", held: "50" });
  await ground.quote("101.00");
  const [stop, limit] = [await ground.order(orders[0].id), await ground.order(orders[1].id)];
  expect([stop.status, limit.status]).toEqual(["CANCELLED", "COMPLETED"]);
  expect(stop.reason).toContain(limit.id);
  expect(limit).toMatchObject({ money: "5050.00", average_price: "101.00" });
  expect(await ground.balance(ground.assetId)).toEqual({ balance: "60", held: "0" });
});

it("moves a trailing stop with the best price and deals it at the quote that goes through it, gaps included", async () => {
  const placed = await ground.place({
    side: "sell",
    type: "trailing_stop",
    quantity: "20",
    trail_percent: "5",
  });
  expect(placed).toMatchObject({ best_price_seen: "101.00", trigger_price: "95.95" });
  await ground.quote("110.00");
  expect(await ground.order(placed.id)).toMatchObject({ best_price_seen: "110.00", trigger_price: "104.50" });
  await ground.quote("105.00");
  await ground.quote("99.00");
  const sold = await ground.order(placed.id);
  expect(sold).toMatchObject({ status: "COMPLETED", average_price: "99.00" });
  expect(sold.fired_by).toMatchObject({ price: "99.00", best_price_seen: "110.00" });
});

it("brings the exits of a purchase to life with its fill, as large as what was bought", async () => {
  const entry = await ground.place({
    side: "buy",
    type: "limit",
    quantity: "5",
    limit_price: "98.00",
    take_profit: { limit_price: "105.00" },
    stop_loss: { stop_price: "92.00" },
  });
  const { related } = await ground.order(entry.id);
  expect(related.map(({ status }: { status: string }) => status)).toEqual(["PENDING", "PENDING"]);
  await ground.quote("97.00");
  expect(await ground.balance(ground.assetId)).toEqual({ balance: "45", held: "5" });
  await ground.quote("91.00");
  const after = await ground.order(entry.id);
  expect(after.related.map(({ status }: { status: string }) => status)).toEqual(["CANCELLED", "COMPLETED"]);
  expect(await ground.balance(ground.assetId)).toEqual({ balance: "40", held: "0" });
});

it("T14 fires an exit with its entry where the price has leapt through both", async () => {
  await ground.quote("97.00");
  const entry = await ground.place({
    ...{ side: "buy", type: "limit", quantity: "3", limit_price: "96.00" },
    ...{ take_profit: { limit_price: "105.00" }, stop_loss: { stop_price: "92.00" } },
  });
  await ground.quote("90.00");
  const { related, average_price } = await ground.order(entry.id);
  expect(average_price).toBe("90.00");
  expect(related.map(({ status }: { status: string }) => status)).toEqual(["CANCELLED", "COMPLETED"]);
  expect(related[1]).toMatchObject({ filled_quantity: "3", average_price: "90.00" });
  expect(await ground.balance(ground.assetId)).toEqual({ balance: "40", held: "0" });
});

it("frees what was held when an order is cancelled, once, and refuses the second time", async () => {
  const before = await ground.balance(ground.cashId);
  const placed = await ground.place({ side: "buy", type: "limit", quantity: "10", limit_price: "50.00" });
  const { app, trader } = ground;
  const cancelled = await app.send(trader, `POST /trade-orders/${placed.id}/cancel`);
  expect([cancelled.status, cancelled.body.status]).toEqual([200, "CANCELLED"]);
  expect(await ground.balance(ground.cashId)).toEqual(before);
  const again = await app.send(trader, `POST /trade-orders/${placed.id}/cancel`);
  expect([again.status, again.body.code]).toEqual([422, "trade_order_not_open"]);
});

it("ends orders for the day when the instrument is closed, and cancels in every state", async () => {
  const { app, admin, trader, instrumentId } = ground;
  const day = await ground.place({
    side: "buy",
    type: "limit",
    quantity: "1",
    limit_price: "50.00",
    time_in_force: "DAY",
  });
  const kept = await ground.place({ side: "buy", type: "limit", quantity: "1", limit_price: "50.00" });
  const closed = await app.send(admin, `POST /instruments/${instrumentId}/close`, {
    reason: "The day is over",
  });
  expect([closed.status, closed.body.state]).toEqual([200, "closed"]);
  expect(await ground.order(day.id)).toMatchObject({ status: "EXPIRED", hold_id: null });
  expect(await ground.order(kept.id)).toMatchObject({ status: "QUEUED" });
  const refused = await app.send(trader, "POST /trade-orders", {
    instrument_id: instrumentId,
    ...{ side: "buy", type: "market", quantity: "1" },
  });
  expect([refused.status, refused.body.code]).toEqual([422, "instrument_not_open"]);
  expect((await app.send(trader, `POST /trade-orders/${kept.id}/cancel`)).status).toBe(200);
  await app.send(admin, `POST /instruments/${instrumentId}/open`, { reason: "The next day" });
  expect((await ground.balance(ground.cashId)).held).toBe("0.00");
});

it("shows the trade on the statement, owned by its order", async () => {
  const { app, admin, cashId } = ground;
  const { body } = await app.send(admin, `GET /transactions?account_id=${cashId}&limit=200`);
  const types = new Set(
    body.items.map(({ type, status }: { type: string; status: string }) => `${type} ${status}`),
  );
  expect(types).toContain("ORDER_HOLD CANCELLED");
  expect(types).toContain("ORDER_PAYMENT COMPLETED");
});

it("takes quotes in from a file, once, fires what they reach, and tells of a row that cannot be read", async () => {
  const folder = mkdtempSync(join(tmpdir(), "quotes-"));
  const file = join(folder, "quotes.csv");
  const settings = { DB_URL: ground.app.databaseUrl, DATA_DIR: folder };
  const importIt = () => runCommand(["quotes", "import", file], { folder, settings });
  const placed = await ground.place({ side: "buy", type: "limit", quantity: "1", limit_price: "80.00" });
  const rows = ["symbol;bid;ask;last;time;source;sequence"];
  for (const [index, price] of ["85.00", "79.00", "0", "90.00"].entries())
    rows.push(`SHARE-USD;${price};${price};${price};${new Date().toISOString()};file;${index}`);
  writeFileSync(file, rows.join("\n"));
  expect(await importIt()).toMatchObject({ code: 0, out: "3 quotes taken in, 1 ignored, 1 orders fired\n" });
  expect((await ground.order(placed.id)).average_price).toBe("79.00");
  expect((await importIt()).out).toBe("0 quotes taken in, 4 ignored, 0 orders fired\n");
  writeFileSync(file, "symbol,bid,ask,last,time\nSHARE-USD,1,one,1,2026-01-01");
  expect(await importIt()).toMatchObject({ code: 2, out: "" });
  expect((await importIt()).errors).toContain("line 2, ask: must be a decimal");
  rmSync(folder, { recursive: true });
}, 60_000);

it("lets nobody see, cancel or trade with what is another's", async () => {
  const { app, instrumentId, cashId, assetId } = ground;
  const mallory = await app.token("customer", "mallory");
  const [mine] = (await app.send(ground.trader, "GET /trade-orders")).body.items;
  expect((await app.send(mallory, `GET /trade-orders/${mine.id}`)).status).toBe(404);
  expect((await app.send(mallory, `POST /trade-orders/${mine.id}/cancel`)).status).toBe(404);
  expect((await app.send(mallory, "GET /trade-orders")).body.items).toEqual([]);
  expect((await app.send(mallory, "GET /trade-orders?owner_id=trader")).body.items).toEqual([]);
  expect((await app.send(mallory, "GET /positions")).body.items).toEqual([]);
  const order = { instrument_id: instrumentId, side: "buy", type: "market", quantity: "1" };
  const stolen = { ...order, cash_account_id: cashId, asset_account_id: assetId };
  expect((await app.send(mallory, "POST /trade-orders", stolen)).body.code).toBe("account_not_found");
});

const FIRST_ORDER = "id = (SELECT min(order_id) FROM trading.executions)";
const FIRST_EXECUTION = "id = (SELECT min(id) FROM trading.executions)";

/** What is damaged, how, and how it is mended. */
const PROBLEMS: readonly (readonly [check: string, damage: string, mend: string])[] = [
  [
    "trade_orders",
    `UPDATE trading.orders SET money = money + 1 WHERE ${FIRST_ORDER}`,
    `UPDATE trading.orders SET money = money - 1 WHERE ${FIRST_ORDER}`,
  ],
  [
    "trade_executions",
    `UPDATE trading.executions SET fee = fee + 1 WHERE ${FIRST_EXECUTION}`,
    `UPDATE trading.executions SET fee = fee - 1 WHERE ${FIRST_EXECUTION}`,
  ],
  [
    "trade_executions",
    `UPDATE trading.executions SET journal_id = journal_id - 1 WHERE ${FIRST_EXECUTION}`,
    `UPDATE trading.executions SET journal_id = journal_id + 1 WHERE ${FIRST_EXECUTION}`,
  ],
  [
    "trade_holds",
    "UPDATE trading.orders SET held = held + 1 WHERE state = 3",
    "UPDATE trading.orders SET held = held - 1 WHERE state = 3",
  ],
  [
    "trade_holds",
    "UPDATE trading.orders SET hold_id = hold_id + 1 WHERE state = 3",
    "UPDATE trading.orders SET hold_id = hold_id - 1 WHERE state = 3",
  ],
  [
    "trade_positions",
    "UPDATE trading.positions SET cost = cost + 1",
    "UPDATE trading.positions SET cost = cost - 1",
  ],
  [
    "trade_triggers",
    "UPDATE trading.orders SET watch_price = watch_price * 10 WHERE state = 3",
    "UPDATE trading.orders SET watch_price = watch_price / 10 WHERE state = 3",
  ],
];

it("verify finds all of it in order, and names what is not", async () => {
  const { db } = ground.app;
  await ground.place({ side: "buy", type: "limit", quantity: "1", limit_price: "50.00" });
  await ground.quote("90.00");
  expect(await verifyTrading(db)).toEqual([]);
  for (const [check, damage, mend] of PROBLEMS) {
    await db.unsafe(damage);
    const found = await verifyTrading(db);
    await db.unsafe(mend);
    expect(
      found.map((difference) => difference.check),
      damage,
    ).toContain(check);
  }
  expect(await verifyTrading(db)).toEqual([]);
});
