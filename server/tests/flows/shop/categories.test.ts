// Categories over HTTP: the tree and its moves, who sees drafts, versions, keys, two at once.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestCatalog, type TestCatalog } from "../../catalog.ts";

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await openTestCatalog();
});
afterAll(() => catalog?.app.stop());

const refused = (code: string, status = 422) => ({ status, body: { code } });
const idsOf = (items: readonly { id: number }[]) => items.map(({ id }) => id);

describe("adding", () => {
  test("gives ids from 1 and a slug made from the name, each slug once", async () => {
    const { addCategory } = catalog;
    expect(await addCategory("Télés & Vidéo", { description: "Two\nlines" })).toMatchObject({
      id: 1,
      parent_id: null,
      path: [1],
      slug: "teles-video",
      description: "Two\nlines",
      status: "active",
      version: 1,
    });
    expect((await addCategory("Teles video")).slug).toBe("teles-video-2");
    expect((await addCategory("TELES  VIDEO!")).slug).toBe("teles-video-3");
    expect((await addCategory("影像")).slug).toBe("category");
    expect((await addCategory("Own", { slug: "my-own" })).slug).toBe("my-own");
  });

  test("refuses a taken slug, an unknown parent, a ninth level, and what is malformed", async () => {
    const { staff, addCategory } = catalog;
    const add = (body: object) => staff("POST", "/categories", { body });
    await addCategory("Taken", { slug: "taken" });
    expect(await add({ name: "Again", slug: "taken" })).toMatchObject(refused("slug_taken", 409));
    expect(await add({ name: "Lost", parent_id: 99_999 })).toMatchObject({
      ...refused("unknown_category"),
      body: { errors: [{ field: "parent_id" }] },
    });
    let parent = await addCategory("Level");
    for (let level = 2; level <= 8; level += 1)
      parent = await addCategory(`Level ${level}`, { parent_id: parent.id });
    expect(await add({ name: "Too deep", parent_id: parent.id })).toMatchObject(refused("category_too_deep"));
    for (const body of [{ name: "" }, { name: " " }, { name: "a\nb" }, { name: "A", slug: "Not A Slug" }])
      expect(await add(body)).toMatchObject(refused("invalid_request", 400));
  });

  test("of two at once with one slug one wins; without a slug both get their own", async () => {
    const { staff } = catalog;
    const add = (body: object) => staff("POST", "/categories", { body });
    const same = await Promise.all([1, 2].map(() => add({ name: "Race", slug: "race-x" })));
    expect(same.map(({ status }) => status).sort()).toEqual([201, 409]);
    const own = await Promise.all([1, 2, 3].map(() => add({ name: "Run" })));
    expect(own.map(({ body }) => body.slug).sort()).toEqual(["run", "run-2", "run-3"]);
  });

  test("a repeated key adds one category, and the trail has one entry", async () => {
    const { staff, app } = catalog;
    const request = { body: { name: "Once" }, headers: { "idempotency-key": "category-once" } };
    const first = await staff("POST", "/categories", request);
    const second = await staff("POST", "/categories", request);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    const other = { ...request, body: { name: "Another" } };
    expect(await staff("POST", "/categories", other)).toMatchObject(refused("idempotency_key_reused"));
    const [row] = await app.db`SELECT count(*)::int AS count FROM catalog.categories WHERE name = 'Once'`;
    expect(row?.["count"]).toBe(1);
  });
});

