// Coupons over HTTP: made by operators, named by orders and carts, taken off lines, given back with them. That none is used too
// often is failure 22, in failures-orders.test.ts.
import { afterAll, beforeAll, expect, it } from "vitest";
import { verifyOrders } from "../../../src/modules/orders/index.ts";
import { verifyCoupons } from "../../../src/modules/promotions/index.ts";
import type { TestAnswer } from "../../app.ts";
import { openTestShop, type ShopCaller, type TestShop } from "../../shop.ts";

let shop: TestShop;
/** 10.00 without tax, and 6.00 with. */
let net: number;
let gross: number;
beforeAll(async () => {
  shop = await openTestShop();
  net = (await shop.addProduct({ price: "10.00" })).id;
  gross = (await shop.addProduct({ price: "6.00", price_includes_tax: true })).id;
});
afterAll(async () => {
  expect([await verifyCoupons(shop.app.db), (await verifyOrders(shop.app.db)).differences]).toEqual([[], []]);
  await shop.app.stop();
});

const TEN_PERCENT = { discount_type: "percent", value: "10" };

async function addCoupon(code: string, terms: object = {}): Promise<TestAnswer["body"]> {
  const added = await shop.staff("POST", "/coupons", { body: { code, ...TEN_PERCENT, ...terms } });
  expect(added.status, JSON.stringify(added.body)).toBe(201);
  return added.body;
}

function place(couponCode: string, fields: object = {}, by: ShopCaller = shop.alice) {
  const items = [
    { product_id: net, quantity: 3 },
    { product_id: gross, quantity: 1 },
  ];
  return by("POST", "/orders", {
    body: { items, payment_method: "invoice", coupon_code: couponCode, ...fields },
  });
}

