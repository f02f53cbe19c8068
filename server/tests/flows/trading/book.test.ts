// Customers' orders matched with each other in a book, over HTTP.
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { verifyBook } from "../../../src/modules/ledger/verify/verify-book.ts";
import { verifyTrading } from "../../../src/modules/trading/verify/verify-trading.ts";
import { type BookGround, openBookGround } from "./book-ground.ts";

let ground: BookGround;
beforeAll(async () => {
  ground = await openBookGround(["ann", "ben", "cem"]);
});
afterEach(async () => {
  expect(await verifyTrading(ground.app.db)).toEqual([]);
  for (const owner of ["ann", "ben", "cem"]) await ground.send(owner, "POST /trade-orders/cancel", {});
  for (const owner of ["ann", "ben", "cem"]) {
    const [, cash, , units] = await ground.sums(owner);
    expect([cash, units]).toEqual(["0.00", "0"]); // T18, T25: whatever ends an order frees its hold
  }
  expect(await verifyTrading(ground.app.db)).toEqual([]);
  expect((await verifyBook(ground.app.db)).differences).toEqual([]);
});
afterAll(() => ground.app.stop());

it("deals an order with those that rest, best price first, then in their order in time, at their prices", async () => {
  const late = await ground.place("ann", "sell 5 at 100.02");
  const first = await ground.place("ann", "sell 5 at 100.01");
  const second = await ground.place("cem", "sell 5 at 100.01");
  const [before] = await ground.sums("ben");
  const bought = await ground.place("ben", "buy 12 at 100.02");
  expect(bought).toMatchObject({
    state: "filled",
    filled_quantity: "12",
    money: "1200.14",
    fees: "1.20",
    held: "0.00",
  });
  expect(await ground.order("ann", first.id)).toMatchObject({
    state: "filled",
    fees: "0.20",
    average_price: "100.01",
  });
  expect(await ground.order("cem", second.id)).toMatchObject({ state: "filled" });
  const rest = await ground.order("ann", late.id);
  expect(rest).toMatchObject({ status: "PROCESSING", state: "resting", filled_quantity: "2", held: "3" });
  expect(rest.executions).toMatchObject([{ quantity: "2", price: "100.02", is_maker: true }]);
  const [after] = await ground.sums("ben");
  expect(Number(before) - Number(after)).toBeCloseTo(1201.34, 2);
  expect((await ground.depth()).asks).toEqual([{ price: "100.02", quantity: "3", orders: 1 }]);
});

it("keeps the rest held after a fill in part, and moves both sides and the fees in one journal", async () => {
  const resting = await ground.place("ben", "buy 10 at 99.00");
  expect(resting).toMatchObject({ state: "resting", held: "990.99" });
  await ground.place("ann", "sell 4 at 99.00");
  const part = await ground.order("ben", resting.id);
  // The fee that was paid is a maker's; what is still held allows for the dearer one.
  expect(part).toMatchObject({ filled_quantity: "4", money: "396.00", fees: "0.16", held: "594.83" });
  expect(part.hold_id).toBe(resting.hold_id);
  const hold = (await ground.send("admin", `GET /holds/${part.hold_id}`)).body;
  expect(hold).toMatchObject({ state: "active", amount: "990.99", captured: "396.16" });
  const { body } = await ground.send("admin", `GET /transactions/${part.executions[0].transaction_id}`);
  expect(body.transfers).toHaveLength(4);
});

it("T8 a market order in an empty book does not rest, nor does the rest of one", async () => {
  const empty = await ground.place("ann", "buy 3");
  expect(empty).toMatchObject({ status: "EXPIRED", state: "expired", hold_id: null });
  await ground.place("ben", "sell 2 at 100.00");
  const part = await ground.place("ann", "buy 3");
  expect(part).toMatchObject({ state: "expired", filled_quantity: "2", held: "0.00" });
  expect(await ground.depth()).toMatchObject({ bids: [], asks: [] });
});