describe("moving", () => {
  test("takes all below along, and never below itself", async () => {
    const { addCategory, staff, visitor } = catalog;
    const [a, b, c] = [await addCategory("A"), await addCategory("B"), await addCategory("C")];
    const below = await addCategory("A1", { parent_id: a.id });
    const leaf = await addCategory("A11", { parent_id: below.id });
    const move = (id: number, parent_id: number | null) =>
      staff("PATCH", `/categories/${id}`, { body: { parent_id } });
    expect(await move(a.id, b.id)).toMatchObject({ status: 200, body: { path: [b.id, a.id], version: 2 } });
    expect((await visitor("GET", `/categories/${leaf.id}`)).body).toMatchObject({
      path: [b.id, a.id, below.id, leaf.id],
      ancestors: [{ id: b.id }, { id: a.id, slug: "a" }, { id: below.id }],
    });
    for (const parent of [a.id, below.id, leaf.id])
      expect(await move(a.id, parent)).toMatchObject(refused("category_cycle"));
    expect(await move(a.id, 99_999)).toMatchObject(refused("unknown_category"));
    const subtree = await visitor("GET", `/categories?below_id=${b.id}`);
    expect(idsOf(subtree.body.items)).toEqual([a.id, b.id, below.id, leaf.id]);
    expect((await visitor("GET", `/categories?parent_id=${c.id}`)).body.items).toEqual([]);
    expect((await move(below.id, null)).body.path).toEqual([below.id]);
    expect((await visitor("GET", `/categories/${leaf.id}`)).body.path).toEqual([below.id, leaf.id]);
  });

  test("two moves at once that would make a cycle together: one is refused", async () => {
    const { addCategory, staff } = catalog;
    for (let round = 0; round < 5; round += 1) {
      const [x, y] = [await addCategory("X"), await addCategory("Y")];
      const answers = await Promise.all([
        staff("PATCH", `/categories/${x.id}`, { body: { parent_id: y.id } }),
        staff("PATCH", `/categories/${y.id}`, { body: { parent_id: x.id } }),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 422]);
    }
  });

  test("refuses a move that would push what lies below too deep", async () => {
    const { addCategory, staff } = catalog;
    let deep = await addCategory("Deep");
    for (let level = 2; level <= 7; level += 1)
      deep = await addCategory(`Deep ${level}`, { parent_id: deep.id });
    const top = await addCategory("Top");
    await addCategory("Below top", { parent_id: top.id });
    const answer = await staff("PATCH", `/categories/${top.id}`, { body: { parent_id: deep.id } });
    expect(answer).toMatchObject(refused("category_too_deep"));
  });
});

describe("changing and removing", () => {
  test("If-Match lets a change through only to the version that was read", async () => {
    const { addCategory, staff } = catalog;
    const { id } = await addCategory("Versioned");
    const change = (name: string, tag: string) =>
      staff("PATCH", `/categories/${id}`, { body: { name }, headers: { "if-match": tag } });
    const first = await change("Second name", '"1"');
    expect(first).toMatchObject({ status: 200, body: { version: 2, slug: "versioned" } });
    expect(first.headers.get("etag")).toBe('"2"');
    expect(await change("Third name", '"1"')).toMatchObject({
      ...refused("version_mismatch", 409),
      body: { version: 2 },
    });
    expect(await change("x", "yesterday")).toMatchObject(refused("invalid_request", 400));
    expect(await staff("PATCH", "/categories/99999", { body: { name: "x" } })).toMatchObject(
      refused("category_not_found", 404),
    );
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

  test("only an empty category is removed; archived products in it go up to its parent", async () => {
    const { addCategory, addProduct, staff } = catalog;
    const parent = await addCategory("Parent");
    const child = await addCategory("Child", { parent_id: parent.id });
    const product = await addProduct({ category_id: child.id });
    const remove = (id: number) => staff("DELETE", `/categories/${id}`);
    for (const { id } of [parent, child])
      expect(await remove(id)).toMatchObject(refused("category_not_empty"));
    await staff("DELETE", `/products/${product.id}`);
    expect(await remove(child.id)).toMatchObject({ status: 200, body: { id: child.id } });
    expect((await staff("GET", `/products/${product.id}`)).body.category_id).toBe(parent.id);
    expect(await remove(child.id)).toMatchObject(refused("category_not_found", 404));
    expect((await remove(parent.id)).status).toBe(200);
  });

  test("a category that is removed while a product is added to it: one of the two is refused", async () => {
    const { addCategory, staff } = catalog;
    for (let round = 0; round < 5; round += 1) {
      const { id } = await addCategory("Going");
      const body = { sku: `GOING-${id}`, name: "Late", price: 1, category_id: id };
      const [removed, added] = await Promise.all([
        staff("DELETE", `/categories/${id}`),
        staff("POST", "/products", { body }),
      ]);
      expect([removed.status, added.status].sort()).toEqual(removed.status === 200 ? [200, 422] : [201, 422]);
    }
  });
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
