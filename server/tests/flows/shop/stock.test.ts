import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";
import { openTestStock } from "../../stock.ts";

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await startTestApp();
  token = await app.token("operator");
  const products = Array.from({ length: 21 }, (_, index) => ({
    sku: `SKU-${index + 1}`,
    name: "Thing",
    price: "1.00",
    tracks_stock: index > 0, // the first keeps none until its first receipt
  }));
  const admin = await app.token("admin");
  expect(
    await app.call("POST", "/api/v1/products/batch", { token: admin, body: { products } }),
  ).toMatchObject({
    status: 201,
  });
});
afterAll(() => app.stop());

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  app.call("POST", `/api/v1${path}`, { token, body, headers });
const get = (path: string) => app.call("GET", `/api/v1${path}`, { token });

it("books receipts, adjustments, transfers and counts, and shows what they left", async () => {
  const receipt = await post("/stock/receipts", {
    items: [
      { product_id: 1, quantity: 50 },
      { product_id: 2, quantity: 5 },
    ],
    reference: "delivery 4711",
  });
  expect(receipt).toMatchObject({
    status: 201,
    body: { items: [{ product_id: 1, on_hand: 50, available: 50 }, { product_id: 2 }] },
  });
  const broken = { items: [{ product_id: 1, quantity: -2, reason: "damaged" }] };
  expect((await post("/stock/adjustments", broken)).body.items).toMatchObject([{ on_hand: 48 }]);

  const { body: berlin } = await post("/locations", { code: "berlin", name: "Berlin" });
  const move = { from_location_id: 1, to_location_id: berlin.id, items: [{ product_id: 1, quantity: 8 }] };
  expect((await post("/stock/transfers", move)).status).toBe(201);
  const count = { location_id: berlin.id, items: [{ product_id: 1, counted: 7 }] };
  expect((await post("/stocktakes", count)).body.items).toMatchObject([{ expected: 8, difference: -1 }]);

  expect((await get("/stock/1")).body).toMatchObject({
    product_id: 1,
    on_hand: 47,
    reserved: 0,
    sellable: 47,
    locations: [
      { location_id: 1, on_hand: 40 },
      { location_id: berlin.id, on_hand: 7 },
    ],
  });
  expect((await get("/stock?product_id=1,2")).body.items).toHaveLength(2);
});

it("tells the history of a product from the ledger, page by page", async () => {
  await post("/stock/receipts", {
    items: [{ product_id: 20, quantity: 9 }],
    reference: "delivery 1",
    note: "wet",
  });
  const { body: stock } = await get("/locations");
  const other = stock.items.find((location: { id: number }) => location.id !== 1) ?? { id: 0 };
  const item = { product_id: 20, quantity: 4 };
  await post("/stock/transfers", { from_location_id: 1, to_location_id: other.id, items: [item] });
  await post("/stock/adjustments", { items: [{ ...item, quantity: -1, reason: "stolen" }] });
  const { body: all } = await get("/stock/20/movements");
  expect(all.items).toMatchObject([
    { type: "adjustment", quantity: -1, on_hand_after: 4, reason: "stolen", location_id: 1 },
    { type: "transfer", quantity: -4, on_hand_after: 5, location_id: 1 },
    { type: "transfer", quantity: 4, on_hand_after: 4, location_id: other.id },
    { type: "receipt", quantity: 9, on_hand_after: 9, reference: "delivery 1", note: "wet" },
  ]);
  const pages = [];
  for (let cursor = ""; cursor !== null; ) {
    const { body } = await get(`/stock/20/movements?limit=1${cursor === "" ? "" : `&cursor=${cursor}`}`);
    pages.push(...body.items);
    cursor = body.next_cursor;
  }
  expect(pages).toEqual(all.items);
  expect((await get(`/stock/20/movements?location_id=${other.id}`)).body.items).toHaveLength(1);
});

