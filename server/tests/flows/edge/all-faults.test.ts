// What only the readers behind the schemas know is told all at once too, in every module that reads more than one field.
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestShop, type TestShop } from "../../shop.ts";

let shop: TestShop;
let order: { id: string };
let product: { id: number };
beforeAll(async () => {
  shop = await openTestShop();
  product = await shop.addProduct();
  const body = { items: [{ product_id: product.id, quantity: 2 }], payment_method: "invoice" };
  order = (await shop.staff("POST", "/orders", { body })).body;
});
afterAll(() => shop?.app.stop());

const BELL = "a\u0007";
/** Its word has Latin and Cyrillic letters. */
const MIXED = "P\u0430ypal";

/** @param request "POST /products" */
async function fieldsOf(request: string, body?: object, as = shop.staff) {
  const [method = "", path = ""] = request.split(" ");
  const answer = await as(method, path, body === undefined ? {} : { body });
  expect([path, answer.status], JSON.stringify(answer.body)).toEqual([path, expect.toBeOneOf([400, 403])]);
  for (const { pointer, reason } of answer.body.errors) {
    expect(reason).not.toBe("");
    if (body !== undefined) expect(pointer).toMatch(/^#\//);
  }
  return [...new Set(answer.body.errors.map(({ field }: { field: string }) => field))].toSorted();
}

it("F6-29 products, one and many, and categories", async () => {
  const wrong = {
    sku: MIXED,
    name: BELL,
    price: "1.001",
    description: BELL,
    brand: BELL,
    tracks_stock: false,
    initial_quantity: 1,
    metadata: { a: BELL, b: "fine", c: BELL },
  };
  const named = ["brand", "description", "metadata.a", "metadata.c", "name", "price", "sku", "tracks_stock"];
  expect(await fieldsOf("POST /products", wrong)).toEqual(named);
  expect(await fieldsOf("POST /products", { ...wrong, currency: "ZZZ" })).toEqual(
    named.map((field) => (field === "price" ? "currency" : field)).toSorted(),
  );
  const products = [
    wrong,
    { sku: "FINE", name: "Fine", price: "1.00" },
    { sku: "X", name: BELL, price: "0.001" },
  ];
  expect(await fieldsOf("POST /products/batch", { products })).toEqual(
    [...named.map((field) => `products[0].${field}`), "products[2].name", "products[2].price"].toSorted(),
  );
  const change = { name: BELL, price: "1.001", metadata: { a: BELL } };
  expect(await fieldsOf(`PATCH /products/${product.id}`, change)).toEqual(["metadata.a", "name", "price"]);
  expect(await fieldsOf("POST /categories", { name: BELL, description: BELL })).toEqual([
    "description",
    "name",
  ]);
});

it("F6-29 orders: items, addresses and the rest; what a customer may not send beside what is wrong", async () => {
  const items = [
    { product_id: product.id, quantity: 1, unit_price: "1.001", description: BELL },
    { quantity: 1 },
    { product_id: product.id, quantity: 1, unit_price: "-1.00" },
  ];
  const address = { name: BELL, street: "a\nb", email: "nobody" };
  const wrong = {
    items,
    payment_method: "invoice",
    account_id: "1",
    payment_token: BELL,
    reference: BELL,
    metadata: { a: "fine", b: 1 },
    shipping_address: address,
    billing_address: { city: " " },
  };
  const rest = [
    "account_id",
    "billing_address.city",
    "payment_token",
    "reference",
    "shipping_address.email",
    "shipping_address.name",
    "shipping_address.street",
  ];
  const ofItems = [
    "items[0].description",
    "items[0].unit_price",
    "items[1].product_id",
    "items[2].unit_price",
  ];
  expect(await fieldsOf("POST /orders", wrong)).toEqual([...rest, ...ofItems].toSorted());
  const others = { ...wrong, customer_id: "bob", external_customer: true };
  expect(await fieldsOf("POST /orders", others, shop.alice)).toEqual(
    [...rest, ...ofItems, "customer_id", "external_customer"].toSorted(),
  );
  const { reference, shipping_address } = wrong;
  expect(await fieldsOf(`PATCH /orders/${order.id}`, { items, reference, shipping_address })).toEqual(
    [
      ...ofItems,
      "reference",
      "shipping_address.email",
      "shipping_address.name",
      "shipping_address.street",
    ].toSorted(),
  );
});

it("F6-29 acts on an order, and credit notes", async () => {
  const path = `/orders/${order.id}`;
  const amounts = [
    { line: 1, amount: "1.001" },
    { line: 2, amount: "0" },
  ];
  expect(await fieldsOf(`POST ${path}/refunds`, { items: amounts, reason: BELL })).toEqual([
    "items[0].amount",
    "items[1].amount",
    "reason",
  ]);
  const ship = { carrier: BELL, tracking_number: BELL, ship_anyway: true, note: " " };
  expect(await fieldsOf(`POST ${path}/ship`, ship)).toEqual(["carrier", "note", "tracking_number"]);
  const back = [1, 2].map((line) => ({ line, quantity: 1, restock: false, location_id: 1 }));
  expect(await fieldsOf(`POST ${path}/returns`, { items: back, reason: BELL })).toEqual([
    "items[0].location_id",
    "items[1].location_id",
    "reason",
  ]);
  const items = [
    { product_id: product.id, quantity: 1, unit_price: "-1" },
    ...back.map(({ line: _, ...item }) => item),
  ];
  expect(await fieldsOf("POST /credit-notes", { items, reason: BELL, reference: BELL })).toEqual([
    ...["items[0].unit_price", "items[1].location_id", "items[1].product_id"],
    ...["items[2].location_id", "items[2].product_id", "reason", "reference"],
  ]);
  const asked = `GET /orders?min_total=1.001&max_total=x.1&reference=${encodeURIComponent(BELL)}`;
  expect(await fieldsOf(asked)).toContain("reference");
});

it("F6-29 coupons", async () => {
  const wrong = {
    code: "SAVE",
    value: "1.001",
    minimum_order: "0",
    description: BELL,
    valid_from: "1900-01-01",
    valid_until: "2026-02-30",
  };
  const named = ["description", "minimum_order", "valid_from", "valid_until", "value"];
  expect(await fieldsOf("POST /coupons", { ...wrong, discount_type: "amount" })).toEqual(named);
  const percent = { ...wrong, discount_type: "percent", value: "100.01", maximum_discount: "0.001" };
  expect(await fieldsOf("POST /coupons", percent)).toEqual([...named, "maximum_discount"].toSorted());
});

it("F6-29 who registers, who is blocked, how stock moved, where money is exchanged", async () => {
  const person = {
    username: "P\u0430ypal",
    email: "nobody@nowhere",
    full_name: "N\u200bora",
    password: "password",
  };
  expect(await fieldsOf("POST /auth/register", person)).toEqual([
    "email",
    "full_name",
    "password",
    "username",
  ]);
  const blocked = { kind: "email", value: "nobody", reason: BELL, expires_at: "2026-02-30T00:00:00Z" };
  expect(await fieldsOf("POST /risk/blocked", blocked)).toEqual(expect.arrayContaining(["reason", "value"]));
  const receipt = { items: [{ product_id: product.id, quantity: 1 }], reference: BELL, note: BELL };
  expect(await fieldsOf("POST /stock/receipts", receipt)).toEqual(["note", "reference"]);
});