it("T12 an order that must be dealt wholly and cannot be changes nothing; one for at once keeps no rest", async () => {
  const resting = await ground.place("ben", "sell 2 at 100.00");
  const none = await ground.place("ann", "buy 3 at 100.00", { time_in_force: "FOK" });
  expect(none).toMatchObject({ state: "expired", filled_quantity: "0" });
  expect(await ground.order("ben", resting.id)).toMatchObject({ state: "resting", filled_quantity: "0" });
  const some = await ground.place("ann", "buy 3 at 100.00", { time_in_force: "IOC" });
  expect(some).toMatchObject({ state: "expired", filled_quantity: "2" });
  const all = await ground.place("ben", "sell 2 at 100.00");
  expect(await ground.place("ann", "buy 2 at 100.00", { time_in_force: "FOK" })).toMatchObject({
    state: "filled",
  });
  expect(await ground.order("ben", all.id)).toMatchObject({ state: "filled" });
});

it("refuses a post-only order that would be dealt, and leaves nothing of it", async () => {
  await ground.place("ben", "sell 2 at 100.00");
  const before = await ground.sums("ann");
  const refused = await ground.attempt("ann", "buy 1 at 100.00", { post_only: true });
  expect([refused.status, refused.body.code]).toEqual([422, "post_only_would_trade"]);
  expect(await ground.sums("ann")).toEqual(before);
  const rests = await ground.place("ann", "buy 1 at 99.99", { post_only: true });
  expect(rests).toMatchObject({ state: "resting", post_only: true });
});

it("T13 never deals an owner with themselves: the newest, the oldest or both end, or both shrink", async () => {
  const place = (selfTrade: string) => ground.place("ann", "buy 5 at 100.00", { self_trade: selfTrade });
  const states = async (...ids: string[]) =>
    Promise.all(ids.map(async (id) => (await ground.order("ann", id)).state));
  const oldest = await ground.place("ann", "sell 3 at 100.00");
  const newest = await place("newest");
  expect(await states(oldest.id, newest.id)).toEqual(["resting", "cancelled"]);
  const comes = await place("oldest");
  expect(await states(oldest.id, comes.id)).toEqual(["cancelled", "resting"]);
  const both = await ground.place("ann", "sell 1 at 100.00", { self_trade: "both" });
  expect(await states(comes.id, both.id)).toEqual(["cancelled", "cancelled"]);
  const small = await ground.place("ann", "sell 3 at 100.00");
  const shrunk = await place("decrement");
  expect(await states(small.id, shrunk.id)).toEqual(["cancelled", "resting"]);
  expect(await ground.order("ann", shrunk.id)).toMatchObject({ quantity: "2", held: "200.20" });
  const { executions } = await ground.order("ann", shrunk.id);
  expect(executions).toEqual([]);
});

it("T10, T11 less quantity keeps an order's place, another price or more loses it and is dealt where it crosses", async () => {
  const first = await ground.place("ann", "sell 5 at 100.00");
  const second = await ground.place("cem", "sell 5 at 100.00");
  const replace = (owner: string, id: string, change: object) =>
    ground.send(owner, `PATCH /trade-orders/${id}`, change);
  expect((await replace("ann", first.id, { quantity: "3" })).body).toMatchObject({
    quantity: "3",
    held: "3",
  });
  await ground.place("ben", "buy 1 at 100.00");
  expect(await ground.order("ann", first.id)).toMatchObject({ filled_quantity: "1", held: "2" });
  expect((await replace("ann", first.id, { quantity: "6" })).body).toMatchObject({ held: "5" });
  await ground.place("ben", "buy 5 at 100.00");
  expect(await ground.order("cem", second.id)).toMatchObject({ state: "filled" });
  const bid = await ground.place("ben", "buy 2 at 99.00");
  const dealt = await replace("ben", bid.id, { limit_price: "100.00" });
  expect(dealt.body).toMatchObject({ state: "filled", average_price: "100.00" });
});

