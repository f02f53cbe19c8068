// Orders under the fraud check, over HTTP: accepted, stopped for a review, refused.
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestShop, type ShopCaller, type TestShop } from "../../shop.ts";
import { readTrail } from "../../trail.ts";

const RULES = [
  { rule: "order_amount", above: "100", score: 60 },
  { rule: "order_velocity", count: 3, seconds: 3_600, score: 60 },
  { rule: "address_mismatch", score: 50 },
  { rule: "new_account", hours: 24, score: 60 },
  { rule: "blocked", score: 100 },
];
const patiently = { timeout: 30_000, interval: 50 };

let shop: TestShop;
let product: { readonly id: number };
beforeAll(async () => {
  shop = await openTestShop({
    ENABLE_FRAUD_CHECK: "true",
    FRAUD_RULES: JSON.stringify(RULES),
    FRAUD_REVIEW_SCORE: "60",
    FRAUD_REFUSE_SCORE: "100",
  });
  product = await shop.addProduct({ price: "10.00", initial_quantity: 1_000 });
});
afterAll(() => shop?.app.stop());

const orderOf = (quantity: number, fields: object = { payment_method: "invoice" }) => ({
  body: { items: [{ product_id: product.id, quantity }], ...fields },
});
const as = async (name: string): Promise<ShopCaller> => {
  const token = await shop.app.token("customer", name);
  return (method, path, request = {}) => shop.app.call(method, `/api/v1${path}`, { ...request, token });
};
const reservedNow = async () => (await shop.stockOf(product.id)).reserved;
const decide = (id: string, decision: string, by = shop.staff) =>
  by("POST", `/orders/${id}/review`, { body: { decision } });

/** An order that the check stops, paid from an account of the customer's own. */
async function stopOrder(name: string) {
  const account = await shop.openAccount(name, "1000.00");
  const by = await as(name);
  const { status, body } = await by(
    "POST",
    "/orders",
    orderOf(10, { payment_method: "balance", account_id: account }),
  );
  expect(status).toBe(201);
  expect(body).toMatchObject({
    status: "PENDING",
    review: "pending",
    payment_status: "authorized",
    total: "120.00",
  });
  expect(await shop.balanceOf(account)).toMatchObject({ balance: "1000.00", held: "120.00" });
  return { id: body.id as string, account, by };
}

it("accepts what no rule speaks against, and keeps what was found", async () => {
  const by = await as("ada");
  const { body } = await by("POST", "/orders", orderOf(1));
  expect(body).toMatchObject({ status: "PENDING", review: "none" });
  const found = (await shop.staff("GET", `/risk/screenings/${body.id}`)).body;
  expect(found).toMatchObject({ order_id: body.id, verdict: "accept", score: 0, findings: [] });
  const more = { body: { items: [{ product_id: product.id, quantity: 500 }] } };
  expect((await by("PATCH", `/orders/${body.id}`, more)).body.code).toBe("order_screened");
  const elsewhere = { body: { shipping_address: { street: "1 Other St" } } };
  expect((await by("PATCH", `/orders/${body.id}`, elsewhere)).body.code).toBe("order_screened");
  const named = await by("PATCH", `/orders/${body.id}`, { body: { reference: "for Ada" } });
  expect(named.body).toMatchObject({ reference: "for Ada" });
});

it("F6-11 a customer has less of what was checked, paid too, and neither more nor something else", async () => {
  const by = await as("edsger");
  const account = await shop.openAccount("edsger", "100.00");
  const { body } = await by(
    "POST",
    "/orders",
    orderOf(3, { payment_method: "balance", account_id: account }),
  );
  expect(body).toMatchObject({ status: "CONFIRMED", total: "36.00" });
  const edit = async (product_id: number, quantity: number) =>
    by("PATCH", `/orders/${body.id}`, { body: { items: [{ product_id, quantity }] } });
  expect((await edit(product.id, 4)).body.code).toBe("order_screened");
  expect((await edit((await shop.addProduct()).id, 1)).body.code).toBe("order_screened");
  expect(await edit(product.id, 2)).toMatchObject({ status: 200, body: { credited: "12.00", due: "0.00" } });
  expect(await shop.balanceOf(account)).toMatchObject({ balance: "100.00", held: "24.00" });
});

it("stops an order for a review with stock and money held; accepted, it goes on", async () => {
  const before = await reservedNow();
  const { id, account, by } = await stopOrder("grace");
  expect(await reservedNow()).toBe(before + 10);
  expect((await shop.staff("GET", "/orders?review=pending")).body.items).toMatchObject([{ id }]);
  expect((await shop.staff("GET", `/risk/screenings/${id}`)).body).toMatchObject({
    verdict: "review",
    findings: [{ rule: "order_amount", reason: "total over 100 USD" }],
  });
  expect((await decide(id, "accept", by)).status).toBe(403);
  const forced = await shop.staff("POST", `/orders/${id}/steps`, { body: { to: "CONFIRMED" } });
  expect([forced.status, forced.body.code]).toEqual([409, "order_in_review"]);
  expect((await decide(id, "accept")).body).toMatchObject({ status: "CONFIRMED", review: "accepted" });
  expect(await shop.balanceOf(account)).toMatchObject({ held: "120.00" });
  expect((await decide(id, "refuse")).body.code).toBe("order_not_in_review");
});

it("a review that refuses gives stock and money back", async () => {
  const before = await reservedNow();
  const { id, account } = await stopOrder("hedy");
  expect((await decide(id, "refuse")).body).toMatchObject({ status: "CANCELLED", review: "refused" });
  expect(await shop.balanceOf(account)).toMatchObject({ balance: "1000.00", held: "0.00" });
  expect(await reservedNow()).toBe(before);
});

