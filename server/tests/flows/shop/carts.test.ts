// Carts and coupons over HTTP: guests with the cart's token, users with theirs. What a cart refuses and keeps is tested beside its commands.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyOrders } from "../../../src/modules/orders/index.ts";
import type { TestAnswer } from "../../app.ts";
import { openTestShop, type ShopCaller, type TestShop } from "../../shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop({ CART_EXPIRY_DAYS: "7", TAX_CLASSES: '{"reduced":"0.05"}' });
});
afterAll(() => shop?.app.stop());

interface GuestCart {
  readonly id: string;
  readonly token: string;
  readonly call: ShopCaller;
}

/** A guest's new cart, and calls that show its token. */
async function openGuestCart(): Promise<GuestCart> {
  const { status, body } = await shop.app.call("POST", "/api/v1/carts");
  expect(status).toBe(201);
  expect(body).toMatchObject({ user_id: null, state: "open", lines: [], cart_token: expect.any(String) });
  const headers = { "cart-token": body.cart_token };
  const call: ShopCaller = (method, path, request = {}) =>
    shop.app.call(method, `/api/v1${path}`, { ...request, headers: { ...headers, ...request.headers } });
  return { id: body.id, token: body.cart_token, call };
}

/** The customer's own open cart, emptied of what a test before has left. */
async function openOwnCart(by: ShopCaller): Promise<string> {
  const { id, version } = (await by("POST", "/carts")).body;
  const replaced = await by("PUT", `/carts/${id}/lines`, {
    body: { lines: [] },
    headers: { "if-match": `"${version}"` },
  });
  expect(replaced.status).toBe(200);
  return id;
}

const put = (by: ShopCaller, cartId: string, line: { product_id: number; quantity: number }) =>
  by("POST", `/carts/${cartId}/lines`, { body: line });

const codeOf = ({ status, body }: TestAnswer) => [status, body.code];

it("a guest fills a cart, changes it, orders it by card and reads the order with the cart's token", async () => {
  const product = await shop.addProduct({ price: "10.00", initial_quantity: 5 });
  const other = await shop.addProduct({ price: "3.00" });
  const { id, call } = await openGuestCart();
  await put(call, id, { product_id: product.id, quantity: 1 });
  await put(call, id, { product_id: other.id, quantity: 9 });
  const more = await put(call, id, { product_id: product.id, quantity: 2 });
  expect(more.body).toMatchObject({
    lines: [
      { product_id: product.id, quantity: 3, unit_price: "10.00", total: "30.00" },
      { product_id: other.id, quantity: 9, total: "27.00" },
    ],
    subtotal: "57.00",
    prices_changed: false,
  });
  const changed = await call("PATCH", `/carts/${id}/lines/${product.id}`, { body: { quantity: 2 } });
  expect(changed.body.lines[0]).toMatchObject({ quantity: 2 });
  const removed = await call("DELETE", `/carts/${id}/lines/${other.id}`);
  expect(removed.body).toMatchObject({ lines: [{ product_id: product.id }], subtotal: "20.00" });
  expect(codeOf(await call("DELETE", `/carts/${id}/lines/${other.id}`))).toEqual([
    404,
    "cart_line_not_found",
  ]);

  const shipping_address = { street: "1 Main St", city: "Anytown" };
  const body = { payment_method: "credit_card", email: "grace@example.com", shipping_address };
  const ordered = await call("POST", `/carts/${id}/checkout`, { body });
  expect(ordered).toMatchObject({
    status: 201,
    body: {
      customer_id: null,
      placed_by: `cart:${id}`,
      total: "24.00",
      items: [{ product_id: product.id, quantity: 2 }],
      shipping_address: { ...shipping_address, email: "grace@example.com" },
    },
  });
  expect(await shop.stockOf(product.id)).toMatchObject({ reserved: 2, available: 3 });
  expect((await call("GET", `/carts/${id}`)).body).toMatchObject({
    state: "ordered",
    order_id: ordered.body.id,
  });
  const order = await call("GET", `/carts/${id}/order`);
  expect(order).toMatchObject({
    status: 200,
    body: { id: ordered.body.id },
  });
  expect(order.body.timeline[0]).toMatchObject({ event: "placed" }); // the card may be authorized by now
  expect(codeOf(await put(call, id, { product_id: product.id, quantity: 1 }))).toEqual([409, "cart_closed"]);
});