it("T17 a replacement that is refused changes nothing", async () => {
  await ground.place("cem", "sell 1 at 101.00");
  const bid = await ground.place("ben", "buy 2 at 99.00", { post_only: true });
  const before = await ground.sums("ben");
  for (const [change, code] of [
    [{ limit_price: "101.00" }, "post_only_would_trade"],
    [{ quantity: "1000000" }, "insufficient_funds"],
    [{ limit_price: "99.001" }, "price_off_tick"],
  ] as const) {
    const refused = await ground.send("ben", `PATCH /trade-orders/${bid.id}`, change);
    expect(refused.body.code).toBe(code);
  }
  expect(await ground.sums("ben")).toEqual(before);
  expect((await ground.depth()).bids).toEqual([{ price: "99.00", quantity: "2", orders: 1 }]);
});

it("T23 an order whose time is over is not dealt, and is ended by whoever meets it", async () => {
  const expires_at = new Date(Date.now() + 3_600_000).toISOString();
  const resting = await ground.place("ben", "sell 2 at 100.00", { time_in_force: "GTD", expires_at });
  // As if that hour had gone by: the process knows the order as it was.
  const past = Date.now() * 1_000;
  await ground.app.db`
    UPDATE trading.orders SET expires_at = ${past}::bigint, book_seq = book_seq + 1 WHERE id = ${resting.id}`;
  await ground.app.db`
    UPDATE trading.instruments SET book_seq = book_seq + 1, book_stamp = 1 WHERE id = ${ground.instrumentId}`;
  const bought = await ground.place("ann", "buy 2 at 100.00");
  expect(bought).toMatchObject({ state: "resting", filled_quantity: "0" });
  expect(await ground.order("ben", resting.id)).toMatchObject({ state: "expired", held: "0" });
});

it("T28 an order whose account is frozen stands in nobody's way", async () => {
  const frozen = await ground.place("cem", "sell 2 at 100.00");
  await ground.place("ben", "sell 2 at 100.00");
  const { cashId } = ground.accounts("cem");
  await ground.send("admin", `PATCH /accounts/${cashId}`, { state: "frozen" });
  expect(await ground.place("ann", "buy 2 at 100.00")).toMatchObject({ state: "filled" });
  expect(await ground.order("cem", frozen.id)).toMatchObject({ state: "failed" });
  await ground.send("admin", `PATCH /accounts/${cashId}`, { state: "open" });
});

it("T45 a fee does not depend on the slices in which an order is dealt", async () => {
  const whole = await ground.place("ben", "sell 7 at 10.01");
  await ground.place("ann", "buy 7 at 10.01");
  const sliced = await ground.place("ben", "sell 7 at 10.01");
  for (let slice = 0; slice < 7; slice += 1) await ground.place("ann", "buy 1 at 10.01");
  const [one, many] = [await ground.order("ben", whole.id), await ground.order("ben", sliced.id)];
  expect([many.money, many.fees]).toEqual([one.money, one.fees]);
});

it("reduce-only sells at most what the position and its other sales leave", async () => {
  await ground.place("ben", "sell 4 at 50.00");
  await ground.place("ann", "buy 4 at 50.00");
  const positions = (await ground.send("ann", "GET /positions")).body.items;
  const { quantity } = positions[0];
  const refused = await ground.attempt("ann", `sell ${Number(quantity) + 1} at 60.00`, { reduce_only: true });
  expect(refused.body.code).toBe("reduce_only_exceeds_position");
  await ground.place("ann", `sell ${quantity} at 60.00`, { reduce_only: true });
  const more = await ground.attempt("ann", "sell 1 at 60.00", { reduce_only: true });
  expect(more.body.code).toBe("reduce_only_exceeds_position");
});

