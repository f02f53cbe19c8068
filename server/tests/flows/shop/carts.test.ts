import { afterAll, beforeAll, expect, it } from "vitest";
import { expireCarts, removeEndedCarts } from "../../../src/modules/carts/expire-carts.ts";
import { verifyOrders } from "../../../src/modules/orders/index.ts";
import { startTestApp, type TestAnswer } from "../../app.ts";
import { openTestShop, type ShopCaller, type TestShop } from "../../shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop({ CART_EXPIRY_DAYS: "7" });
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

  const body = { payment_method: "credit_card", email: "grace@example.com" };
  const ordered = await call("POST", `/carts/${id}/checkout`, { body });
  expect(ordered).toMatchObject({
    status: 201,
    body: {
      customer_id: null,
      placed_by: `cart:${id}`,
      total: "24.00",
      items: [{ product_id: product.id, quantity: 2 }],
      shipping_address: { email: "grace@example.com" },
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
    body: { id: ordered.body.id, timeline: [{ event: "placed" }] },
  });
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

it("tells what is wrong with a request", async () => {
  const product = await shop.addProduct();
  const archived = await shop.addProduct();
  await shop.staff("DELETE", `/products/${archived.id}`);
  const foreign = await shop.addProduct({ currency: "EUR" });
  const { id, call } = await openGuestCart();
  const line = (product_id: number, quantity = 1) => put(call, id, { product_id, quantity });
  expect(codeOf(await line(archived.id))).toEqual([422, "product_not_for_sale"]);
  expect(codeOf(await line(2_000_000_000))).toEqual([422, "product_not_for_sale"]);
  expect(codeOf(await line(foreign.id))).toEqual([422, "cart_currency_differs"]);
  expect(codeOf(await line(product.id, 0))).toEqual([400, "invalid_request"]);
  expect(codeOf(await call("POST", "/carts", { body: { currency: "UNIT" } }))).toEqual([
    400,
    "unknown_asset",
  ]);
  const check = (body: object) => call("POST", `/carts/${id}/checkout`, { body });
  expect(codeOf(await check({ payment_method: "invoice", email: "a@b.c" }))).toEqual([422, "cart_empty"]);
  const fieldsOf = async (body: object) => (await check(body)).body.errors;
  expect(await fieldsOf({ payment_method: "invoice" })).toMatchObject([{ field: "email" }]);
  expect(await fieldsOf({ payment_method: "balance", email: "a@b.c" })).toMatchObject([
    { field: "payment_method" },
  ]);
  expect((await check({ payment_method: "invoice", email: "nobody" })).status).toBe(400);
});

it("shows prices of now and has them accepted before it orders", async () => {
  const product = await shop.addProduct({ price: "10.00" });
  const id = await openOwnCart(shop.alice);
  await put(shop.alice, id, { product_id: product.id, quantity: 2 });
  await shop.staff("PATCH", `/products/${product.id}`, { body: { price: "12.00" } });
  const seen = await shop.alice("GET", `/carts/${id}`);
  expect(seen.body).toMatchObject({
    prices_changed: true,
    subtotal: "24.00",
    lines: [{ unit_price: "12.00", accepted_price: "10.00", price_changed: true }],
  });
  const body = { payment_method: "invoice" };
  const refused = await shop.alice("POST", `/carts/${id}/checkout`, { body });
  expect(refused).toMatchObject({
    status: 409,
    body: { code: "cart_prices_changed", cart: { subtotal: "24.00" } },
  });
  expect(await shop.stockOf(product.id)).toMatchObject({ reserved: 0 });
  expect((await shop.alice("POST", `/carts/${id}/prices`)).body).toMatchObject({ prices_changed: false });
  const ordered = await shop.alice("POST", `/carts/${id}/checkout`, { body });
  expect(ordered).toMatchObject({ status: 201, body: { customer_id: "alice", net: "24.00" } });
});

it("failure 5: a cart checked out twice at once and again later is one order, which all are answered", async () => {
  const product = await shop.addProduct({ price: "10.00", initial_quantity: 50 });
  const account = await shop.openAccount("alice", "1000.00");
  const id = await openOwnCart(shop.alice);
  await put(shop.alice, id, { product_id: product.id, quantity: 3 });
  const request = { body: { payment_method: "balance", account_id: account } };
  const checkOut = () => shop.alice("POST", `/carts/${id}/checkout`, request);
  const answers = await Promise.all([checkOut(), checkOut(), checkOut(), checkOut()]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
  const again = await checkOut();
  expect(again.status).toBe(200);
  expect(new Set([...answers, again].map(({ body }) => body.id)).size).toBe(1);
  expect(await shop.stockOf(product.id)).toMatchObject({ reserved: 3 });
  expect(await shop.balanceOf(account)).toMatchObject({ held: "36.00" });
  const next = await shop.alice("POST", "/carts");
  expect(next.status).toBe(201);
  expect(next.body.id).not.toBe(id);
});

it("failure 5: two processes that check a cart out at once make one order of it", async () => {
  const product = await shop.addProduct({ price: "10.00", initial_quantity: 50 });
  const id = await openOwnCart(shop.alice);
  await put(shop.alice, id, { product_id: product.id, quantity: 2 });
  const other = await startTestApp({ DB_URL: shop.app.databaseUrl });
  const token = await other.token("customer", "alice");
  const body = { payment_method: "invoice" };
  const path = `/api/v1/carts/${id}/checkout`;
  const answers = await Promise.all(
    [shop.app, other, shop.app, other].map((app) => app.call("POST", path, { token, body })),
  );
  await other.stop();
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
  expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
  expect(await shop.stockOf(product.id)).toMatchObject({ reserved: 2 });
});

it("an order that is refused leaves the cart as it was; the same key answers the same", async () => {
  const product = await shop.addProduct({ price: "10.00", initial_quantity: 1 });
  const { id, call } = await openGuestCart();
  await put(call, id, { product_id: product.id, quantity: 2 });
  const body = { payment_method: "invoice", email: "grace@example.com" };
  const refused = await call("POST", `/carts/${id}/checkout`, { body });
  expect(codeOf(refused)).toEqual([422, "insufficient_stock"]);
  expect((await call("GET", `/carts/${id}`)).body).toMatchObject({ state: "open", lines: [{ quantity: 2 }] });
  await call("PATCH", `/carts/${id}/lines/${product.id}`, { body: { quantity: 1 } });
  const keyed = { body, headers: { "idempotency-key": "cart-order-1" } };
  const first = await call("POST", `/carts/${id}/checkout`, keyed);
  const second = await call("POST", `/carts/${id}/checkout`, keyed);
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.body).toEqual(first.body);
  expect(second.headers.get("idempotency-replayed")).toBe("true");
});

it("failure 17: parallel edits of one cart lose no line, and who decided on an old state is shown the current one", async () => {
  const products = await Promise.all(Array.from({ length: 6 }, () => shop.addProduct()));
  const { id, call } = await openGuestCart();
  const first = products[0].id;
  await put(call, id, { product_id: first, quantity: 1 });
  const added = await Promise.all(
    products.flatMap(({ id: product_id }) =>
      [1, 2].map((quantity) => put(call, id, { product_id, quantity })),
    ),
  );
  expect(added.map(({ status }) => status)).toEqual(Array(12).fill(200));
  const { body } = await call("GET", `/carts/${id}`);
  const quantities = new Map(
    body.lines.map((line: { product_id: number; quantity: number }) => [line.product_id, line.quantity]),
  );
  expect(quantities).toEqual(new Map(products.map((product) => [product.id, product.id === first ? 4 : 3])));
  expect(body.version).toBe(14);

  const change = (quantity: number) =>
    call("PATCH", `/carts/${id}/lines/${first}`, { body: { quantity }, headers: { "if-match": '"14"' } });
  const rivals = await Promise.all([7, 8, 9].map(change));
  expect(rivals.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  const won = rivals.find(({ status }) => status === 200)?.body.lines[0].quantity;
  for (const refused of rivals.filter(({ status }) => status === 409))
    expect(refused.body).toMatchObject({
      code: "cart_changed",
      cart: { version: 15, lines: [{ quantity: won }, {}, {}, {}, {}, {}] },
    });
});

it("signing in puts the guest's cart into the user's: no line is lost, and what a line cannot hold is told", async () => {
  const [both, mine, theirs] = [await shop.addProduct(), await shop.addProduct(), await shop.addProduct()];
  const id = await openOwnCart(shop.bob);
  await put(shop.bob, id, { product_id: both.id, quantity: 999_999 });
  await put(shop.bob, id, { product_id: mine.id, quantity: 4 });
  const guest = await openGuestCart();
  await put(guest.call, guest.id, { product_id: both.id, quantity: 3 });
  await put(guest.call, guest.id, { product_id: theirs.id, quantity: 5 });
  const request = { body: { cart_id: guest.id, cart_token: guest.token } };
  const merged = await shop.bob("POST", "/carts/merge", request);
  expect(merged).toMatchObject({
    status: 200,
    body: {
      id,
      user_id: "bob",
      lines: [
        { product_id: both.id, quantity: 1_000_000 },
        { product_id: mine.id, quantity: 4 },
        { product_id: theirs.id, quantity: 5 },
      ],
      capped: [{ product_id: both.id, wanted: 1_000_002, quantity: 1_000_000 }],
    },
  });
  const again = await shop.bob("POST", "/carts/merge", request);
  expect(again.body).toMatchObject({ version: merged.body.version, lines: [{}, {}, { quantity: 5 }] });
  expect((await guest.call("GET", `/carts/${guest.id}`)).body).toMatchObject({
    state: "merged",
    merged_into: id,
  });
  const forged = { body: { ...request.body, cart_token: "x".repeat(43) } };
  expect(codeOf(await shop.alice("POST", "/carts/merge", forged))).toEqual([404, "cart_not_found"]);
  expect(codeOf(await shop.alice("POST", "/carts/merge", request))).toEqual([409, "cart_closed"]);
});

it("a cart that nobody touched for its time is expired, also where it is checked out just then", async () => {
  const product = await shop.addProduct();
  const guest = await openGuestCart();
  await put(guest.call, guest.id, { product_id: product.id, quantity: 1 });
  await shop.app.db`UPDATE carts.carts SET expires_at = now() - interval '1 second' WHERE id = ${guest.id}`;
  const body = { payment_method: "invoice", email: "grace@example.com" };
  const late = await guest.call("POST", `/carts/${guest.id}/checkout`, { body });
  expect(late).toMatchObject({ status: 409, body: { code: "cart_closed", state: "expired" } });
  expect(await expireCarts(shop.app.db)).toBeLessThanOrEqual(1); // the schedule may have been faster
  const [row] = await shop.app.db`SELECT state FROM carts.carts WHERE id = ${guest.id}`;
  expect(row).toEqual({ state: "expired" });
});

it("carts that came to nothing are removed long after their time, ordered ones never", async () => {
  const { db } = shop.app;
  const guest = await openGuestCart();
  const own = await openOwnCart(shop.bob);
  const body = { cart_id: guest.id, cart_token: guest.token };
  expect((await shop.bob("POST", "/carts/merge", { body })).status).toBe(200);
  await db`UPDATE carts.carts SET expires_at = now() - interval '91 days' WHERE id = ${own} OR state = 'ordered'`;
  await expireCarts(db);
  await removeEndedCarts(db);
  const left = await db`SELECT FROM carts.carts WHERE id IN (${own}, ${guest.id})`;
  expect(left).toHaveLength(0);
  expect((await db`SELECT FROM carts.carts WHERE state = 'ordered'`).length).toBeGreaterThan(0);
  expect(codeOf(await guest.call("GET", `/carts/${guest.id}`))).toEqual([404, "cart_not_found"]);
});

it("leaves carts and orders in agreement after all of it", async () => {
  expect((await verifyOrders(shop.app.db)).differences).toEqual([]);
});
