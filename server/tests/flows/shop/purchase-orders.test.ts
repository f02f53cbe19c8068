// Orders to the supplier over HTTP, by job and by command line: once, whatever happens on the way; and the stock system
// elsewhere that is asked before anything is reserved.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  callDueOrders,
  createSupplier,
  reorderLowStock,
  verifyStock,
} from "../../../src/modules/inventory/index.ts";
import { makeVendorToken, startVendor, type Vendor } from "../../servers/vendor.ts";
import { openTestShop, type TestShop } from "../../shop.ts";
import { readTrail } from "../../trail.ts";

let vendor: Vendor;
let shop: TestShop;
beforeAll(async () => {
  vendor = await startVendor();
  shop = await openTestShop({ VENDOR_API_URL: vendor.url, VENDOR_API_TOKEN: makeVendorToken() });
});
afterAll(async () => {
  await shop?.app.stop();
  await vendor?.stop();
});

const token = makeVendorToken();
const callDue = () =>
  callDueOrders({
    db: shop.app.db,
    supplier: createSupplier({ url: vendor.url, token, timeoutMs: 200, pauseMs: 1, retries: 0 }),
    log: { warn: () => undefined },
    leaseSeconds: 60,
  });
const makeDue = () =>
  shop.app.db`UPDATE inventory.purchase_orders SET due_at = now() WHERE due_at IS NOT NULL`;
const ordersOf = async (productId: number) =>
  (await shop.staff("GET", "/purchase-orders?limit=1000")).body.items.filter(
    (order: { product_id: number }) => order.product_id === productId,
  );
const setStock = (productId: number, body: object) => shop.staff("PATCH", `/stock/${productId}`, { body });
const receive = (id: number, body: object, headers = {}) =>
  shop.staff("POST", `/purchase-orders/${id}/receive`, { body, headers });
const refused = (code: string, status = 422) => ({ status, body: { code } });

describe("reordering", () => {
  test("what falls to its threshold is ordered once, however many look, until the goods are booked", async () => {
    const { id, sku } = await shop.addProduct({ initial_quantity: 5 });
    const set = await setStock(id, { low_stock_threshold: 5, reorder_quantity: 20 });
    expect(set.body).toMatchObject({ reorder_quantity: 20, low_since: expect.any(String) });
    await Promise.all([1, 2, 3].map(() => reorderLowStock(shop.app.db)));
    await callDue();
    expect(await ordersOf(id)).toMatchObject([
      { sku, quantity: 20, automatic: true, status: "accepted", supplier_reference: expect.any(String) },
    ]);
    await reorderLowStock(shop.app.db);
    const [order] = await ordersOf(id);
    const received = await receive(order.id, { quantity: 19, note: "one was broken" });
    expect(received).toMatchObject({ status: 201, body: { items: [{ product_id: id, on_hand: 24 }] } });
    expect(await shop.staff("GET", `/purchase-orders/${order.id}`)).toMatchObject({
      body: { status: "received", received_quantity: 19 },
    });
    expect(await reorderLowStock(shop.app.db)).toBe(0);
    expect([...vendor.orders.values()].filter(({ items }) => items[0]?.sku === sku)).toHaveLength(1);
  });

  test("nothing is ordered without a quantity, of what is archived, or again after a refusal", async () => {
    const [plain, archived, refusing] = [
      await shop.addProduct({ initial_quantity: 1 }),
      await shop.addProduct({ initial_quantity: 1 }),
      await shop.addProduct({ initial_quantity: 1 }),
    ];
    await setStock(plain.id, { low_stock_threshold: 1 });
    for (const { id } of [archived, refusing])
      await setStock(id, { low_stock_threshold: 1, reorder_quantity: 2 });
    await shop.staff("DELETE", `/products/${archived.id}`);
    expect(await reorderLowStock(shop.app.db)).toBe(1);
    vendor.plan({ status: 422, body: '{"detail":"no longer made"}' });
    await callDue();
    expect(await ordersOf(refusing.id)).toMatchObject([
      { status: "refused", last_error: expect.stringContaining("no longer made") },
    ]);
    expect(await reorderLowStock(shop.app.db)).toBe(0);
    expect([...(await ordersOf(plain.id)), ...(await ordersOf(archived.id))]).toEqual([]);
  });
});