it("is made, read, listed and changed by operators alone, one of a code and one version at a time", async () => {
  const terms = { minimum_order: 20, maximum_discount: "5.00", usage_limit: 100, valid_until: "2099-01-01" };
  const added = await addCoupon("Summer-10", terms);
  expect(added).toMatchObject({
    code: "SUMMER-10",
    value: "10",
    currency: "USD",
    minimum_order: "20.00",
    maximum_discount: "5.00",
    valid_until: "2099-01-01T00:00:00.000000Z",
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

it("refuses terms that make no sense, naming the field", async () => {
  const wrong: readonly (readonly [object, string])[] = [
    [{ value: "100.0001" }, "value"],
    [{ value: 0 }, "value"],
    [{ value: "0.00001" }, "value"],
    [{ discount_type: "amount", value: "0" }, "value"],
    [{ discount_type: "amount", value: "5.00", maximum_discount: "1.00" }, "maximum_discount"],
    [{ minimum_order: "-1" }, "minimum_order"],
    [{ valid_from: "soon" }, "valid_from"],
    [{ currency: "UNIT", minimum_order: "1" }, "currency"],
  ];
  for (const [terms, field] of wrong) {
    const { status, body } = await shop.staff("POST", "/coupons", {
      body: { code: "WRONG", ...TEN_PERCENT, ...terms },
    });
    expect([status, body.errors?.[0].field], JSON.stringify(terms)).toEqual([400, field]);
  }
  const backwards = { code: "WRONG", ...TEN_PERCENT, valid_from: "2027-01-02", valid_until: "2027-01-01" };
  expect(await shop.staff("POST", "/coupons", { body: backwards })).toMatchObject({
    status: 422,
    body: { code: "coupon_period_empty", errors: [{ field: "valid_until" }] },
  });
});

it("takes its discount off the lines before their tax, says so, and gives back what was paid", async () => {
  await addCoupon("FIVE-OFF", { discount_type: "amount", value: "5.00" });
  const placed = await place("five-off");
  // 5.00 over 30.00 and 6.00 are 4.1666… and 0.8333…: the minor unit left over goes to the share that lost most
  expect(placed).toMatchObject({
    status: 201,
    body: {
      coupon_code: "FIVE-OFF",
      discount: "5.00",
      items: [
        { unit_price: "10.00", discount: "4.17", net: "25.83", tax: "5.17", total: "31.00" },
        { unit_price: "6.00", discount: "0.83", net: "4.31", tax: "0.86", total: "5.17" },
      ],
      net: "30.14",
      tax: "6.03",
      total: "36.17",
    },
  });
  const { id } = placed.body;
  const post = (path: string, body: object) => shop.staff("POST", `/orders/${id}/${path}`, { body });
  await post("pay", {});
  await post("ship", {});
  const returns = (line: number, quantity: number) =>
    post("returns", { items: [{ line, quantity }], reason: "too small" });
  expect((await returns(1, 1)).body.credit_note).toMatchObject({ total: "10.33", refunded: "10.33" });
  expect((await returns(1, 2)).body.credit_note).toMatchObject({ total: "20.67", refunded: "20.67" });
  expect((await returns(2, 1)).body.order).toMatchObject({ credited: "36.17", fulfilment: "returned" });
  expect((await shop.staff("GET", "/coupons/FIVE-OFF")).body.used).toBe(1);
});

it("needs no payment where it takes all off, and takes its terms of now where the lines are changed", async () => {
  await addCoupon("FREE", { value: "100" });
  expect((await place("FREE")).body).toMatchObject({
    status: "CONFIRMED",
    payment_status: "not_needed",
    discount: "36.00",
    total: "0.00",
  });
  await addCoupon("SPEND-20", { minimum_order: "20.00", usage_limit: 1 });
  const { id, total } = (await place("SPEND-20")).body;
  expect(total).toBe("37.80");
  const edit = (quantity: number) =>
    shop.staff("PATCH", `/orders/${id}`, { body: { items: [{ product_id: net, quantity }] } });
  expect((await edit(5)).body).toMatchObject({ coupon_code: "SPEND-20", discount: "5.00", total: "54.00" });
  expect(await edit(1)).toMatchObject({ status: 422, body: { code: "coupon_minimum_not_reached" } });
  expect((await shop.staff("GET", "/coupons/SPEND-20")).body.used).toBe(1);
});

it("tells why a coupon is refused, with the field and the way out, and takes no use", async () => {
  await addCoupon("OFF", { active: false });
  await addCoupon("LATER", { valid_from: "2099-01-01" });
  await addCoupon("OVER", { valid_until: "2020-01-01" });
  await addCoupon("LARGE", { minimum_order: "36.01" });
  await addCoupon("EUROS", { discount_type: "amount", value: "1.00", currency: "EUR" });
  await addCoupon("ONCE", { usage_limit: 1 });
  await addCoupon("ONCE-EACH", { usage_limit_per_customer: 1 });
  for (const code of ["ONCE", "ONCE-EACH"]) expect((await place(code)).status).toBe(201);
  const refused = [
    ["NOBODYS", "coupon_unknown"],
    ["no code at all", "coupon_unknown"],
    ["OFF", "coupon_inactive"],
    ["LATER", "coupon_not_yet_valid"],
    ["OVER", "coupon_expired"],
    ["LARGE", "coupon_minimum_not_reached"],
    ["EUROS", "coupon_currency_mismatch"],
    ["ONCE", "coupon_used_up"],
    ["ONCE-EACH", "coupon_already_used"],
  ];
  for (const [code = "", reason] of refused) {
    const answer = { status: 422, body: { code: reason, errors: [{ field: "coupon_code" }] } };
    expect(await place(code)).toMatchObject(answer);
    const asked = await shop.alice("GET", `/coupons/${encodeURIComponent(code)}/check?subtotal=36.00`);
    expect(asked).toMatchObject(answer);
  }
  expect((await place("LARGE")).body.detail).toBe(
    "coupon LARGE needs an order of 36.01 USD, and this one is worth 36.00",
  );
  expect((await place("ONCE-EACH", {}, shop.staff)).body.code).toBe("coupon_needs_customer");
  expect((await place("ONCE-EACH", {}, shop.bob)).status).toBe(201);
  const check = await shop.bob("GET", "/coupons/large/check?subtotal=100&currency=USD");
  expect(check.body).toEqual({ code: "LARGE", subtotal: "100.00", discount: "10.00", currency: "USD" });
  const named = await shop.staff("GET", "/orders?coupon_code=once-each");
  expect(named.body.items.map((order: TestAnswer["body"]) => order.customer_id)).toEqual(["bob", "alice"]);
  const lower = await shop.staff("PATCH", "/coupons/ONCE-EACH", { body: { usage_limit: 1 } });
  expect(lower).toMatchObject({ status: 422, body: { code: "coupon_limit_below_uses" } });
});

it("is named by a cart, which shows what it takes off, and judged anew when the cart is ordered", async () => {
  await addCoupon("CART", { minimum_order: "15.00", usage_limit: 1 });
  const opened = (await shop.app.call("POST", "/api/v1/carts")).body;
  const headers = { "cart-token": opened.cart_token };
  const guest: ShopCaller = (method, path, request = {}) =>
    shop.app.call(method, `/api/v1/carts/${opened.id}${path}`, { ...request, headers });
  await guest("POST", "/lines", { body: { product_id: net, quantity: 1 } });
  const chosen = await guest("PUT", "/coupon", { body: { coupon_code: " cart " } });
  expect(chosen).toMatchObject({
    status: 200,
    body: { coupon_code: "CART", discount: "0.00", coupon_problem: { code: "coupon_minimum_not_reached" } },
  });
  const checkout = () =>
    guest("POST", "/checkout", { body: { payment_method: "invoice", email: "grace@example.com" } });
  expect(await checkout()).toMatchObject({ status: 422, body: { code: "coupon_minimum_not_reached" } });
  const more = await guest("POST", "/lines", { body: { product_id: net, quantity: 1 } });
  expect(more.body).toMatchObject({ subtotal: "20.00", discount: "2.00", coupon_problem: null });
  const other = await guest("PUT", "/coupon", { body: { coupon_code: "NOBODYS" } });
  expect(other).toMatchObject({ status: 422, body: { code: "coupon_unknown" } });
  expect((await place("CART", {}, shop.bob)).status).toBe(201);
  expect((await checkout()).body.code).toBe("coupon_used_up");
  expect((await guest("DELETE", "/coupon")).body).toMatchObject({ coupon_code: null, discount: "0.00" });
  await shop.staff("PATCH", "/coupons/CART", { body: { usage_limit: 2 } });
  await guest("PUT", "/coupon", { body: { coupon_code: "CART" } });
  const own = await shop.alice("POST", "/carts");
  const merged = await shop.alice("POST", "/carts/merge", {
    body: { cart_id: opened.id, cart_token: opened.cart_token },
  });
  expect(merged.body).toMatchObject({ id: own.body.id, coupon_code: "CART", discount: "2.00" });
  const ordered = await shop.alice("POST", `/carts/${own.body.id}/checkout`, {
    body: { payment_method: "invoice" },
  });
  expect(ordered).toMatchObject({
    status: 201,
    body: { coupon_code: "CART", discount: "2.00", total: "21.60" },
  });
});
