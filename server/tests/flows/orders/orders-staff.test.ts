import { afterAll, beforeAll, expect, it } from "vitest";
import { verifyOrders } from "../../../src/modules/orders/index.ts";
import type { TestAnswer } from "../../app.ts";
import { openTestShop, type TestShop } from "../../shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop({ TAX_CLASSES: '{"zero":"0","reduced":"0.05"}' });
});
afterAll(() => shop?.app.stop());

type Body = TestAnswer["body"];
const post = (path: string, body?: object) => shop.staff("POST", path, body === undefined ? {} : { body });
const order = (items: readonly object[], more: object = {}) =>
  post("/orders", { items, payment_method: "invoice", ...more });
const product = (fields: object = {}) => shop.addProduct({ price: "10.00", initial_quantity: 10, ...fields });

it("orders for a customer at prices of its own, confirms the invoice, ships it, and notes it as paid", async () => {
  const { id: productId } = await product();
  const placed = await order(
    [
      { product_id: productId, quantity: 3, unit_price: "7.50" },
      { product_id: productId, quantity: 1, unit_price: 0, description: "A gift" },
      { description: "Engraving", quantity: 1, unit_price: "5.00", tax_class: "reduced" },
      { description: "Shipping", quantity: 1, unit_price: "6.00", price_includes_tax: true },
    ],
    { customer_id: "alice", external_customer: true, reference: "536365", metadata: { channel: "phone" } },
  );
  expect(placed, JSON.stringify(placed.body)).toMatchObject({
    status: 201,
    body: {
      status: "PENDING",
      customer_id: "alice",
      placed_by: "admin",
      payment_status: "requested",
      net: "32.50",
      tax: "5.75",
      total: "38.25",
      items: [
        { sku: expect.any(String), total: "27.00" },
        { name: "A gift", unit_price: "0.00", total: "0.00" },
        { product_id: null, name: "Engraving", tax_rate: "0.05", total: "5.25" },
        { name: "Shipping", net: "5.00", tax: "1.00", total: "6.00" },
      ],
    },
  });
  const { id } = placed.body;
  expect(await shop.stockOf(productId)).toMatchObject({ on_hand: 10, reserved: 4 });
  expect((await shop.alice("GET", "/orders?reference=536365")).body.items).toMatchObject([{ id }]);
  expect(await shop.alice("POST", `/orders/${id}/pay`)).toMatchObject({
    status: 403,
    body: { code: "order_change_not_allowed" },
  });
  expect(await post(`/orders/${id}/ship`)).toMatchObject({
    status: 409,
    body: { code: "order_not_paid", status: 409, order_status: "PENDING" },
  });
  await post(`/orders/${id}/steps`, { to: "CONFIRMED" });
  expect(await post(`/orders/${id}/ship`)).toMatchObject({
    status: 201,
    body: { order: { status: "PROCESSING", fulfilment: "shipped", payment_status: "requested" } },
  });
  expect(await shop.stockOf(productId)).toMatchObject({ on_hand: 6, reserved: 0 });
  expect(await post(`/orders/${id}/pay`)).toMatchObject({
    status: 200,
    body: { status: "COMPLETED", payment_status: "captured", payment: { captured: "38.25" } },
  });
});

it("lowers what is due by what is credited before an invoice is paid", async () => {
  const { id: productId } = await product();
  const { id } = (await order([{ product_id: productId, quantity: 2 }])).body;
  await post(`/orders/${id}/steps`, { to: "CONFIRMED" });
  await post(`/orders/${id}/ship`);
  const returned = await post(`/orders/${id}/returns`, {
    items: [{ line: 1, quantity: 1 }],
    reason: "one too many",
  });
  expect(returned).toMatchObject({
    status: 201,
    body: {
      order: { status: "PROCESSING", credited: "12.00" },
      credit_note: { total: "12.00", refunded: "0.00" },
    },
  });
  expect(await shop.stockOf(productId)).toMatchObject({ on_hand: 9, reserved: 0 });
  const paid = await post(`/orders/${id}/pay`, { payment_method: "bank_transfer" });
  expect(paid).toMatchObject({ status: 200, body: { status: "COMPLETED", payment: { captured: "12.00" } } });
  const all = await post(`/orders/${id}/returns`, {
    items: [{ line: 1, quantity: 1 }],
    reason: "the other too",
  });
  expect(all).toMatchObject({ status: 201, body: { order: { fulfilment: "returned" } } });
  const again = await post(`/orders/${id}/returns`, { items: [{ line: 1, quantity: 1 }], reason: "again" });
  expect(again).toMatchObject({ status: 422, body: { code: "quantity_exceeds_open" } });
});

