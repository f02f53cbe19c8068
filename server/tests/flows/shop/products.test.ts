// Products and categories over HTTP: what is malformed, versions and keys, and who may see what. The rules are tested beside
// the commands.
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
      refused("unknown_asset", 422),
    );
  });

  test("refuses what is malformed, naming the field, and leaves nothing", async () => {
    const { app } = catalog;
    const before = await app.db`SELECT count(*)::int AS count FROM catalog.products`;
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
    expect(after[0]?.["count"]).toBe(before[0]?.["count"]);
  });
});

describe("archiving and drafts", () => {
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

test("a product is changed, archived and brought back by the version and the key that were sent", async () => {
  const { addProduct, staff, visitor, customer } = catalog;
  const { id, sku } = await addProduct();
  const headers = { "if-match": '"1"', "idempotency-key": `change-${id}` };
  const changed = await change(id, { price: 12.5, metadata: { color: "blue" } }, headers);
  expect(changed).toMatchObject({ status: 200, body: { price: "12.50", version: 2 } });
  expect(changed.headers.get("etag")).toBe('"2"');
  const again = await change(id, { price: 12.5, metadata: { color: "blue" } }, headers);
  expect([again.body, again.headers.get("idempotency-replayed")]).toEqual([changed.body, "true"]);
  expect(await change(id, { name: "Late" }, { "if-match": '"1"' })).toMatchObject({
    ...refused("version_mismatch", 409),
    body: { version: 2 },
  });
  expect(await change(id, {})).toMatchObject(refused("invalid_request", 400));
  expect(await staff("DELETE", `/products/${id}`)).toMatchObject({
    status: 200,
    body: { status: "archived" },
  });
  for (const caller of [visitor, customer]) {
    expect(await caller("GET", `/products/${id}`)).toMatchObject(refused("product_not_found", 404));
    expect((await caller("GET", `/products?sku=${sku}`)).body.items).toEqual([]);
  }
  expect((await staff("GET", `/products/${id}`)).body.status).toBe("archived");
  expect(await add({ sku, name: "x", price: 1 })).toMatchObject({
    ...refused("sku_taken", 409),
    body: { errors: [{ field: "sku" }] },
  });
  expect((await change(id, { status: "active" })).body.status).toBe("active");
  expect((await visitor("GET", `/products/${2 ** 52}`)).status).toBe(404);
});

test("a batch is added whole, or refused naming the item", async () => {
  const batch = (products: object[]) => catalog.staff("POST", "/products/batch", { body: { products } });
  const fresh = { sku: "FRESH", name: "x", price: 1 };
  expect(await batch([fresh, fresh])).toMatchObject({
    ...refused("invalid_request", 400),
    body: { errors: [{ field: "products[1].sku" }] },
  });
  expect(
    (await batch(Array.from({ length: 1_001 }, (_, index) => ({ ...fresh, sku: `F-${index}` })))).status,
  ).toBe(400);
  expect(await batch([fresh, { ...fresh, sku: "FRESH-2" }])).toMatchObject({
    status: 201,
    body: { products: [{ sku: "FRESH" }, { sku: "FRESH-2" }] },
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

describe("categories", () => {
  const idsOf = (items: readonly { id: number }[]) => items.map(({ id }) => id);

  test("are added, moved, renamed and removed by staff, by the version that was read", async () => {
    const { staff, addCategory, visitor } = catalog;
    const add = (body: object) => staff("POST", "/categories", { body });
    for (const body of [{ name: "" }, { name: " " }, { name: "a\nb" }, { name: "A", slug: "Not A Slug" }])
      expect(await add(body)).toMatchObject(refused("invalid_request", 400));
    expect(await add({ name: "Lost", parent_id: 99_999 })).toMatchObject({
      ...refused("unknown_category"),
      body: { errors: [{ field: "parent_id" }] },
    });
    const [parent, child] = [await addCategory("Upper"), await addCategory("Lower")];
    const patch = (body: object, tag: string) =>
      staff("PATCH", `/categories/${child.id}`, { body, headers: { "if-match": tag } });
    const moved = await patch({ parent_id: parent.id }, '"1"');
    expect(moved).toMatchObject({ status: 200, body: { path: [parent.id, child.id], version: 2 } });
    expect(moved.headers.get("etag")).toBe('"2"');
    expect(await patch({ name: "x" }, '"1"')).toMatchObject(refused("version_mismatch", 409));
    expect(await patch({ name: "x" }, "yesterday")).toMatchObject(refused("invalid_request", 400));
    expect((await visitor("GET", `/categories/${child.id}`)).body).toMatchObject({
      ancestors: [{ id: parent.id, slug: "upper" }],
    });
    expect(await staff("DELETE", `/categories/${parent.id}`)).toMatchObject(refused("category_not_empty"));
    expect((await staff("DELETE", `/categories/${child.id}`)).status).toBe(200);
  });

  test("a draft hides itself and all below it from visitors and customers, not from staff", async () => {
    const { addCategory, staff, visitor, customer } = catalog;
    const hidden = await addCategory("Hidden", { status: "draft" });
    const below = await addCategory("Below hidden", { parent_id: hidden.id });
    for (const caller of [visitor, customer]) {
      for (const { id } of [hidden, below])
        expect(await caller("GET", `/categories/${id}`)).toMatchObject(refused("category_not_found", 404));
      expect((await caller("GET", `/categories?below_id=${hidden.id}`)).body.items).toEqual([]);
    }
    expect(idsOf((await staff("GET", `/categories?below_id=${hidden.id}`)).body.items)).toEqual([
      hidden.id,
      below.id,
    ]);
    await staff("PATCH", `/categories/${hidden.id}`, { body: { status: "active" } });
    expect((await visitor("GET", `/categories/${below.id}`)).status).toBe(200);
  });

  test("lists go on by cursor, oldest first", async () => {
    const { addCategory, visitor } = catalog;
    const parent = await addCategory("Long");
    const ids = [];
    for (let index = 0; index < 5; index += 1)
      ids.push((await addCategory("Part", { parent_id: parent.id })).id);
    const found = [];
    let cursor = "";
    do {
      const page = await visitor("GET", `/categories?parent_id=${parent.id}&limit=2${cursor}`);
      found.push(...idsOf(page.body.items));
      cursor = page.body.next_cursor === null ? "" : `&cursor=${page.body.next_cursor}`;
    } while (cursor !== "");
    expect(found).toEqual(ids);
    expect(idsOf((await visitor("GET", "/categories?slug=long")).body.items)).toEqual([parent.id]);
  });
});