it("changes threshold and backorder limit against the version that was read", async () => {
  await post("/stock/receipts", { items: [{ product_id: 21, quantity: 9 }] });
  const patch = (body: object, headers = {}) =>
    app.call("PATCH", "/api/v1/stock/21", { token, body, headers });
  const read = await get("/stock/21");
  const etag = read.headers.get("etag") ?? "";
  const changed = await patch({ low_stock_threshold: 9, backorder_limit: 5 }, { "if-match": etag });
  expect(changed).toMatchObject({
    status: 200,
    body: { sellable: 14, backorder_limit: 5, low_stock_threshold: 9 },
  });
  expect(changed.body.low_since).not.toBeNull();
  expect((await get("/stock?low=true")).body.items).toMatchObject([{ product_id: 21 }]);
  expect((await patch({ low_stock_threshold: 1 }, { "if-match": etag })).body.code).toBe("version_mismatch");
  expect((await patch({ low_stock_threshold: null })).body).toMatchObject({ low_since: null });
  const desk = await openTestStock({ databaseUrl: app.databaseUrl });
  await desk.carryOut(await desk.reserve([{ productId: 21, quantity: 12 }]));
  await desk.close();
  expect((await patch({ backorder_limit: 2 })).body.code).toBe("backorder_in_use");
  expect((await get("/stock/21/reservations")).body.items).toMatchObject([
    { quantity: 12, reference: "order 1" },
  ]);
});

it("answers a repeated key without booking twice", async () => {
  const body = { items: [{ product_id: 7, quantity: 3 }] };
  const first = await post("/stock/receipts", body, { "idempotency-key": "once" });
  const second = await post("/stock/receipts", body, { "idempotency-key": "once" });
  expect(second.body).toEqual(first.body);
  expect(second.headers.get("idempotency-replayed")).toBe("true");
  expect((await get("/stock/7")).body.on_hand).toBe(3);
});

it("names what is wrong with a booking and books nothing of it", async () => {
  await post("/stock/receipts", { items: [{ product_id: 8, quantity: 3 }] });
  const item = { product_id: 8, quantity: 1 };
  const lost = { ...item, reason: "lost" };
  const refusals = [
    ["/stock/receipts", { items: [] }, 400, "invalid_request"],
    ["/stock/receipts", { items: [{ ...item, quantity: 0 }] }, 400, "invalid_request"],
    ["/stock/receipts", { items: [{ ...item, quantity: 1.5 }] }, 400, "invalid_request"],
    ["/stock/receipts", { items: [{ ...item, location_id: 99 }] }, 404, "location_not_found"],
    ["/stock/receipts", { items: [item], reference: "a\u0000b" }, 400, "invalid_request"],
    ["/stock/adjustments", { items: [{ ...lost, quantity: 0 }] }, 400, "invalid_request"],
    ["/stock/adjustments", { items: [item] }, 400, "invalid_request"],
    ["/stock/adjustments", { items: [lost, { ...lost, quantity: -5 }] }, 422, "insufficient_stock"],
    ["/stock/transfers", { from_location_id: 1, to_location_id: 1, items: [item] }, 422, "value_refused"],
    [
      "/stocktakes",
      {
        items: [
          { product_id: 8, counted: 1 },
          { product_id: 8, counted: 1 },
        ],
      },
      422,
      "value_refused",
    ],
    ["/locations", { code: "main", name: "Again" }, 409, "location_code_taken"],
  ] as const;
  for (const [path, body, status, code] of refusals)
    expect([path, await post(path, body)]).toMatchObject([path, { status, body: { code } }]);
  expect((await get("/stock/8")).body.on_hand).toBe(3);
  expect(await get("/stock/4711")).toMatchObject({ status: 404, body: { code: "stock_not_found" } });
});

it("books nothing of a product that does not exist, and names the line", async () => {
  const known = { product_id: 11, quantity: 1 };
  const unknown = { product_id: 4711, quantity: 1 };
  const listed = (items: object[]) => items.map((item) => ({ reason: "found", ...item }));
  const counted = [known, unknown].map(({ product_id, quantity }) => ({ product_id, counted: quantity }));
  const requests = [
    ["/stock/receipts", { items: [known, unknown] }],
    ["/stock/adjustments", { items: listed([known, unknown]) }],
    ["/stock/transfers", { from_location_id: 1, to_location_id: 2, items: [known, unknown] }],
    ["/stocktakes", { items: counted }],
  ] as const;
  for (const [path, body] of requests)
    expect([path, await post(path, body)]).toMatchObject([
      path,
      {
        status: 404,
        body: {
          code: "product_not_found",
          errors: [{ field: "items[1].product_id", reason: "there is no product 4711" }],
        },
      },
    ]);
  const { body: left } = await get("/stock?product_id=11,4711");
  expect(left.items).toMatchObject([{ product_id: 11, on_hand: 0 }]);
});

