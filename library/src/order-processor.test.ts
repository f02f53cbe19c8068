import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openTestShop, type TestShop } from "../../server/tests/shop.ts";
import { OrderProcessor, type OrderProcessorOptions } from "./order-processor.ts";
import { postSecureTransaction } from "./secure-transaction.ts";

let shop: TestShop;
let account: string;
let token: string;
beforeAll(async () => {
  shop = await openTestShop();
  token = await shop.app.token("customer", "alice");
  account = await shop.openAccount("alice", "1000.00");
});
afterAll(() => shop?.app.stop());

const open = (options: OrderProcessorOptions = {}) =>
  new OrderProcessor({ url: shop.app.url, token, ...options });
const openBalance = () => open({ paymentMethod: "balance", accountId: account });
const countOrders = async () => (await shop.staff("GET", "/orders?limit=200")).body.items.length;
let count = 0;
const newId = () => `order-${++count}`;

it("F6-34: validates stock by SKU or id", async () => {
  const product = await shop.addProduct({ sku: "4711", initial_quantity: 3 });
  const orders = open();
  expect([await orders.validateStock("4711", 3), await orders.validateStock("4711", 4)]).toEqual([
    true,
    false,
  ]);
  expect([
    await orders.validateStock(product.id, 3),
    await orders.validateStock(String(product.id), 4),
  ]).toEqual([true, false]);
  expect([await orders.validateStock("NONE", 1), await orders.validateStock(999_999, 1)]).toEqual([
    false,
    false,
  ]);
  await expect(orders.validateStock("4711", 0)).rejects.toThrow("qty must be a whole number above zero");
  const stranger = open({ token: "a.b.c" });
  await expect(stranger.validateStock("4711", 1)).rejects.toMatchObject({ name: "ApiError", status: 401 });
});

it("F6-34: calculates totals exactly, by TAX_RATE_DEFAULT", () => {
  const orders = open();
  expect(orders.calculateTotal("299.99", 2)).toBe("719.98");
  expect(orders.calculateTotal(0.1, 3)).toBe("0.36");
  expect(orders.calculateTotal("0.01", 1)).toBe("0.01"); // 0.002 of tax, rounded
  expect(orders.calculateTotal("0.03", 1)).toBe("0.04"); // 0.006, rounded half up
  expect(orders.calculateTotal("1000", 3, 0)).toBe("3600");
  vi.stubEnv("TAX_RATE_DEFAULT", "0.08");
  expect(open().calculateTotal("10.00", 1)).toBe("10.80");
  vi.stubEnv("TAX_RATE_DEFAULT", "8");
  expect(() => open()).toThrow("TAX_RATE_DEFAULT must be a decimal");
  vi.unstubAllEnvs();
  for (const price of ["1,00", "-1", "1.005", "", 1e21, 0.1 + 0.2])
    expect(() => orders.calculateTotal(price, 1)).toThrow("price");
  for (const qty of [0, -1, 1.5, Number.NaN]) expect(() => orders.calculateTotal("1", qty)).toThrow("qty");
});

it("F6-34: orders by card, and says what was charged; by balance, what is held", async () => {
  const { sku, id: item_id } = await shop.addProduct({ price: "10.00" });
  const paid = await open().processOrder({ id: newId(), item_id: sku, price: 10, qty: 2, amount: 20 });
  expect(paid).toEqual({
    order_id: expect.any(String),
    status: "CONFIRMED",
    total_charged: "24.00",
    message: "Paid 24.00.",
  });
  expect((await shop.staff("GET", `/orders/${paid.order_id}`)).body).toMatchObject({
    customer_id: "alice",
    total: "24.00",
  });
  const held = await openBalance().processOrder({
    id: newId(),
    item_id,
    price: "10.00",
    qty: 1,
    amount: "12.00",
  });
  expect(held).toMatchObject({ status: "CONFIRMED", total_charged: "12.00", message: /held/ });
  const invoice = await open({ paymentMethod: "invoice" }).processOrder({
    id: newId(),
    item_id,
    price: "10",
    qty: 1,
  });
  expect(invoice).toMatchObject({
    status: "PENDING",
    total_charged: "0.00",
    message: /12\.00 is still to be paid/,
  });
});

it("F6-34: orders once for each id, whoever sends it how often, also when the server's keys are forgotten", async () => {
  const { sku, id: productId } = await shop.addProduct({ price: "1.00" });
  const request = { id: newId(), item_id: sku, price: "1.00", qty: 3 };
  const before = await countOrders();
  const answers = await Promise.all(Array.from({ length: 8 }, () => openBalance().processOrder(request)));
  expect(new Set(answers.map(({ order_id }) => order_id)).size).toBe(1);
  await shop.app.db`DELETE FROM runtime.idempotency_keys`;
  expect(await openBalance().processOrder(request)).toEqual(answers[0]);
  expect(await openBalance().processOrder({ ...request, item_id: productId })).toEqual(answers[0]);
  expect(await countOrders()).toBe(before + 1);
  await shop.staff("POST", `/orders/${answers[0]?.order_id}/cancel`, { body: {} });
  expect(await openBalance().processOrder(request)).toMatchObject({
    order_id: answers[0]?.order_id,
    status: "CANCELLED",
  });
  const other = await openBalance().processOrder({ ...request, qty: 4 });
  expect(other).toEqual({
    order_id: null,
    status: "FAILED",
    total_charged: "0.00",
    message: expect.stringContaining("that of another order"),
  });
  expect(await countOrders()).toBe(before + 1);
});