it("failure 5: a cart is opened once for one key, and a guest's key cannot be guessed", async () => {
  const open = (key: string) =>
    shop.app.call("POST", "/api/v1/carts", { headers: { "idempotency-key": key } });
  const key = crypto.randomUUID();
  const [first, second] = await Promise.all([open(key), open(key)]);
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.body).toEqual(first.body);
  expect([first, second].map(({ headers }) => headers.get("idempotency-replayed")).toSorted()).toEqual([
    null,
    "true",
  ]);
  expect((await open(crypto.randomUUID())).body.id).not.toBe(first.body.id);
  expect(await open("cart-1")).toMatchObject({
    status: 400,
    body: { code: "invalid_idempotency_key", errors: [{ field: "Idempotency-Key" }] },
  });
  const remembered = await shop.app
    .db`SELECT answer FROM runtime.idempotency_keys WHERE answer LIKE ${`%${first.body.cart_token}%`}`;
  expect(remembered).toEqual([]);
});

it("a cart is its owner's alone: a wrong token, another cart's token and another customer find nothing", async () => {
  const [one, other] = [await openGuestCart(), await openGuestCart()];
  const path = `/carts/${one.id}`;
  expect(codeOf(await shop.app.call("GET", `/api/v1${path}`))).toEqual([401, "unauthenticated"]);
  expect(codeOf(await other.call("GET", path))).toEqual([404, "cart_not_found"]);
  expect(codeOf(await shop.bob("GET", path))).toEqual([404, "cart_not_found"]);
  const own = await openOwnCart(shop.alice);
  for (const act of ["", "/order"]) expect((await shop.bob("GET", `/carts/${own}${act}`)).status).toBe(404);
  const body = { payment_method: "invoice" };
  expect(codeOf(await shop.bob("POST", `/carts/${own}/checkout`, { body }))).toEqual([404, "cart_not_found"]);
  expect((await shop.staff("GET", path)).status).toBe(200);
  const tokens = await shop.app.db`SELECT FROM carts.carts c WHERE c::text LIKE ${`%${one.token}%`}`;
  expect(tokens).toHaveLength(0);
});

it("tells what is wrong with a request, and what a cart refuses, before anything is ordered", async () => {
  const product = await shop.addProduct();
  const { id, call } = await openGuestCart();
  expect(codeOf(await put(call, id, { product_id: 2_000_000_000, quantity: 1 }))).toEqual([
    422,
    "product_not_for_sale",
  ]);
  expect(codeOf(await put(call, id, { product_id: product.id, quantity: 0 }))).toEqual([
    400,
    "invalid_request",
  ]);
  expect(codeOf(await call("POST", "/carts", { body: { currency: "UNIT" } }))).toEqual([
    422,
    "unknown_asset",
  ]);
  const stale = { body: { lines: [] }, headers: { "if-match": '"7"' } };
  expect(await call("PUT", `/carts/${id}/lines`, stale)).toMatchObject({
    status: 409,
    body: { code: "cart_changed", cart: { version: 1, lines: [] } },
  });
  const check = (body: object) => call("POST", `/carts/${id}/checkout`, { body });
  expect(codeOf(await check({ payment_method: "invoice", email: "a@b.c" }))).toEqual([422, "cart_empty"]);
  expect((await check({ payment_method: "invoice" })).body.errors).toMatchObject([{ field: "email" }]);
});

it("a user accepts today's prices, orders with a key and again without, and is answered the one order", async () => {
  const product = await shop.addProduct({ price: "10.00" });
  const id = await openOwnCart(shop.alice);
  await put(shop.alice, id, { product_id: product.id, quantity: 2 });
  await shop.staff("PATCH", `/products/${product.id}`, { body: { price: "12.00" } });
  const request = { body: { payment_method: "invoice" }, headers: { "idempotency-key": "cart-order-1" } };
  expect(await shop.alice("POST", `/carts/${id}/checkout`, { body: request.body })).toMatchObject({
    status: 409,
    body: { code: "cart_prices_changed", cart: { subtotal: "24.00" } },
  });
  expect((await shop.alice("POST", `/carts/${id}/prices`)).body).toMatchObject({ prices_changed: false });
  const first = await shop.alice("POST", `/carts/${id}/checkout`, request);
  expect(first).toMatchObject({ status: 201, body: { customer_id: "alice", net: "24.00" } });
  const replayed = await shop.alice("POST", `/carts/${id}/checkout`, request);
  expect([replayed.status, replayed.headers.get("idempotency-replayed")]).toEqual([201, "true"]);
  const again = await shop.alice("POST", `/carts/${id}/checkout`, { body: request.body });
  expect([again.status, again.body.id]).toEqual([200, first.body.id]);
});