it("is nothing for customers", async () => {
  const customer = await app.token("customer", "alice");
  expect((await app.call("GET", "/api/v1/stock", { token: customer })).status).toBe(403);
});

it("keeps stock out of what moves and shows money", async () => {
  await post("/stock/receipts", { items: [{ product_id: 9, quantity: 30 }] });
  const [row] = await app.db<{ account_id: bigint }[]>`
    SELECT account_id FROM inventory.stock WHERE product_id = 9`;
  const stockId = String(row?.account_id);
  const { body: money } = await post("/accounts", {
    owner_id: "alice",
    external_owner: true,
    currency: "EUR",
  });
  const deposit = { type: "deposit", account_id: stockId, amount: "5" };
  const transfer = { type: "transfer", amount: "5", currency: "UNIT" };
  const attempts = [
    ["/transactions", { ...deposit, currency: "UNIT" }, "stock_is_not_money"],
    ["/transactions", { ...deposit, currency: "EUR" }, "asset_mismatch"],
    ["/transactions", { ...transfer, account_id: stockId, to_account_id: money.id }, "stock_is_not_money"],
    ["/transactions", { ...deposit, type: "withdrawal", currency: "UNIT" }, "stock_is_not_money"],
    [
      "/transactions/batch",
      { mode: "atomic", transactions: [{ ...deposit, currency: "UNIT" }] },
      "stock_is_not_money",
    ],
    ["/holds", { account_id: stockId, amount: "5", currency: "UNIT" }, "stock_is_not_money"],
    ["/accounts", { owner_id: "alice", currency: "UNIT" }, "stock_is_not_money"],
  ] as const;
  for (const [path, body, code] of attempts)
    expect([path, await post(path, body)]).toMatchObject([path, { body: { code } }]);

  const [movement] = await app.db<{ journal_id: bigint }[]>`
    SELECT journal_id FROM ledger.transfers WHERE credit_account_id = ${stockId}`;
  expect((await post(`/transactions/${movement?.journal_id}/reverse`, {})).body.code).toBe(
    "stock_is_not_money",
  );
  for (const path of [
    `/accounts/${stockId}`,
    `/accounts/${stockId}/balance`,
    `/accounts/${stockId}/statement`,
  ])
    expect((await get(path)).body.code).toBe("account_not_found");
  expect((await get(`/transactions/${movement?.journal_id}`)).body.code).toBe("transaction_not_found");
  expect((await get("/accounts")).body.items).toMatchObject([{ id: money.id }]);
  expect((await get("/accounts?state=open")).body.items).toMatchObject([{ id: money.id }]);
  expect((await get("/transactions")).body.items).toEqual([]);
  expect((await get("/stock/9")).body.on_hand).toBe(30);
});

it("leaves an order's reservation to the order: nobody captures or releases it as a hold of money", async () => {
  await post("/stock/receipts", { items: [{ product_id: 10, quantity: 3 }] });
  const desk = await openTestStock({ databaseUrl: app.databaseUrl });
  const { holds } = await desk.carryOut(await desk.reserve([{ productId: 10, quantity: 2 }]));
  await desk.close();
  for (const act of ["capture", "release"])
    expect((await post(`/holds/${holds[0]}/${act}`, {})).body.code).toBe("owned_by_another");
  expect((await get("/holds")).body.items).toEqual([]);
  expect((await get("/stock/10")).body).toMatchObject({ on_hand: 3, reserved: 2, available: 1 });
  const lost = { items: [{ product_id: 10, quantity: -2, reason: "lost" }] };
  expect(await post("/stock/adjustments", lost)).toMatchObject({
    status: 422,
    body: { code: "insufficient_stock" },
  });
});