it("an order that nobody decides over ends at its time, and nobody can accept it any more", async () => {
  const before = await reservedNow();
  const { id, account } = await stopOrder("joan");
  await shop.app.db`UPDATE orders.orders SET expires_at = 1 WHERE id = ${id}`;
  const stateOf = async () => (await shop.staff("GET", `/orders/${id}`)).body;
  await expect.poll(stateOf, patiently).toMatchObject({ status: "EXPIRED", review: "refused" });
  expect(await shop.balanceOf(account)).toMatchObject({ held: "0.00" });
  expect(await reservedNow()).toBe(before);
  expect((await decide(id, "accept")).body.code).toBe("order_not_in_review");
  expect((await shop.staff("GET", "/orders?review=pending&customer_id=joan")).body.items).toEqual([]);
});

it("a card in review is not charged before the goods are shipped", async () => {
  const by = await as("lise");
  const { body } = await by("POST", "/orders", orderOf(10, { payment_method: "credit_card" }));
  const read = async () => (await by("GET", `/orders/${body.id}`)).body;
  await expect.poll(read, patiently).toMatchObject({
    status: "PENDING",
    review: "pending",
    payment_status: "authorized",
    payment: { captured: "0.00" },
  });
  expect((await decide(body.id, "accept")).body).toMatchObject({ status: "CONFIRMED" });
  expect((await shop.staff("POST", `/orders/${body.id}/ship`)).status).toBe(201);
  await expect.poll(read, patiently).toMatchObject({ status: "COMPLETED", payment: { captured: "120.00" } });
});

it("counts the orders of a customer, of those sent at once too", async () => {
  const by = await as("mary");
  const answers = await Promise.all(Array.from({ length: 5 }, () => by("POST", "/orders", orderOf(1))));
  expect(answers.map(({ body }) => body.review).sort()).toEqual([
    "none",
    "none",
    "none",
    "pending",
    "pending",
  ]);
});

it("refuses a new account with two addresses: nothing is left but an entry in the trail, which has the reasons", async () => {
  const [username, password] = ["newcomer", "correct horse battery staple"];
  const register = async (name: string) => {
    const body = { username: name, password, email: `${name}@example.com` };
    return (await shop.app.call("POST", "/api/v1/auth/register", { body })).body;
  };
  await register("first"); // who is an administrator
  const { id } = await register(username);
  const logIn = await shop.app.call("POST", "/api/v1/auth/login", { body: { username, password } });
  const token = logIn.body.access_token as string;
  const before = await reservedNow();
  const shipping_address = { street: "1 Elm St", city: "Here", country: "US" };
  const fields = { payment_method: "invoice", shipping_address };
  const order = (more: object) =>
    shop.app.call("POST", "/api/v1/orders", { token, ...orderOf(1, { ...fields, ...more }) });
  const refused = await order({ billing_address: { street: "9 Oak Ave", city: "There", country: "US" } });
  expect(refused).toMatchObject({ status: 422, body: { code: "order_refused_by_screening" } });
  expect(JSON.stringify(refused.body)).not.toMatch(/younger|differ|score/);
  expect(await reservedNow()).toBe(before);
  expect((await shop.staff("GET", `/orders?customer_id=${id}`)).body.items).toEqual([]);
  const trail = await readTrail(shop.app.db);
  expect(trail.filter((entry) => entry.actor_id === id && entry.event === "order.place")).toMatchObject([
    {
      outcome: "refused",
      code: "order_refused_by_screening",
      details: {
        score: 110,
        reasons: ["shipping and billing address differ", "the account is younger than 24 hours"],
      },
    },
  ]);
  expect((await order({})).body).toMatchObject({ review: "pending" });
});

it("refuses a guest whose e-mail address is blocked, and leaves the cart open", async () => {
  const block = { kind: "email", value: "mallory@example.com" };
  expect((await shop.staff("POST", "/risk/blocked", { body: block })).status).toBe(201);
  const cart = (await shop.app.call("POST", "/api/v1/carts")).body;
  const headers = { "cart-token": cart.cart_token };
  const call = (method: string, path: string, body?: object) =>
    shop.app.call(method, `/api/v1/carts/${cart.id}${path}`, { headers, body });
  await call("POST", "/lines", { product_id: product.id, quantity: 1 });
  const checkOut = (email: string) =>
    call("POST", "/checkout", { payment_method: "invoice", shipping_address: { city: "Anytown" }, email });
  const refused = await checkOut(" Mallory@example.COM".trim());
  expect(refused).toMatchObject({ status: 422, body: { code: "order_refused_by_screening" } });
  expect((await call("GET", "")).body).toMatchObject({ state: "open", lines: [{ quantity: 1 }] });
  const other = await checkOut("grace@example.com");
  expect(other).toMatchObject({ status: 201, body: { review: "none" } });
});

it("does not screen what staff orders", async () => {
  const { body } = await shop.staff("POST", "/orders", orderOf(50));
  expect(body).toMatchObject({ review: "none" });
  expect((await shop.staff("GET", `/risk/screenings/${body.id}`)).status).toBe(404);
});

it("a program that could never review does not start, and one without the check screens nothing", async () => {
  await expect(openTestShop({ FRAUD_REVIEW_SCORE: "200" })).rejects.toThrow("must not be more than");
  const open = await openTestShop();
  const { id } = await open.addProduct({ price: "9000.00" });
  const order = { items: [{ product_id: id, quantity: 1 }], payment_method: "invoice" };
  expect((await open.alice("POST", "/orders", { body: order })).body).toMatchObject({ review: "none" });
  expect(await open.app.db`SELECT FROM risk.screenings`).toHaveLength(0);
  await open.app.stop();
});
