// What trades came to, for staff and for their owner: sums, measures with worked numbers, daily values, and the exports.
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadAssets } from "../../../src/modules/ledger/index.ts";
import { takeSnapshots } from "../../../src/modules/trading/analytics/take-snapshots.ts";
import { runCommand } from "../../command.ts";
import { openTradingGround, type TradingGround } from "./ground.ts";

let ground: TradingGround;
beforeAll(async () => {
  ground = await openTradingGround();
  await ground.quote("100.00");
  await ground.place({ side: "buy", type: "market", quantity: "10" });
  const limit = { side: "buy", type: "limit", quantity: "10", limit_price: "90.00" };
  await ground.place(limit);
  const { id } = await ground.place({ ...limit, limit_price: "50.00" });
  await ground.app.send(ground.trader, `POST /trade-orders/${id}/cancel`);
  await ground.quote("90.00");
  await ground.quote("110.00", { bid: "108.90", ask: "110.00" });
  await ground.place({ side: "sell", type: "market", quantity: "5" });
});
afterAll(() => ground.app.stop());

const send = (request: string, token = ground.trader) => ground.app.send(token, request);
const yesterday = () => new Date(Date.now() - 86_400_000);
const snapshot = async (at?: Date) =>
  takeSnapshots({ db: ground.app.db, assets: await loadAssets(ground.app.db) }, at);

it("adds up number and size of trades, fees and gains, and tells fill rate and slippage by order type", async () => {
  // bought for 1,000.00 and 900.00, sold for 544.50; the limit was placed at an ask of 100.00
  expect((await send("GET /analytics/trading")).body).toMatchObject({
    ...{ currency: "USD", trades: 3, unrated_trades: 0, volume: "2444.50", average_size: "814.83" },
    ...{ largest_size: "1000.00", fees: "2.44", sales: 1, win_rate: "1.000000" },
    by_order_type: [
      { type: "market", orders: 2, fill_rate: "1.000000", slippage: "0.000000" },
      { type: "limit", orders: 2, fill_rate: "0.500000", slippage: "-0.100000" },
    ],
  });
});

it("tells volume by instrument, by day and by owner", async () => {
  const today = new Date().toISOString().slice(0, 10);
  const by = async (key: string) => (await send(`GET /analytics/trading/volume?by=${key}`)).body.items;
  const sums = { trades: 3, volume: "2444.50", largest_size: "1000.00", fees: "2.44" };
  expect(await by("instrument")).toMatchObject([{ key: "SHARE-USD", ...sums }]);
  expect(await by("day")).toMatchObject([{ key: today, ...sums }]);
  expect(await by("owner")).toMatchObject([{ key: "trader", ...sums }]);
});

it("keeps a snapshot of each day, however often it is taken, and measures the portfolio by them", async () => {
  await snapshot(yesterday());
  await snapshot();
  await ground.quote("120.00");
  await snapshot();
  await snapshot();
  const { items } = (await send("GET /portfolio")).body;
  expect(items).toMatchObject([
    { value: "1800.00", bought: "1901.90", sold: "543.96" },
    { value: "1633.50", bought: "0.00", sold: "0.00" },
  ]);
  // yesterday's has a value that nothing was put in for: today (1,800.00 + 543.96) / (1,633.50 + 1,901.90)
  const { body } = await send("GET /analytics/trading");
  expect(body.return).toBe("-0.337003");
  expect(body.largest_drawdown).toBe("0.337003");
  // the smaller of 1,901.90 and 543.96, by the average of 1,800.00 and 1,633.50
  expect(body.turnover).toBe("0.316855");
  expect((await send("GET /analytics/trading", ground.admin)).body).toMatchObject({
    trades: 3,
    return: null,
  });
});

it("shows a customer their own alone", async () => {
  const other = await ground.app.token("customer", "somebody");
  expect((await send("GET /analytics/trading", other)).body).toMatchObject({ trades: 0, win_rate: null });
  for (const path of ["/analytics/trading", "/analytics/trading/volume", "/portfolio"])
    expect((await send(`GET ${path}?owner_id=trader`, other)).status).toBe(403);
  expect((await send("GET /portfolio?owner_id=trader", ground.admin)).body.items).toHaveLength(2);
  expect((await send("GET /analytics/trading?from=2026-01-02&to=2026-01-01")).status).toBe(422);
});

it("exports trades and daily values as CSV, JSON and NDJSON", async () => {
  const run = async (...args: string[]) =>
    (
      await runCommand(["export", ...args], {
        folder: tmpdir(),
        settings: { DB_URL: ground.app.databaseUrl },
      })
    ).out;
  const lines = (await run("trades", "--format", "ndjson")).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).side)).toEqual(["sell", "buy", "buy"]);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    ...{
      symbol: "SHARE-USD",
      money: "544.50",
      fee: "0.54",
      cost_basis: "average",
      reporting_currency: "USD",
    },
  });
  expect((await run("trades", "--owner", "trader")).split("\r\n")[0]).toContain("realized,cost_basis,rate");
  expect(JSON.parse(await run("portfolios", "--format", "json"))).toMatchObject([
    { owner_id: "trader", value: "1800.00" },
    { value: "1633.50" },
  ]);
});