it("books the tax of what is owed, whatever line was credited before it was paid", async () => {
  const { id: productId } = await product();
  const items = [
    { product_id: productId, quantity: 10 },
    { description: "Books", quantity: 1, unit_price: "100.00", tax_class: "zero" },
  ];
  const taxOf = async (order: { id: string }) => {
    const [row] = await shop.app.db<{ tax: string }[]>`
      SELECT tax_captured::text AS tax FROM payments.payments WHERE order_id = ${order.id} AND captured > 0`;
    return row?.tax;
  };
  const refund = { items: [{ line: 2, amount: "100.00" }], reason: "sold out" };
  const invoice = (await order(items)).body;
  await post(`/orders/${invoice.id}/steps`, { to: "CONFIRMED" });
  await post(`/orders/${invoice.id}/refunds`, refund);
  await post(`/orders/${invoice.id}/pay`, { payment_method: "bank_transfer" });
  expect(await taxOf(invoice)).toBe("2000");
  const account = await shop.openAccount("bob", "500.00");
  await post("/stock/receipts", { items: [{ product_id: productId, quantity: 20 }] });
  for (const method of ["balance", "invoice"]) {
    const paid = {
      payment_method: method,
      customer_id: "bob",
      external_customer: true,
      ...(method === "balance" ? { account_id: account } : {}),
    };
    const { id } = (await order(items, paid)).body;
    if (method === "invoice") await post(`/orders/${id}/steps`, { to: "CONFIRMED" });
    await post(`/orders/${id}/refunds`, refund);
    if (method === "invoice")
      await post(`/orders/${id}/pay`, { payment_method: "balance", account_id: account });
    await post(`/orders/${id}/ship`, { items: [{ line: 1, quantity: 7 }] });
    const anyway = { ship_anyway: true, note: "found one more" };
    expect(await post(`/orders/${id}/ship`, anyway), method).toMatchObject({
      body: { order: { status: "COMPLETED" } },
    });
    expect(await taxOf({ id }), method).toBe("2000");
  }
});

it("sells over the counter, to nobody, and what costs nothing needs no payment", async () => {
  const { id: productId } = await product();
  const till = await order([{ product_id: productId, quantity: 1 }], { payment_method: "cash" });
  expect(till).toMatchObject({ status: 201, body: { customer_id: null, status: "PENDING" } });
  expect(await post(`/orders/${till.body.id}/pay`)).toMatchObject({ body: { status: "CONFIRMED" } });
  const gift = await order([{ product_id: productId, quantity: 2, unit_price: "0" }]);
  expect(gift).toMatchObject({
    status: 201,
    body: { status: "CONFIRMED", payment: null, payment_status: "not_needed", total: "0.00" },
  });
  expect(await post(`/orders/${gift.body.id}/ship`)).toMatchObject({
    body: { order: { status: "COMPLETED" } },
  });
  expect((await shop.alice("GET", `/orders/${gift.body.id}`)).status).toBe(404);
});

