import { afterAll, expect, it } from "vitest";
import { openTradingGround } from "../../../../tests/flows/trading/ground.ts";
import { shareInFile } from "../../../../tests/share-in-file.ts";
import { findDifferences } from "../../../../tests/verified.ts";

const ground = await openTradingGround();
const app = await shareInFile(Promise.resolve(ground.app));
afterAll(async () => expect(await findDifferences(app.db)).toEqual([]));
await ground.quote("100.00");

type Order = Readonly<Record<string, unknown>>;
const LIMIT: Order = { side: "buy", type: "limit", quantity: "10", limit_price: "90.00" };

function send(order: Order, key?: string) {
  const body = { instrument_id: ground.instrumentId, ...order };
  const headers: Record<string, string> = key === undefined ? {} : { "idempotency-key": key };
  return app.call("POST", "/api/v1/trade-orders", { body, token: ground.trader, headers });
}

it("holds what an order may cost, with its fee", async () => {
  const before = await ground.balance(ground.cashId);
  const placed = await ground.place(LIMIT);
  expect(placed).toMatchObject({ status: "QUEUED", held: "900.90", trigger_price: "90.00" });
  expect(await ground.balance(ground.cashId)).toEqual({ ...before, held: "900.90" });
});

it("refuses what the instrument or the account does not allow, and leaves nothing held", async () => {
  const held = await ground.balance(ground.cashId);
  const wrong: readonly [string, Order][] = [
    ["price_off_tick", { ...LIMIT, limit_price: "90.001" }],
    ["insufficient_funds", { ...LIMIT, quantity: "100000" }],
    ["insufficient_funds", { side: "sell", type: "market", quantity: "1" }],
    ["instrument_not_found", { ...LIMIT, instrument_id: "7000000000" }],
    ["condition_met_already", { side: "sell", type: "stop", quantity: "1", stop_price: "110.00" }],
  ];
  for (const [code, order] of wrong)
    expect((await send(order)).body, JSON.stringify(order)).toMatchObject({ code });
  expect(await ground.balance(ground.cashId)).toEqual(held);
});

it("is placed once for a key", async () => {
  const first = await send(LIMIT, "a-key-of-one-order");
  const held = await ground.balance(ground.cashId);
  expect((await send(LIMIT, "a-key-of-one-order")).body).toEqual(first.body);
  expect(await ground.balance(ground.cashId)).toEqual(held);
});

it("spends the last money once, of two at once", async () => {
  const { balance, held } = await ground.balance(ground.cashId);
  const free = Number(balance) - Number(held);
  const quantity = String(Math.floor(free / 90.09 / 1.5));
  const answers = await Promise.all([send({ ...LIMIT, quantity }), send({ ...LIMIT, quantity })]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 422]);
});