it("T4 trades fire conditional orders, in their order, and these trade in the book", async () => {
  await ground.place("ben", "sell 1 at 80.00");
  await ground.place("ann", "buy 1 at 80.00");
  await until(async () => (await ground.send("ann", path())).body.quote?.last === "80.00");
  const stop = await ground.place("cem", "sell 3", { type: "stop", stop_price: "75.00" });
  expect(stop).toMatchObject({ state: "waiting", held: "3" });
  const bid = await ground.place("ben", "buy 5 at 74.00");
  expect((await ground.order("cem", stop.id)).state).toBe("waiting");
  await ground.place("ann", "sell 1 at 74.00");
  await until(async () => (await ground.order("cem", stop.id)).state === "filled");
  const fired = await ground.order("cem", stop.id);
  expect(fired).toMatchObject({ average_price: "74.00", fired_by: { price: "74.00" } });
  expect(await ground.order("ben", bid.id)).toMatchObject({ filled_quantity: "4" });
});

it("a stop of trading cancels an owner's orders and refuses new ones, until staff ends it, and stands on the trail", async () => {
  const open = await ground.place("ann", "buy 1 at 10.00");
  const stop = { owner_id: "ann", reason: "Her account was taken over" };
  expect((await ground.send("ann", "POST /trading-stops", stop)).status).toBe(403);
  const stopped = await ground.send("admin", "POST /trading-stops", stop);
  expect(stopped.body).toMatchObject({ owner_id: "ann", is_stopped: true });
  expect(await ground.order("ann", open.id)).toMatchObject({
    state: "cancelled",
    reason: "trading was stopped",
  });
  const refused = await ground.attempt("ann", "buy 1 at 10.00");
  expect([refused.status, refused.body.code]).toEqual([422, "trading_stopped"]);
  expect(refused.body.detail).toMatch(/Her account was taken over/);
  expect((await ground.send("admin", "GET /trading-stops")).body.items).toMatchObject([stop]);
  const instrument = { instrument_id: ground.instrumentId, reason: "A wrong price" };
  await ground.send("admin", "POST /trading-stops", instrument);
  expect((await ground.attempt("ben", "buy 1 at 10.00")).body.code).toBe("trading_stopped");
  for (const each of [stop, instrument]) await ground.send("admin", "POST /trading-stops/end", each);
  await ground.place("ann", "buy 1 at 10.00");
});

it("cancelling all under a key is remembered: sent again, it names the same orders and ends no later one", async () => {
  const ids = [await ground.place("ann", "buy 1 at 10.00"), await ground.place("ann", "buy 1 at 11.00")];
  const cancel = () => ground.sendUnder("cancel-all", "ann", "/trade-orders/cancel");
  const first = await cancel();
  expect(first.body.cancelled.toSorted()).toEqual(ids.map(({ id }) => id).toSorted());
  const later = await ground.place("ann", "buy 1 at 12.00");
  expect((await cancel()).body).toEqual(first.body);
  expect(await ground.order("ann", later.id)).toMatchObject({ state: "resting" });
});

it("T43, T44 what rests in a book stays on its grid: tick and lot do not change under open orders", async () => {
  const open = await ground.place("ann", "buy 1 at 10.01");
  const change = await ground.send("admin", path("PATCH "), { tick: "0.05" });
  expect([change.status, change.body.code]).toEqual([422, "instrument_terms_unfit"]);
  await ground.send("ann", `POST /trade-orders/${open.id}/cancel`);
  const uneven = {
    symbol: "UNEVEN",
    name: "Uneven",
    asset: "SHARE",
    currency: "USD",
    venue: "book",
    tick: "0.001",
  };
  expect((await ground.send("admin", "POST /instruments", uneven)).body.code).toBe("instrument_terms_unfit");
});

