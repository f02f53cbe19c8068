// Lots: what each purchase cost, in its currency and in the reporting one, and which of them a sale uses up.
import { afterAll, beforeAll, expect, it } from "vitest";
import { verifyTrading } from "../../../src/modules/trading/verify/verify-trading.ts";
import { openTradingGround, type TradingGround } from "./ground.ts";

let ground: TradingGround;
beforeAll(async () => {
  ground = await openTradingGround({
    instrument: { fee: 0, currency: "EUR" },
    settings: { TRADING_COST_BASIS: "fifo", TRADING_REPORTING_CURRENCY: "USD" },
  });
  const { app, admin } = ground;
  const euros = { owner_id: "trader", external_owner: true, currency: "EUR" };
  const { id } = (await app.send(admin, "POST /accounts", euros)).body;
  const deposit = { type: "deposit", account_id: id, amount: "100000.00", currency: "EUR" };
  await app.send(admin, "POST /transactions", deposit);
});
afterAll(() => ground.app.stop());

const send = (request: string, body?: unknown) => ground.app.send(ground.trader, request, body);
const setRate = (rate: string) =>
  ground.app.send(ground.admin, "POST /exchange-rates", { base: "EUR", quote: "USD", rate });
const trade = async (side: string, quantity: string, more: Readonly<Record<string, unknown>> = {}) => {
  const placed = await ground.place({ side, type: "market", quantity, ...more });
  return (await ground.order(placed.id)).executions[0];
};
const openLots = async () => (await send("GET /lots?open=true")).body.items;

it("makes a lot of each purchase, with its date, cost and exchange rate, and uses the oldest up first", async () => {
  await setRate("1.10");
  await ground.quote("10.00");
  const first = await trade("buy", "10");
  await setRate("1.20");
  await ground.quote("30.00");
  await trade("buy", "10");
  expect(await openLots()).toMatchObject([
    { id: first.id, acquired_at: first.executed_at, cost: "100.00", rate: "1.10", cost_reporting: "110.00" },
    { origin: "bought", remaining: "10", unit_cost: "30.00", cost_reporting: "360.00" },
  ]);
  await setRate("1.30");
  await ground.quote("40.00");
  // 15 at 40.00 are 600.00; ten cost 100.00 and five 150.00; in USD 780.00 less 110.00 and 180.00
  expect(await trade("sell", "15")).toMatchObject({
    ...{ realized: "350.00", cost_basis: "fifo", rate: "1.30" },
    ...{ realized_reporting: "490.00", price_gain: "455.00", currency_gain: "35.00" },
  });
  expect(await openLots()).toMatchObject([{ quantity: "10", remaining: "5", cost: "150.00" }]);
});

it("T39 tells each position in its currency and in the reporting one: gain = price part + currency part", async () => {
  const position = await ground.position();
  expect(position).toMatchObject({
    cost: "150.00",
    realized: "350.00",
    unrealized: "50.00",
    cost_basis: "fifo",
  });
  expect(position.reporting).toEqual({
    ...{ currency: "USD", rate: "1.30", cost: "180.00" },
    ...{ realized: "490.00", realized_price_gain: "455.00", realized_currency_gain: "35.00" },
    ...{ unrealized: "80.00", unrealized_price_gain: "65.00", unrealized_currency_gain: "15.00" },
  });
  expect(await verifyTrading(ground.app.db)).toEqual([]);
});

it("sells the lots that an order chooses, also when it is filled later", async () => {
  await ground.quote("20.00");
  const cheap = await trade("buy", "10");
  const lots = [{ lot_id: cheap.id, quantity: "4" }];
  expect(await trade("sell", "4", { lots })).toMatchObject({ realized: "0.00", cost_basis: "lots" });
  const waiting = await ground.place({
    ...{ side: "sell", type: "limit", quantity: "6", limit_price: "25.00" },
    lots: [{ lot_id: cheap.id, quantity: "6" }],
  });
  expect(waiting.lots).toEqual([{ lot_id: cheap.id, quantity: "6" }]);
  const replaced = await send(`PATCH /trade-orders/${waiting.id}`, { quantity: "5" });
  expect([replaced.status, replaced.body.code]).toEqual([422, "trade_order_not_so"]);
  await ground.quote("25.00");
  expect((await ground.order(waiting.id)).executions[0]).toMatchObject({
    realized: "30.00",
    cost_basis: "lots",
  });
  expect(await openLots()).toMatchObject([{ remaining: "5", unit_cost: "30.00" }]);
});

it("says which chosen lot is at fault", async () => {
  const [lot] = await openLots();
  const order = { instrument_id: ground.instrumentId, side: "sell", type: "market", quantity: "2" };
  const refusals = [
    [[{ lot_id: "7", quantity: "2" }], "lot_not_open", "lots[0].lot_id"],
    [[{ lot_id: lot.id, quantity: "1" }], "trade_order_fields_unfit", "lots"],
    [
      [
        { lot_id: lot.id, quantity: "1" },
        { lot_id: lot.id, quantity: "1" },
      ],
      "trade_order_fields_unfit",
      "lots[1].lot_id",
    ],
  ] as const;
  for (const [lots, code, field] of refusals) {
    const { status, body } = await send("POST /trade-orders", { ...order, lots });
    expect([status, body.code, body.errors[0].field]).toEqual([422, code, field]);
  }
  const more = { ...order, quantity: "6", lots: [{ lot_id: lot.id, quantity: "6" }] };
  expect((await send("POST /trade-orders", more)).body.errors[0].reason).toBe("has 5 left");
  const bought = { ...order, side: "buy", lots: [{ lot_id: lot.id, quantity: "2" }] };
  expect((await send("POST /trade-orders", bought)).body.code).toBe("trade_order_fields_unfit");
  const zero = { ...order, lots: [{ lot_id: lot.id, quantity: "0" }] };
  expect((await send("POST /trade-orders", zero)).status).toBe(400);
});

it("shows a customer their own lots alone", async () => {
  const other = await ground.app.token("customer", "somebody");
  expect((await ground.app.send(other, "GET /lots")).body.items).toEqual([]);
  expect((await ground.app.send(other, "GET /lots?owner_id=trader")).body.items).toEqual([]);
  expect((await ground.app.send(ground.admin, "GET /lots?owner_id=trader&limit=1")).body.items).toHaveLength(
    1,
  );
});

it("verify finds a lot that is not what was traded", async () => {
  const { db } = ground.app;
  const [lot] = await openLots();
  await db`UPDATE trading.lots SET remaining = remaining - 1 WHERE id = ${lot.id}`;
  expect(await verifyTrading(db)).toMatchObject([{ check: "trade_lots", accountId: Number(ground.assetId) }]);
  await db`UPDATE trading.lots SET remaining = remaining + 1 WHERE id = ${lot.id}`;
  await db`UPDATE trading.positions SET currency_gain = currency_gain + 1`;
  expect(await verifyTrading(db)).toMatchObject([{ check: "trade_positions" }]);
  await db`UPDATE trading.positions SET currency_gain = currency_gain - 1`;
  expect(await verifyTrading(db)).toEqual([]);
});