it("F6-34: an order of the customer's own that has the same reference is another one", async () => {
  const { sku, id: product_id } = await shop.addProduct({ price: "1.00" });
  const id = newId();
  const own = { items: [{ product_id, quantity: 1 }], payment_method: "invoice", reference: id };
  const { body } = await shop.alice("POST", "/orders", { body: own });
  const placed = await openBalance().processOrder({ id, item_id: sku, price: "1.00", qty: 1 });
  expect(placed).toMatchObject({ status: "CONFIRMED" });
  expect(placed.order_id).not.toBe(body.id);
});

it("F6-34: charges nothing where the caller expects something else, or the server refuses", async () => {
  const { sku } = await shop.addProduct({ price: "10.00", initial_quantity: 5 });
  const request = { item_id: sku, price: "10.00", qty: 1 };
  const before = await countOrders();
  const refused: [object, RegExp][] = [
    [{ price: "9.00" }, /^One costs 10\.00 USD, not 9\.00; nothing is charged\.$/],
    [
      { amount: "11.00" },
      /^1 come to 10\.00 without tax and 12\.00 with it, not 11\.00; nothing is charged\.$/,
    ],
    [{ qty: 6 }, /5 available/],
    [{ qty: 1_000_001 }, /./],
    [{ item_id: "NONE" }, /^There is no product NONE\.$/],
    [{ item_id: "" }, /^There is no product/],
  ];
  for (const [fields, message] of refused)
    expect(await openBalance().processOrder({ ...request, id: newId(), ...fields })).toEqual({
      order_id: null,
      status: "FAILED",
      total_charged: "0.00",
      message: expect.stringMatching(message),
    });
  const poor = open({ paymentMethod: "balance", accountId: await shop.openAccount("alice", "1.00") });
  expect(await poor.processOrder({ ...request, id: newId() })).toMatchObject({
    order_id: null,
    status: "FAILED",
  });
  expect(await countOrders()).toBe(before);
  const declined = await open({ paymentToken: "tok_declined" }).processOrder({ ...request, id: newId() });
  expect(declined).toMatchObject({
    status: "CANCELLED",
    total_charged: "0.00",
    message: "The payment failed (card_declined).",
  });
  const product = (await shop.staff("GET", `/products?sku=${sku}`)).body.items[0];
  expect(await shop.stockOf(product.id)).toMatchObject({ reserved: 0 }); // nothing is kept for it
});

it("F6-34: a price that changes between asking and ordering charges nothing", async () => {
  const { sku, id: productId } = await shop.addProduct({ price: "10.00" });
  const { fetch } = globalThis;
  const watched = vi.spyOn(globalThis, "fetch").mockImplementation(async (url, request) => {
    const isOrder = String(url).endsWith("/orders") && request?.method === "POST";
    watched.mockImplementation(isOrder ? fetch : (watched.getMockImplementation() ?? fetch));
    if (isOrder) await shop.staff("PATCH", `/products/${productId}`, { body: { price: "11.00" } });
    return fetch(url, request);
  });
  const before = (await shop.balanceOf(account)).available;
  const result = await openBalance().processOrder({ id: newId(), item_id: sku, price: "10.00", qty: 1 });
  watched.mockRestore();
  expect(result).toMatchObject({
    status: "CANCELLED",
    total_charged: "0.00",
    message: expect.stringContaining("changed to 13.20"),
  });
  expect((await shop.balanceOf(account)).available).toBe(before);
  expect(await shop.stockOf(productId)).toMatchObject({ reserved: 0 });
});

it("F6-34: a request without sense is thrown back before anything is asked; no answer is an ApiError", async () => {
  const orders = open();
  const request = { id: newId(), item_id: "A", price: "1.00", qty: 1 };
  const senseless: [object, string][] = [
    [{ id: "" }, "id must be"],
    [{ id: "a\nb" }, "id must be"],
    [{ id: undefined }, "id must be"],
    [{ qty: "1" }, "qty must be"],
    [{ price: "1e3" }, "price"],
    [{ amount: "much" }, "amount"],
  ];
  for (const [fields, message] of senseless)
    await expect(orders.processOrder({ ...request, ...fields } as typeof request)).rejects.toThrow(message);
  const nowhere = open({ url: "http://127.0.0.1:9" });
  await expect(nowhere.processOrder(request)).rejects.toMatchObject({ name: "ApiError", status: undefined });
  vi.stubEnv("CUSTOMER_TOKEN", "");
  vi.stubEnv("COUNTINGHOUSE_TOKEN", "");
  expect(() => new OrderProcessor()).toThrow("CUSTOMER_TOKEN or COUNTINGHOUSE_TOKEN is not set");
  vi.stubEnv("CUSTOMER_TOKEN", token);
  vi.stubEnv("COUNTINGHOUSE_URL", shop.app.url);
  expect(await new OrderProcessor().validateStock("NONE", 1)).toBe(false);
  vi.unstubAllEnvs();
});

it("F6-34: processSecureTransaction deposits once for each key, and throws what the server refuses", async () => {
  const staff = { url: shop.app.url, token: await shop.app.token("admin"), currency: "USD" };
  const bob = await shop.openAccount("bob");
  const first = await postSecureTransaction("bob", "10.50", { ...staff, key: "once" });
  expect(first).toEqual({ status: "success", tx_id: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(await postSecureTransaction("bob", "10.50", { ...staff, key: "once" })).toEqual(first);
  expect(await shop.balanceOf(bob)).toMatchObject({ balance: "10.50" });
  await postSecureTransaction("bob", 1, staff);
  await postSecureTransaction("bob", 1, staff);
  expect(await shop.balanceOf(bob)).toMatchObject({ balance: "12.50" });
  await expect(postSecureTransaction("nobody", "1", staff)).rejects.toMatchObject({
    name: "ApiError",
    code: "no_account_of_user",
  });
  await expect(postSecureTransaction("bob", "1", { ...staff, token })).rejects.toMatchObject({ status: 403 });
});
