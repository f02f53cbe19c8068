// T38: units that are transferred take their cost and their dates along, so that nothing looks like a gain.
import { afterAll, beforeAll, expect, it } from "vitest";
import { verifyTrading } from "../../../src/modules/trading/verify/verify-trading.ts";
import { openTradingGround, type TradingGround } from "./ground.ts";

let ground: TradingGround;
let depot = "";
beforeAll(async () => {
  ground = await openTradingGround({ instrument: { fee: 0 } });
  const account = { owner_id: "trader", external_owner: true, currency: "SHARE" };
  depot = (await ground.app.send(ground.admin, "POST /accounts", account)).body.id;
  for (const price of ["10.00", "30.00"]) {
    await ground.quote(price);
    await ground.place({ side: "buy", type: "market", quantity: "10", asset_account_id: ground.assetId });
  }
});
afterAll(() => ground.app.stop());

const as = (token: string, body: object) => ground.app.send(token, "POST /position-transfers", body);
const position = async (accountId: string) =>
  (await ground.app.send(ground.trader, "GET /positions")).body.items.find(
    (each: { asset_account_id: string }) => each.asset_account_id === accountId,
  );
const lots = async (accountId: string) =>
  (await ground.app.send(ground.trader, `GET /lots?open=true&asset_account_id=${accountId}`)).body.items;

it("T38 moves lots between own accounts with cost and date, and the total basis stays", async () => {
  const [first, second] = await lots(ground.assetId);
  const chosen = [
    { lot_id: second.id, quantity: "4" },
    { lot_id: first.id, quantity: "1" },
  ];
  const transfer = { from_account_id: ground.assetId, to_account_id: depot, asset: "SHARE", currency: "USD" };
  const moved = await as(ground.trader, { ...transfer, quantity: "5", lots: chosen });
  expect(moved).toMatchObject({ status: 201, body: { quantity: "5", lot_count: 2 } });
  expect(await position(ground.assetId)).toMatchObject({ quantity: "15", cost: "270.00", realized: "0.00" });
  expect(await position(depot)).toMatchObject({ quantity: "5", cost: "130.00", average_cost: "26.00" });
  expect(await lots(depot)).toMatchObject([
    { origin: "received", remaining: "1", cost: "10.00", acquired_at: first.acquired_at },
    { origin: "received", remaining: "4", cost: "120.00", acquired_at: second.acquired_at },
  ]);
  expect(await verifyTrading(ground.app.db)).toEqual([]);
});

it("T38 takes units in from another bank with what they have cost, and gives them out", async () => {
  const asset = { asset: "SHARE", currency: "USD", quantity: "10" };
  const from = { cost: "50.00", acquired_at: "2020-01-02T00:00:00Z", rate: "1" };
  const incoming = await as(ground.admin, { ...asset, to_account_id: depot, ...from });
  expect(incoming.status).toBe(201);
  expect(await position(depot)).toMatchObject({ quantity: "15", cost: "180.00" });
  expect((await lots(depot)).at(-1)).toMatchObject({
    acquired_at: "2020-01-02T00:00:00.000000Z",
    cost: "50.00",
  });
  await ground.quote("20.00");
  const sold = await ground.place({
    ...{ side: "sell", type: "market", quantity: "15", asset_account_id: depot },
  });
  expect((await ground.order(sold.id)).executions[0].realized).toBe("120.00");
  const out = await as(ground.admin, { ...asset, from_account_id: ground.assetId });
  expect(out.status).toBe(201);
  expect(await ground.balance(ground.assetId)).toEqual({ balance: "5", held: "0" });
  expect(await position(ground.assetId)).toMatchObject({ cost: "90.00", realized: "0.00" });
  expect(await verifyTrading(ground.app.db)).toEqual([]);
  const undone = await ground.app.send(
    ground.admin,
    `POST /transactions/${out.body.transaction_id}/reverse`,
    {},
  );
  expect([undone.status, undone.body.code]).toEqual([422, "owned_by_another"]);
});

it("refuses what it cannot move, naming the field, and moves nothing", async () => {
  const before = await position(ground.assetId);
  const transfer = { from_account_id: ground.assetId, to_account_id: depot, asset: "SHARE", currency: "USD" };
  const other = { owner_id: "other", external_owner: true, currency: "SHARE" };
  const foreign = (await ground.app.send(ground.admin, "POST /accounts", other)).body.id;
  const { trader, admin, cashId } = ground;
  const refusals = [
    [trader, { ...transfer, quantity: "6" }, 422, "insufficient_funds"],
    [trader, { ...transfer, quantity: "1", currency: "EUR" }, 422, "position_too_small"],
    [trader, { ...transfer, quantity: "1", to_account_id: foreign }, 404, "account_not_found"],
    [trader, { ...transfer, quantity: "1", to_account_id: undefined }, 403, "forbidden"],
    [trader, { ...transfer, quantity: "0" }, 400, "invalid_request"],
    [trader, { ...transfer, quantity: "1", lots: [{ lot_id: "7", quantity: "1" }] }, 422, "lot_not_open"],
    [trader, { ...transfer, quantity: "1", to_account_id: cashId }, 422, "asset_mismatch"],
    [trader, { ...transfer, quantity: "1", cost: "1.00" }, 422, "trade_order_fields_unfit"],
    [admin, { asset: "SHARE", quantity: "1", to_account_id: depot }, 422, "trade_order_fields_unfit"],
    [admin, { asset: "SHARE", quantity: "1" }, 422, "trade_order_fields_unfit"],
    [admin, { ...transfer, quantity: "1", asset: "USD" }, 422, "unknown_asset"],
  ] as const;
  for (const [token, body, status, code] of refusals) {
    const answer = await as(token, body);
    expect([answer.status, answer.body.code], JSON.stringify(body)).toEqual([status, code]);
  }
  expect(await position(ground.assetId)).toEqual(before);
  expect(await verifyTrading(ground.app.db)).toEqual([]);
});