it("T20 of a fill and a cancel at once whichever came first is told, and every fill is on both sides", async () => {
  for (let round = 0; round < 8; round += 1) {
    const [, , before = "0"] = await ground.sums("ann");
    const resting = await ground.place("ann", "sell 4 at 55.00");
    const [cancelled, bought] = await Promise.all([
      ground.send("ann", `POST /trade-orders/${resting.id}/cancel`),
      ground.place("ben", "buy 3 at 55.00", { time_in_force: "IOC" }),
    ]);
    const sold = await ground.order("ann", resting.id);
    expect(cancelled.status).toBe(200);
    expect(sold).toMatchObject({ state: "cancelled", filled_quantity: bought.filled_quantity, held: "0" });
    const [, , after = "0"] = await ground.sums("ann");
    expect(Number(before) - Number(after)).toBe(Number(bought.filled_quantity));
  }
});

it("T26 an order that was taken within the price band stays fillable when the last price moves away", async () => {
  const setBand = async (band: number | null) => {
    const read = await ground.app.call("GET", path("/api/v1"), { token: ground.admin });
    const headers = { "if-match": read.headers.get("etag") ?? "" };
    const body = { price_band: band };
    expect(
      (await ground.app.call("PATCH", path("/api/v1"), { token: ground.admin, headers, body })).status,
    ).toBe(200);
  };
  const dealAt = async (price: string) => {
    await ground.place("ann", `sell 1 at ${price}`);
    await ground.place("ben", `buy 1 at ${price}`);
    const isQuoted = async () => (await ground.send("admin", path())).body.quote?.last === price;
    await until(isQuoted);
  };
  await dealAt("50.00");
  await setBand(1_000);
  const resting = await ground.place("cem", "buy 2 at 46.00");
  await dealAt("54.00");
  expect((await ground.attempt("cem", "buy 1 at 60.00")).body.code).toBe("price_outside_band");
  await ground.place("ann", "sell 2", { type: "market" });
  expect(await ground.order("cem", resting.id)).toMatchObject({ state: "filled", average_price: "46.00" });
  await setBand(null);
});

it("T40 a split waits until no order rests in a book of the asset, and then takes the rest along", async () => {
  const open = await ground.place("ann", "buy 1 at 10.00");
  const state = (act: string) =>
    ground.send("admin", `POST /instruments/${ground.instrumentId}/${act}`, { reason: "Split" });
  const split = (reference: string) =>
    ground.send("admin", "POST /corporate-actions", {
      ...{ type: "split", instrument_id: ground.instrumentId, reference, reason: "The issuer says so" },
      ...{ numerator: 2, denominator: 1 },
    });
  await state("halt");
  const before = await ground.sums("ann");
  const refused = await split("S-1");
  expect([refused.status, refused.body.code]).toEqual([422, "orders_rest_in_book"]);
  expect(await ground.sums("ann")).toEqual(before);
  expect(await ground.order("ann", open.id)).toMatchObject({ state: "resting" });
  await ground.send("ann", `POST /trade-orders/${open.id}/cancel`);
  expect((await split("S-1")).status).toBe(201);
  const [, , units = "0"] = await ground.sums("ann");
  expect(Number(units)).toBe(2 * Number(before[2]));
  await state("open");
  await ground.place("ben", "sell 1 at 10.00");
  expect(await ground.place("ann", "buy 1 at 10.00")).toMatchObject({ state: "filled" });
});

it("refuses what a book has not, naming the field", async () => {
  for (const [fields, field] of [
    [{ take_profit: { limit_price: "20.00" } }, "take_profit"],
    [{ post_only: true, time_in_force: "IOC" }, "post_only"],
    [{ reduce_only: true }, "reduce_only"],
  ] as const) {
    const refused = await ground.attempt("ann", "buy 1 at 10.00", fields);
    expect([refused.body.code, refused.body.errors[0].field]).toEqual(["trade_order_fields_unfit", field]);
  }
});

function path(before = "GET "): string {
  return `${before}/instruments/${ground.instrumentId}`;
}

/** Asks again until it is so; at most as long as the test may take. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}