it("refuses prices below zero and lines of nothing, naming the field and the way out", async () => {
  const { id: productId } = await product();
  const refusal = async (line: object) => (await order([line])).body;
  expect(await refusal({ product_id: productId, quantity: 1, unit_price: "-1.00" })).toMatchObject({
    status: 400,
    errors: [{ field: "items[0].unit_price", reason: expect.stringContaining("credit note") }],
  });
  expect(await refusal({ product_id: productId, quantity: 1, unit_price: -1 })).toMatchObject({
    status: 400,
    errors: [{ field: "items[0].unit_price" }],
  });
  expect(await refusal({ product_id: productId, quantity: -1 })).toMatchObject({
    status: 400,
    errors: [{ field: "items[0].quantity" }],
  });
  expect(await refusal({ product_id: productId, quantity: 1, unit_price: "1.005" })).toMatchObject({
    status: 400,
    errors: [{ field: "items[0].unit_price" }],
  });
  expect(await refusal({ description: "Service", quantity: 1 })).toMatchObject({
    status: 400,
    errors: [{ field: "items[0].unit_price" }],
  });
  expect(await refusal({ product_id: productId, quantity: 1, tax_class: "luxury" })).toMatchObject({
    status: 422,
    code: "tax_class_unknown",
    errors: [{ reason: expect.stringContaining("standard, zero, reduced") }],
  });
  expect(await refusal({ product_id: 99_999, quantity: 1 })).toMatchObject({ code: "product_unavailable" });
  const huge = { description: "Everything", quantity: 1_000_000, unit_price: "99999999999999" };
  expect(await refusal(huge)).toMatchObject({ code: "order_too_large" });
});

it("lets customers name no prices, nobody else's name, and nothing that is not on sale", async () => {
  const { id: productId } = await product();
  const draft = await product({ status: "draft" });
  const euro = await product({ currency: "EUR" });
  const buy = async (body: object) =>
    (await shop.alice("POST", "/orders", { body: { payment_method: "credit_card", ...body } })).body;
  const line = { product_id: productId, quantity: 1 };
  expect(await buy({ items: [{ ...line, unit_price: "1.00" }] })).toMatchObject({
    code: "staff_only_field",
    errors: [{ field: "items[0].unit_price" }],
  });
  expect(await buy({ items: [line], customer_id: "bob" })).toMatchObject({ code: "staff_only_field" });
  expect(await buy({ items: [{ quantity: 1 }] })).toMatchObject({ status: 400 });
  expect(await buy({ items: [{ product_id: draft.id, quantity: 1 }] })).toMatchObject({
    code: "product_unavailable",
  });
  expect(await buy({ items: [line, { product_id: euro.id, quantity: 1 }] })).toMatchObject({
    code: "order_currency_mismatch",
    errors: [{ field: "items[1].product_id" }],
  });
  expect(await buy({ items: [line], payment_method: "balance" })).toMatchObject({
    code: "account_for_payment_missing",
  });
  const bobs = await shop.openAccount("bob", "100.00");
  expect(await buy({ items: [line], payment_method: "balance", account_id: bobs })).toMatchObject({
    status: 404,
    code: "account_not_found",
  });
  const poor = await shop.openAccount("alice", "1.00");
  expect(await buy({ items: [line], payment_method: "balance", account_id: poor })).toMatchObject({
    status: 422,
    code: "insufficient_funds",
  });
  expect(await shop.stockOf(productId)).toMatchObject({ reserved: 0 });
});

