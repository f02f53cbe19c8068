// Securities and instruments, as staff keeps them: versions, states with their reasons on the trail, hours, and what each refuses.
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTradingGround, type TradingGround } from "./ground.ts";

let ground: TradingGround;
beforeAll(async () => {
  ground = await openTradingGround();
  await ground.quote("100.00");
});
afterAll(() => ground.app.stop());

const asAdmin = (request: string, body?: unknown, version?: string) => {
  const [method = "", path] = request.split(" ");
  const headers = version === undefined ? {} : { "if-match": version };
  return ground.app.call(method, `/api/v1${path}`, { token: ground.admin, body, headers });
};
const asTrader = (request: string, body?: unknown) => ground.app.send(ground.trader, request, body);

it("makes a security of at most nine decimals, and says why one of ten is refused", async () => {
  const fields = {
    kind: "security",
    name: "Fine",
    description: "Very fine",
    category: "dust",
    metadata: { a: 1 },
  };
  const made = await asAdmin("POST /assets", { code: "FINE", scale: 9, ...fields });
  expect(made).toMatchObject({ status: 201, body: { scale: 9, state: "active", version: 1, ...fields } });
  const finer = await asAdmin("POST /assets", { code: "FINER", scale: 10, ...fields });
  expect(finer.status).toBe(400);
  expect(finer.body.errors).toMatchObject([{ field: "scale", reason: "must be at most 9" }]);
  const listed = await asTrader("GET /assets?kind=security&limit=1");
  expect(listed.body).toMatchObject({ total: 3, next_cursor: expect.any(String) });
});

it("changes an asset only in the version that was read", async () => {
  const change = (version: string, name: string) => asAdmin("PATCH /assets/FINE", { name }, version);
  const { version } = (await asAdmin("GET /assets/FINE")).body;
  const first = await change(`"${version}"`, "Finest");
  expect([first.status, first.body.name, first.body.version]).toEqual([200, "Finest", version + 1]);
  const late = await change(`"${version}"`, "Coarse");
  expect([late.status, late.body.code]).toEqual([409, "version_mismatch"]);
  const off = await asAdmin("POST /assets/FINE/deactivate", {}, `"${version}"`);
  expect([off.status, off.body.code]).toEqual([409, "version_mismatch"]);
  expect((await asAdmin("GET /assets/FINE")).body).toMatchObject({ name: "Finest", state: "active" });
});

it("keeps the balances of an inactive asset, and takes no new order in it", async () => {
  await ground.place({ side: "buy", type: "market", quantity: "5" });
  const waiting = await ground.place({ side: "sell", type: "limit", quantity: "2", limit_price: "150.00" });
  await asAdmin("POST /assets/SHARE/deactivate", {});
  expect(await ground.balance(ground.assetId)).toEqual({ balance: "5", held: "2" });
  const order = { instrument_id: ground.instrumentId, side: "sell", type: "market", quantity: "1" };
  const refused = await asTrader("POST /trade-orders", order);
  expect([refused.status, refused.body.code]).toEqual([422, "asset_inactive"]);
  expect((await asTrader(`POST /trade-orders/${waiting.id}/cancel`)).status).toBe(200);
  await asAdmin("POST /assets/SHARE/activate", {});
  expect((await asTrader("POST /trade-orders", order)).status).toBe(201);
});