describe("sending and following", () => {
  test("an order whose answer never came is unknown, and found under its key: the supplier has one", async () => {
    const { id, sku } = await shop.addProduct();
    const added = await shop.staff("POST", "/purchase-orders", { body: { product_id: id, quantity: 3 } });
    expect(added).toMatchObject({ status: 201, body: { status: "created", quantity: 3, automatic: false } });
    vendor.plan("drop_after");
    await callDue();
    expect(await ordersOf(id)).toMatchObject([{ status: "unknown", supplier_reference: null }]);
    await makeDue();
    await callDue();
    expect(await ordersOf(id)).toMatchObject([{ status: "accepted", last_error: null }]);
    expect([...vendor.orders.values()].filter(({ items }) => items[0]?.sku === sku)).toHaveLength(1);
  });

  test("is followed until it is delivered; a moment of silence changes nothing", async () => {
    const { id, sku } = await shop.addProduct();
    await shop.staff("POST", "/purchase-orders", { body: { product_id: id, quantity: 3 } });
    await callDue();
    const theirs = [...vendor.orders.values()].find(({ items }) => items[0]?.sku === sku);
    if (theirs === undefined) throw new Error("nothing was ordered");
    theirs.status = "shipped";
    theirs.shipment = { carrier: "DHL", tracking_number: "T1", expected_at: "2026-12-01T10:00:00Z" };
    await makeDue();
    await callDue();
    const shipped = { carrier: "DHL", tracking_number: "T1", expected_at: "2026-12-01T10:00:00.000Z" };
    expect(await ordersOf(id)).toMatchObject([{ status: "shipped", ...shipped }]);
    vendor.plan(...Array(10).fill({ status: 500 }));
    await makeDue();
    await callDue();
    expect(await ordersOf(id)).toMatchObject([{ status: "shipped", last_error: expect.any(String) }]);
    vendor.plan();
    theirs.status = "delivered";
    for (let look = 0; look < 12; look++) {
      await makeDue();
      await callDue();
    }
    expect(await ordersOf(id)).toMatchObject([{ status: "delivered", last_error: null }]);
    expect((await shop.stockOf(id)).on_hand).toBe(100); // the supplier's word moves no stock
  });
});

describe("receiving", () => {
  test("books the goods and closes the order in one commit: of two at once one wins, a repeated key books once", async () => {
    const { id } = await shop.addProduct({ initial_quantity: 0 });
    const order = (await shop.staff("POST", "/purchase-orders", { body: { product_id: id, quantity: 3 } }))
      .body;
    const headers = { "idempotency-key": `receive-${order.id}` };
    const answers = await Promise.all([
      receive(order.id, { quantity: 3 }, headers),
      receive(order.id, { quantity: 3 }, headers),
      receive(order.id, { quantity: 3 }),
    ]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 422]));
    expect((await shop.stockOf(id)).on_hand).toBe(3);
    expect(await receive(order.id, { quantity: 1 })).toMatchObject(refused("purchase_order_closed"));
    expect(await receive(999_999, { quantity: 1 })).toMatchObject(refused("purchase_order_not_found", 404));
    const [movement] = (await shop.staff("GET", `/stock/${id}/movements`)).body.items;
    expect(movement).toMatchObject({ type: "receipt", quantity: 3, reference: `purchase order ${order.id}` });
    const trail = (await readTrail(shop.app.db)).filter(
      ({ resource }) => resource?.type === "purchase_order" && resource.id === String(order.id),
    );
    expect(trail.map(({ event, outcome }) => `${event} ${outcome}`).sort()).toContain(
      "purchase_order.receive success",
    );
  });

  test("verify finds goods that were received and booked otherwise", async () => {
    expect(await verifyStock(shop.app.db)).toEqual([]);
    await shop.app
      .db`UPDATE inventory.purchase_orders SET received_quantity = received_quantity + 1 WHERE state = 'received'`;
    expect(await verifyStock(shop.app.db)).toMatchObject([
      { check: "purchase_orders", what: expect.stringContaining("received 20 of product") },
    ]);
    await shop.app
      .db`UPDATE inventory.purchase_orders SET received_quantity = received_quantity - 1 WHERE state = 'received'`;
  });

  test("refuses what is malformed, unknown or not for customers", async () => {
    const order = (body: object) => shop.staff("POST", "/purchase-orders", { body });
    expect(await order({ product_id: 999_999, quantity: 1 })).toMatchObject({
      ...refused("product_not_found", 404),
      body: { errors: [{ field: "product_id" }] },
    });
    expect(await order({ product_id: 1, quantity: 0 })).toMatchObject(refused("invalid_request", 400));
    expect((await shop.alice("GET", "/purchase-orders")).status).toBe(403);
    expect(
      (await shop.alice("POST", "/purchase-orders", { body: { product_id: 1, quantity: 1 } })).status,
    ).toBe(403);
  });
});