it("writes credit notes that name no order: goods back on the shelf or written off, money to an account or paid outside", async () => {
  const { id: productId } = await product();
  const account = await shop.openAccount("alice", "0.01");
  const written = await post("/credit-notes", {
    items: [
      { product_id: productId, quantity: 2, unit_price: "4.95" },
      { product_id: productId, quantity: 3, unit_price: "1.00", restock: false },
      { description: "Bank charges", quantity: 1, unit_price: "2.00", tax_class: "zero" },
    ],
    customer_id: "alice",
    external_customer: true,
    account_id: account,
    reason: "broken on arrival",
    reference: "C536379",
  });
  expect(written, JSON.stringify(written.body)).toMatchObject({
    status: 201,
    body: {
      kind: "credit",
      order_id: null,
      net: "14.90",
      tax: "2.58",
      total: "17.48",
      items: [{ restocked: true }, { restocked: false }, { product_id: null, restocked: false }],
    },
  });
  expect(await shop.stockOf(productId)).toMatchObject({ on_hand: 12, available: 12 });
  expect(await shop.balanceOf(account)).toMatchObject({ balance: "17.49" });
  const outside = await post("/credit-notes", {
    items: [{ description: "Goodwill", quantity: 1, unit_price: "3.00" }],
    reason: "late",
  });
  expect(outside).toMatchObject({ status: 201, body: { total: "3.60", account_id: null } });
  const list = (await shop.alice("GET", "/credit-notes")).body.items;
  expect(list).toMatchObject([{ id: written.body.id, reference: "C536379" }]);
  expect((await shop.bob("GET", `/credit-notes/${written.body.id}`)).status).toBe(404);
  expect((await shop.alice("POST", "/credit-notes", { body: {} })).status).toBe(403);
  const negative = await post("/credit-notes", {
    items: [{ description: "x", quantity: 1, unit_price: "-3.00" }],
    reason: "late",
  });
  expect(negative).toMatchObject({ status: 400, body: { errors: [{ field: "items[0].unit_price" }] } });
});

it("refunds by line, and never more of a line than is left", async () => {
  const { id: productId } = await product();
  const items = [
    { product_id: productId, quantity: 1 },
    { product_id: productId, quantity: 2, unit_price: "3.33" },
  ];
  const { id } = (await order(items)).body;
  await post(`/orders/${id}/pay`);
  const refund = (lines: readonly object[]) =>
    post(`/orders/${id}/refunds`, { items: lines, reason: "scratched" });
  expect(await refund([{ line: 2, amount: "8.00" }])).toMatchObject({
    status: 422,
    body: { code: "credit_exceeds_open", errors: [{ field: "items[0].amount" }] },
  });
  expect(
    await refund([
      { line: 2, amount: "5.00" },
      { line: 2, amount: "2.99" },
    ]),
  ).toMatchObject({
    status: 201,
    body: { order: { credited: "7.99" }, credit_note: { total: "7.99", tax: "1.33" } },
  });
  await post(`/orders/${id}/ship`, { ship_anyway: true, note: "scratched, but wanted" });
  const back = await post(`/orders/${id}/returns`, {
    items: [
      { line: 2, quantity: 2 },
      { line: 1, quantity: 1 },
    ],
    reason: "all of it",
  });
  expect(back).toMatchObject({
    status: 201,
    body: { order: { credited: "19.99", payment_status: "refunded" }, credit_note: { total: "12.00" } },
  });
});

it("failure 24: takes an order of 600 lines in one request, and refuses one of more than a thousand", async () => {
  const products = Array.from({ length: 300 }, (_, index) => ({
    sku: `BULK-${index}`,
    name: "Bulk",
    price: "1.00",
    initial_quantity: 2,
  }));
  const added = await post("/products/batch", { products });
  const ids: number[] = added.body.products.map((each: Body) => each.id);
  const items = Array.from({ length: 600 }, (_, index) => ({
    product_id: ids[index % ids.length],
    quantity: 1,
    unit_price: "1.25",
  }));
  const placed = await order(items, { customer_id: "alice", external_customer: true });
  expect(placed, JSON.stringify(placed.body).slice(0, 300)).toMatchObject({
    status: 201,
    body: { net: "750.00", total: "900.00" },
  });
  expect(placed.body.items).toHaveLength(600);
  const { id } = placed.body;
  await post(`/orders/${id}/pay`);
  expect(await post(`/orders/${id}/ship`)).toMatchObject({
    status: 201,
    body: { order: { status: "COMPLETED" } },
  });
  const lines = Array.from({ length: 1_001 }, () => ({ description: "x", quantity: 1, unit_price: "1.00" }));
  expect(await order(lines)).toMatchObject({ status: 400, body: { errors: [{ field: "items" }] } });
});

it("leaves nothing that does not agree", async () => {
  expect((await verifyOrders(shop.app.db)).differences).toEqual([]);
});