it("halts with a reason that stands on the trail, changes by version, and counts its list", async () => {
  const id = ground.instrumentId;
  const { version } = (await asAdmin(`GET /instruments/${id}`)).body;
  expect((await asAdmin(`POST /instruments/${id}/halt`, {})).status).toBe(400);
  const halted = await asAdmin(`POST /instruments/${id}/halt`, { reason: "News pending" }, `"${version}"`);
  expect(halted.body).toMatchObject({ state: "halted", state_reason: "News pending", is_open: false });
  const late = await asAdmin(`PATCH /instruments/${id}`, { fee: 20 }, `"${version}"`);
  expect([late.status, late.body.code]).toEqual([409, "version_mismatch"]);
  const trail = async () => (await asAdmin("GET /audit?event=instrument.halt&outcome=success")).body.items[0];
  await expect
    .poll(trail, { timeout: 30_000 })
    .toMatchObject({ resource: { id }, details: { reason: "News pending" } });
  expect((await asTrader(`POST /instruments/${id}/open`, { reason: "Over" })).status).toBe(403);
  await asAdmin(`POST /instruments/${id}/open`, { reason: "Over" });
  const fields = { name: "Twice", asset: "SHARE", currency: "EUR", time_zone: "Europe/Berlin" };
  await asAdmin("POST /instruments", {
    symbol: "SHARE-EUR",
    ...fields,
    hours: { opens: "09:00", closes: "17:30" },
  });
  const page = (await asTrader("GET /instruments?limit=1")).body;
  expect([page.items.length, page.total, page.next_cursor === null]).toEqual([1, 2, false]);
  const found = (await asTrader("GET /instruments?symbol=SHARE-EUR")).body;
  expect(found).toMatchObject({
    total: 1,
    items: [{ time_zone: "Europe/Berlin", hours: { opens: "09:00", closes: "17:30" } }],
  });
});

it("shows on the statement what an order set aside, paid, and was given back", async () => {
  const { place, app, trader, cashId } = ground;
  const order = await place({ side: "buy", type: "limit", quantity: "1", limit_price: "50.00" });
  await app.send(trader, `POST /trade-orders/${order.id}/cancel`);
  await ground.quote("100.00");
  await place({ side: "buy", type: "limit", quantity: "1", limit_price: "120.00" });
  const pages: { type: string; direction: string; amount: string; balance_after: string }[] = [];
  for (let cursor = ""; ; ) {
    const { body } = await asTrader(`GET /accounts/${cashId}/statement?order=asc&limit=2${cursor}`);
    pages.push(...body.items);
    if (body.next_cursor === null) break;
    cursor = `&cursor=${body.next_cursor}`;
  }
  const told = pages.slice(-6).map(({ type, direction, amount }) => `${type} ${direction} ${amount}`);
  expect(told).toEqual([
    "ORDER_HOLD hold 50.05",
    "ORDER_REFUND release 50.05",
    "ORDER_HOLD hold 100.10",
    "ORDER_REFUND release 100.10",
    "ORDER_PAYMENT debit 100.00",
    "ORDER_PAYMENT debit 0.10",
  ]);
  for (const [index, entry] of pages.entries()) {
    const before = Number(pages[index - 1]?.balance_after ?? 0);
    const sign = { credit: 1, debit: -1, hold: 0, release: 0 }[entry.direction] ?? Number.NaN;
    expect(Number(entry.balance_after)).toBeCloseTo(before + sign * Number(entry.amount), 2);
  }
  const types = new Set(pages.map(({ type }) => type));
  expect(types).toEqual(new Set(["DEPOSIT", "ORDER_HOLD", "ORDER_PAYMENT", "ORDER_REFUND"]));
});

it("lists orders by owner, by owner and instrument, and by owner and status, in pages", async () => {
  const { instrumentId } = ground;
  const list = async (query: string) => (await asAdmin(`GET /trade-orders?owner_id=trader${query}`)).body;
  const all = await list("&limit=200");
  const first = await list("&limit=2");
  const second = await list(`&limit=2&cursor=${first.next_cursor}`);
  const ids = ({ items }: { items: { id: string }[] }) => items.map(({ id }) => id);
  expect([...ids(first), ...ids(second)]).toEqual(ids(all).slice(0, 4));
  expect(ids(await list(`&instrument_id=${instrumentId}&limit=200`))).toEqual(ids(all));
  const done = await list("&status=COMPLETED&limit=200");
  const expected = all.items.filter(({ status }: { status: string }) => status === "COMPLETED");
  expect(ids(done)).toEqual(ids({ items: expected }));
  expect((await asAdmin("GET /trade-orders?owner_id=nobody")).body.items).toEqual([]);
});