describe("F6-9: what the customer pays is shown before it is charged", () => {
  it("by the cart: another tax inclusion, tax class or price is 409 first, and then charged as it was shown", async () => {
    const product = await shop.addProduct({ price: "10.00", price_includes_tax: true });
    const id = await openOwnCart(shop.alice);
    const shown = await put(shop.alice, id, { product_id: product.id, quantity: 1 });
    expect(shown.body).toMatchObject({
      total: "10.00",
      tax: "1.67",
      discount: "0.00",
      prices_changed: false,
    });
    const checkOut = () =>
      shop.alice("POST", `/carts/${id}/checkout`, { body: { payment_method: "invoice" } });
    const changes = [
      [{ price_includes_tax: false }, "10.00", "12.00"],
      [{ tax_class: "reduced" }, "12.00", "10.50"],
      [{ price: "10.01" }, "10.50", "10.51"],
    ] as const;
    for (const [body, accepted_total, total] of changes) {
      expect((await shop.staff("PATCH", `/products/${product.id}`, { body })).status).toBe(200);
      const changed = { prices_changed: true, accepted_total, total };
      expect((await shop.alice("GET", `/carts/${id}`)).body).toMatchObject(changed);
      expect(await checkOut()).toMatchObject({
        status: 409,
        body: { code: "cart_prices_changed", cart: changed },
      });
      const accepted = { prices_changed: false, accepted_total: total, total };
      expect((await shop.alice("POST", `/carts/${id}/prices`)).body).toMatchObject(accepted);
    }
    expect(await checkOut()).toMatchObject({ status: 201, body: { total: "10.51" } });
  });

  it("by a preview, which takes what placing takes, and holds nothing", async () => {
    const product = await shop.addProduct({ price: "10.00", initial_quantity: 5 });
    const items = [{ product_id: product.id, quantity: 2 }];
    const body = { items, payment_method: "credit_card", shipping_address: { city: "Anytown" } };
    const before = (await shop.staff("GET", "/orders")).body.items[0].id;
    const said = await shop.bob("POST", "/orders/preview", { body });
    expect(said).toMatchObject({
      status: 200,
      body: { customer_id: "bob", subtotal: "20.00", discount: "0.00", tax: "4.00", total: "24.00" },
    });
    expect(Object.keys(said.body.items[0])).not.toContain("shipped");
    expect(await shop.stockOf(product.id)).toMatchObject({ on_hand: 5, reserved: 0 });
    expect((await shop.staff("GET", "/orders")).body.items[0].id).toBe(before);
    const wrong = await shop.bob("POST", "/orders/preview", { body: { ...body, items: [] } });
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ field: "items" }] } });
    const more = { ...body, items: [{ product_id: product.id, quantity: 6 }] };
    expect(await shop.bob("POST", "/orders/preview", { body: more })).toMatchObject({
      status: 422,
      body: { code: "insufficient_stock", available: 5, errors: [{ field: "items[0].quantity" }] },
    });
    expect((await shop.app.call("POST", "/api/v1/orders/preview", { body })).status).toBe(401);
  });
});

it("signing in takes a guest's cart along where its token is shown", async () => {
  const product = await shop.addProduct();
  const id = await openOwnCart(shop.bob);
  const guest = await openGuestCart();
  await put(guest.call, guest.id, { product_id: product.id, quantity: 5 });
  const request = { body: { cart_id: guest.id, cart_token: guest.token } };
  const forged = { body: { ...request.body, cart_token: "x".repeat(43) } };
  expect(codeOf(await shop.bob("POST", "/carts/merge", forged))).toEqual([404, "cart_not_found"]);
  expect(await shop.bob("POST", "/carts/merge", request)).toMatchObject({
    status: 200,
    body: { id, user_id: "bob", lines: [{ product_id: product.id, quantity: 5 }], capped: [] },
  });
  expect(codeOf(await shop.alice("POST", "/carts/merge", request))).toEqual([409, "cart_closed"]);
});

const TEN_PERCENT = { discount_type: "percent", value: "10" };

async function addCoupon(code: string, terms: object = {}): Promise<TestAnswer["body"]> {
  const added = await shop.staff("POST", "/coupons", { body: { code, ...TEN_PERCENT, ...terms } });
  expect(added.status, JSON.stringify(added.body)).toBe(201);
  return added.body;
}