test("the command line checks, orders and lists", async () => {
  const { sku } = await shop.addProduct();
  const program = join(import.meta.dirname, "..", "..", "..", "src", "main.ts");
  const env = {
    ...process.env,
    DB_URL: shop.app.databaseUrl,
    VENDOR_API_URL: vendor.url,
    VENDOR_API_TOKEN: token,
  };
  const run = async (...args: string[]) =>
    (await promisify(execFile)(process.execPath, [program, "supplier", ...args], { env })).stdout.trim();
  expect(await run("check", sku)).toBe(`${sku}: 7 available, 3 days`);
  expect(await run("order", sku, "4")).toMatch(new RegExp(`^\\d+: 4 × ${sku}, accepted; theirs V-`));
  expect((await run("orders")).split("\n")[0]).toContain(`4 × ${sku}, accepted`);
  await expect(run("order", "NO-SUCH", "4")).rejects.toThrow("There is no product with the SKU NO-SUCH.");
  await expect(run("order", sku, "0")).rejects.toThrow("whole number above zero");
});

describe("a stock system elsewhere", () => {
  const place = async (open: TestShop, items: object[]) =>
    open.staff("POST", "/orders", { body: { items, payment_method: "invoice" } });

  test("can refuse what our stock would sell; what it does not answer is refused by default", async () => {
    const elsewhere = await startVendor();
    const open = await openTestShop({
      INVENTORY_SERVICE_URL: `${elsewhere.url}/stock`,
      SUPPLY_TIMEOUT_MS: "200",
    });
    const { id, sku } = await open.addProduct();
    expect((await place(open, [{ product_id: id, quantity: 7 }])).status).toBe(201);
    const two = [
      { product_id: id, quantity: 4 },
      { product_id: id, quantity: 4 },
    ];
    expect(await place(open, two)).toMatchObject({
      ...refused("insufficient_stock"),
      body: { code: "insufficient_stock", sku, available: 7 },
    });
    elsewhere.plan("drop", "stall");
    const silent = await place(open, [{ product_id: id, quantity: 1 }]);
    expect(silent).toMatchObject(refused("stock_check_unavailable", 503));
    expect(silent.headers.get("retry-after")).toBe("5");
    elsewhere.plan({ status: 500 }, { lie: { items: [] } });
    expect((await place(open, [{ product_id: id, quantity: 1 }])).status).toBe(503);
    expect((await open.stockOf(id)).reserved).toBe(7);

    const { body: order } = await place(open, [{ product_id: id, quantity: 2 }]);
    const edit = (quantity: number) => {
      const body = { items: [{ product_id: id, quantity }] };
      return open.staff("PATCH", `/orders/${order.id}`, { body });
    };
    const asked = elsewhere.calls.length;
    expect(await edit(10)).toMatchObject({ ...refused("insufficient_stock"), body: { sku, available: 7 } });
    expect((await edit(9)).status).toBe(200); // seven more: the two it has were asked about
    expect(elsewhere.calls.length).toBe(asked + 2);
    expect((await edit(3)).status).toBe(200); // fewer: nobody is asked
    expect(elsewhere.calls.length).toBe(asked + 2);
    elsewhere.plan("drop", "drop");
    expect(await edit(4)).toMatchObject(refused("stock_check_unavailable", 503));
    expect((await open.stockOf(id)).reserved).toBe(10);

    const body = { items: [{ product_id: id, quantity: 1 }], payment_method: "invoice" };
    const headers = { "idempotency-key": "once" };
    const placed = await open.staff("POST", "/orders", { body, headers });
    elsewhere.plan({ lie: { items: [{ sku, available: 0 }] } });
    const replayed = await open.staff("POST", "/orders", { body, headers });
    expect(replayed).toMatchObject({ status: 201, body: { id: placed.body.id } });
    await open.app.stop();
    await elsewhere.stop();
  });

  test("is done without where the setting says so, and our own stock still decides", async () => {
    const elsewhere = await startVendor();
    const open = await openTestShop({
      INVENTORY_SERVICE_URL: `${elsewhere.url}/stock`,
      INVENTORY_SERVICE_FAILURE: "accept",
    });
    const { id } = await open.addProduct({ initial_quantity: 5 });
    elsewhere.plan("drop", "drop", "drop", "drop");
    expect((await place(open, [{ product_id: id, quantity: 5 }])).status).toBe(201);
    expect(await place(open, [{ product_id: id, quantity: 1 }])).toMatchObject(refused("insufficient_stock"));
    await open.app.stop();
    await elsewhere.stop();
  });
});
