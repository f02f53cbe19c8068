// Products over HTTP: adding one or a thousand, changing, archiving, and who may see what.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestCatalog, type TestCatalog } from "../../catalog.ts";
import { readTrail } from "../../trail.ts";

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await openTestCatalog();
});
afterAll(() => catalog?.app.stop());

const refused = (code: string, status = 422) => ({ status, body: { code } });
const add = (body: object, headers = {}) => catalog.staff("POST", "/products", { body, headers });
const change = (id: number, body: object, headers = {}) =>
  catalog.staff("PATCH", `/products/${id}`, { body, headers });

describe("adding", () => {
  test("a fresh shop's first category and product are 1, the price a JSON number in the shop's currency", async () => {
    const { addCategory, visitor } = catalog;
    expect(await addCategory("Electronics", { description: "Electronic devices" })).toMatchObject({ id: 1 });
    const product = {
      name: "Wireless Headphones",
      description: "...",
      sku: "WH-001",
      price: 299.99,
      category_id: 1,
      brand: "TechBrand",
      initial_quantity: 50,
    };
    const added = await add(product);
    expect(added).toMatchObject({
      status: 201,
      body: {
        ...{ id: 1, sku: "WH-001", price: "299.99", currency: "USD", category_id: 1, brand: "TechBrand" },
        ...{ status: "active", price_includes_tax: false, tax_class: "standard", tracks_stock: true },
        ...{ in_stock: true, images: [], metadata: {}, version: 1 },
      },
    });
    const read = await visitor("GET", "/products/1");
    expect(read.body).toEqual(added.body);
    expect(read.headers.get("etag")).toBe('"1"');
  });

  test("takes prices exactly or not at all, at the decimals of their currency", async () => {
    const prices = [
      [0.1, "USD", "0.10"],
      ["1.500", "USD", "1.50"],
      [0, "EUR", "0.00"],
      [1200, "JPY", "1200"],
    ] as const;
    for (const [index, [price, currency, shown]] of prices.entries())
      expect((await add({ sku: `EXACT-${index}`, name: "x", price, currency })).body.price).toBe(shown);
    for (const price of [0.1 + 0.2, 1e21, -1, "1.001", "1,00", "", "1e3"])
      expect(await add({ sku: "INEXACT", name: "x", price })).toMatchObject({
        ...refused("invalid_request", 400),
        body: { errors: [{ field: "price" }] },
      });
    expect(await add({ sku: "A", name: "x", price: 1, currency: "UNIT" })).toMatchObject(
      refused("unknown_asset", 400),
    );
  });

  test("refuses a taken SKU, an unknown category, and what is malformed, and leaves nothing", async () => {
    const { app } = catalog;
    const before = await app.db`SELECT count(*)::int AS count FROM catalog.products`;
    await catalog.addProduct({ sku: "TAKEN" });
    expect(await add({ sku: "TAKEN", name: "x", price: 1 })).toMatchObject({
      ...refused("sku_taken", 409),
      body: { errors: [{ field: "sku" }] },
    });
    expect((await add({ sku: "taken", name: "another, as it is written", price: 1 })).status).toBe(201);
    expect(await add({ sku: "C", name: "x", price: 1, category_id: 99_999 })).toMatchObject({
      ...refused("unknown_category"),
      body: { errors: [{ field: "category_id" }] },
    });
    const malformed = [
      { sku: " A", field: "sku" },
      { sku: "A\u0000", field: "sku" },
      { name: "  ", field: "name" },
      { description: "a\u0007", field: "description" },
      { metadata: { color: "\ud800" }, field: "metadata.color" },
      { metadata: { size: { width: 1 } }, field: "metadata.size" },
      { initial_quantity: 1.5, field: "initial_quantity" },
      { initial_quantity: 1, tracks_stock: false, field: "tracks_stock" },
      { status: "archived", field: "status" },
    ];
    for (const { field, ...fields } of malformed)
      expect(await add({ sku: "MAL", name: "x", price: 1, ...fields }), field).toMatchObject({
        ...refused("invalid_request", 400),
        body: { errors: [{ field }] },
      });
    const after = await app.db`SELECT count(*)::int AS count FROM catalog.products`;
    expect(after[0]?.["count"]).toBe(before[0]?.["count"] + 2);
  });

  test("a repeated key adds one product; of two at once with one SKU one wins", async () => {
    const headers = { "idempotency-key": "product-once" };
    const once = await Promise.all([1, 2, 3].map(() => add({ sku: "ONCE", name: "x", price: 1 }, headers)));
    expect(new Set(once.map(({ body }) => body.id)).size).toBe(1);
    expect(once.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(await add({ sku: "ONCE", name: "x", price: 2 }, headers)).toMatchObject({
      ...refused("idempotency_key_reused"),
      body: { errors: [{ field: "body.price" }] },
    });
    const race = await Promise.all([1, 2, 3].map((price) => add({ sku: "RACE", name: "x", price })));
    expect(race.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });

  test("a thousand at once, all or none, in the order they came", async () => {
    const { staff, app } = catalog;
    const batch = (products: object[], key: string) =>
      staff("POST", "/products/batch", { body: { products }, headers: { "idempotency-key": key } });
    const many = Array.from({ length: 1_000 }, (_, index) => ({
      sku: `MANY-${index}`,
      name: `Number ${index}`,
      price: index / 100,
      initial_quantity: index,
    }));
    const added = await batch(many, "many");
    expect(added.status).toBe(201);
    expect(added.body.products.map(({ sku }: { sku: string }) => sku)).toEqual(many.map(({ sku }) => sku));
    expect((await batch(many, "many")).body).toEqual(added.body);
    const fresh = { sku: "FRESH", name: "x", price: 1 };
    expect(await batch([fresh, { sku: "MANY-7", name: "x", price: 1 }], "again")).toMatchObject({
      ...refused("sku_taken", 409),
      body: { errors: [{ field: "products[1].sku" }] },
    });
    expect(await batch([fresh, fresh], "twice")).toMatchObject({
      ...refused("invalid_request", 400),
      body: { errors: [{ field: "products[1].sku" }] },
    });
    expect((await batch([...many, fresh], "too many")).status).toBe(400);
    const [row] = await app.db`SELECT count(*)::int AS count FROM catalog.products WHERE sku = 'FRESH'`;
    expect(row?.["count"]).toBe(0);
  });
});

describe("changing", () => {
  test("sets only what is sent, price and currency together, and counts the version", async () => {
    const { addProduct } = catalog;
    const product = await addProduct({ price: "10.00", brand: "Old", metadata: { color: "red", size: 4 } });
    const changed = await change(product.id, { price: 12.5, brand: null, metadata: { color: "blue" } });
    expect(changed.body).toEqual({
      ...product,
      price: "12.50",
      brand: null,
      metadata: { color: "blue" },
      version: 2,
      updated_at: changed.body.updated_at,
    });
    expect(changed.headers.get("etag")).toBe('"2"');
    expect(await change(product.id, { currency: "JPY" })).toMatchObject(refused("invalid_request", 400));
    expect((await change(product.id, { currency: "JPY", price: 1_250 })).body).toMatchObject({
      price: "1250",
      currency: "JPY",
    });
    expect(await change(product.id, { price: "1.5" })).toMatchObject(refused("invalid_request", 400));
    expect(await change(product.id, {})).toMatchObject(refused("invalid_request", 400));
  });

  test("If-Match lets one of two editors through; the other is told the version that is", async () => {
    const { addProduct } = catalog;
    const { id } = await addProduct();
    const edits = await Promise.all(
      ["Left", "Right"].map((name) => change(id, { name }, { "if-match": '"1"' })),
    );
    expect(edits.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(edits.find(({ status }) => status === 409)?.body).toMatchObject({
      code: "version_mismatch",
      version: 2,
    });
    expect((await change(id, { name: "Both" }, { "if-match": '"1", "2"' })).status).toBe(200);
  });

  test("refuses a SKU of another, an unknown category, an unknown product", async () => {
    const { addProduct } = catalog;
    const [one, two] = [await addProduct(), await addProduct()];
    expect(await change(one.id, { sku: two.sku })).toMatchObject(refused("sku_taken", 409));
    expect((await change(one.id, { sku: one.sku })).status).toBe(200);
    expect(await change(one.id, { category_id: 99_999 })).toMatchObject(refused("unknown_category"));
    expect(await change(99_999_999, { name: "x" })).toMatchObject(refused("product_not_found", 404));
    expect((await catalog.visitor("GET", `/products/${2 ** 52}`)).status).toBe(404);
  });

  test("a replay answers as the first time, and what a refusal did not change stays", async () => {
    const { addProduct, staff } = catalog;
    const { id } = await addProduct();
    const headers = { "idempotency-key": `change-${id}` };
    const first = await change(id, { name: "Renamed" }, headers);
    const second = await change(id, { name: "Renamed" }, headers);
    expect(second.body).toEqual(first.body);
    expect((await staff("GET", `/products/${id}`)).body.version).toBe(2);
  });
});

describe("archiving and drafts", () => {
  test("an archived product leaves the shop, stays for staff, keeps its SKU, and can come back", async () => {
    const { addProduct, staff, visitor, customer } = catalog;
    const { id, sku } = await addProduct();
    const archived = await staff("DELETE", `/products/${id}`);
    expect(archived).toMatchObject({ status: 200, body: { id, status: "archived", version: 2 } });
    for (const caller of [visitor, customer]) {
      expect(await caller("GET", `/products/${id}`)).toMatchObject(refused("product_not_found", 404));
      expect((await caller("GET", `/products?sku=${sku}`)).body.items).toEqual([]);
    }
    expect((await staff("GET", `/products/${id}`)).body.status).toBe("archived");
    expect(await add({ sku, name: "x", price: 1 })).toMatchObject(refused("sku_taken", 409));
    expect((await change(id, { status: "active" })).body.status).toBe("active");
    expect((await visitor("GET", `/products?sku=${sku}`)).body.items).toMatchObject([{ id }]);
    expect(await staff("DELETE", "/products/99999999")).toMatchObject(refused("product_not_found", 404));
  });

  test("drafts are staff's; customers change nothing; a token that is sent must be valid", async () => {
    const { addProduct, staff, visitor, customer, app } = catalog;
    const { id } = await addProduct({ status: "draft" });
    expect((await visitor("GET", `/products/${id}`)).status).toBe(404);
    expect((await customer("GET", `/products/${id}`)).status).toBe(404);
    expect((await staff("GET", `/products/${id}`)).body.status).toBe("draft");
    const body = { sku: "MINE", name: "x", price: 1 };
    expect(await customer("POST", "/products", { body })).toMatchObject(refused("forbidden", 403));
    expect(await visitor("POST", "/products", { body })).toMatchObject(refused("unauthenticated", 401));
    expect(await customer("DELETE", `/products/${id}`)).toMatchObject(refused("forbidden", 403));
    expect((await app.call("GET", "/api/v1/products", { token: "nonsense" })).status).toBe(401);
    expect((await app.call("GET", "/products")).status).toBe(200);
  });
});

test("every command is on the trail, about its product, and what it booked", async () => {
  const { addProduct, staff, app } = catalog;
  const { id } = await addProduct({ initial_quantity: 3 });
  await change(id, { name: "Trailed" });
  await staff("DELETE", `/products/${id}`);
  const entries = (await readTrail(app.db)).filter(
    ({ resource }) => resource?.type === "product" && resource.id === String(id),
  );
  expect(entries.map(({ event }) => event).sort()).toEqual([
    "product.add",
    "product.archive",
    "product.change",
    "stock.open",
  ]);
  const [receipt] = await app.db`SELECT max(id)::text AS id FROM ledger.transfers`;
  const opened = entries.find(({ event }) => event === "stock.open");
  expect(opened?.details).toEqual({ first_stamp: receipt?.["id"], last_stamp: receipt?.["id"] });
});