it("a coupon is made, read, listed and changed by operators alone, one of a code and one version at a time", async () => {
  const terms = { minimum_order: 20, maximum_discount: "5.00", usage_limit: 100, valid_until: "2099-01-01" };
  const added = await addCoupon("Summer-10", terms);
  expect(added).toMatchObject({
    code: "SUMMER-10",
    value: "10",
    currency: "USD",
    minimum_order: "20.00",
    maximum_discount: "5.00",
    valid_until: "2099-01-02T00:00:00.000000Z", // that day is included
    used: 0,
    active: true,
    version: 1,
  });
  const again = await shop.staff("POST", "/coupons", { body: { code: "summer-10", ...TEN_PERCENT } });
  expect(again).toMatchObject({
    status: 409,
    body: { code: "coupon_code_taken", errors: [{ field: "code" }] },
  });
  await addCoupon("SECOND", { discount_type: "amount", value: "4.50" });
  const first = await shop.staff("GET", "/coupons?limit=1");
  expect(first.body.items).toMatchObject([{ code: "SECOND", value: "4.50", currency: "USD" }]);
  const rest = await shop.staff("GET", `/coupons?limit=1&cursor=${first.body.next_cursor}`);
  expect(rest.body).toMatchObject({ items: [{ code: "SUMMER-10" }], next_cursor: null });
  const change = (body: object, version: number) =>
    shop.staff("PATCH", "/coupons/summer-10", { body, headers: { "if-match": `"${version}"` } });
  expect(await change({ minimum_order: 25, usage_limit: null, valid_until: null }, 1)).toMatchObject({
    status: 200,
    body: { value: "10", usage_limit: null, valid_until: null, minimum_order: "25.00", version: 2 },
  });
  expect(await change({ active: false }, 1)).toMatchObject({
    status: 409,
    body: { code: "version_mismatch" },
  });
  for (const discount of [{ value: 12.5 }, { maximum_discount: null }])
    expect(await change(discount, 2)).toMatchObject({
      status: 400,
      body: { errors: [{ field: Object.keys(discount)[0] }] },
    });
  const found = await shop.staff("GET", "/coupons/Summer-10");
  expect([found.headers.get("etag"), found.body.version]).toEqual(['"2"', 2]);
  expect((await shop.staff("GET", "/coupons/NOBODYS")).body.code).toBe("coupon_not_found");
  for (const [method, path] of [
    ["GET", "/coupons"],
    ["GET", "/coupons/SECOND"],
    ["POST", "/coupons"],
    ["PATCH", "/coupons/SECOND"],
  ] as const)
    expect((await shop.alice(method, path, method === "GET" ? {} : { body: { value: 1 } })).status).toBe(403);
});

it("a coupon is asked about, named by a cart, which shows what it takes off, and by the order that the cart becomes", async () => {
  await addCoupon("CART", { minimum_order: "15.00" });
  const asked = (subtotal: string) =>
    shop.bob("GET", `/coupons/cart/check?subtotal=${subtotal}&currency=USD`);
  expect(await asked("14.99")).toMatchObject({
    status: 422,
    body: {
      code: "coupon_minimum_not_reached",
      detail: "coupon CART needs an order of 15.00 USD, and this one is worth 14.99",
      errors: [{ field: "coupon_code" }],
    },
  });
  expect((await asked("100")).body).toEqual({
    code: "CART",
    subtotal: "100.00",
    discount: "10.00",
    currency: "USD",
  });
  const unknown = await shop.alice(
    "GET",
    `/coupons/${encodeURIComponent("no code at all")}/check?subtotal=36.00`,
  );
  expect(codeOf(unknown)).toEqual([422, "coupon_unknown"]);
  const product = await shop.addProduct({ price: "10.00" });
  const { id, call } = await openGuestCart();
  await put(call, id, { product_id: product.id, quantity: 1 });
  const name = () => call("PUT", `/carts/${id}/coupon`, { body: { coupon_code: " cart " } });
  expect(await name()).toMatchObject({
    status: 200,
    body: { coupon_code: "CART", discount: "0.00", coupon_problem: { code: "coupon_minimum_not_reached" } },
  });
  const more = await put(call, id, { product_id: product.id, quantity: 1 });
  expect(more.body).toMatchObject({ subtotal: "20.00", discount: "2.00", coupon_problem: null });
  const without = await call("DELETE", `/carts/${id}/coupon`);
  expect(without.body).toMatchObject({ coupon_code: null, discount: "0.00" });
  await name();
  const shipping_address = { city: "Anytown" };
  const body = { payment_method: "invoice", email: "grace@example.com", shipping_address };
  expect(await call("POST", `/carts/${id}/checkout`, { body })).toMatchObject({
    status: 201,
    body: { coupon_code: "CART", discount: "2.00", total: "21.60" },
  });
  expect((await shop.staff("GET", "/orders?coupon_code=cart")).body.items).toHaveLength(1);
});

it("leaves carts and orders in agreement after all of it", async () => {
  expect((await verifyOrders(shop.app.db)).differences).toEqual([]);
});
