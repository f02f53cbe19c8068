// A draft category hides what is only below it, wherever visitors and customers could meet it; staff see it as before.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { png } from "../../images.ts";
import { openTestShop, type ShopCaller, type TestShop } from "../../shop.ts";

let shop: TestShop;
let visitor: ShopCaller;
beforeAll(async () => {
  shop = await openTestShop();
  visitor = (method, path, request = {}) => shop.app.call(method, `/api/v1${path}`, request);
});
afterAll(() => shop?.app.stop());

let count = 0;

async function addCategory(fields: object = {}): Promise<number> {
  const { status, body } = await shop.staff("POST", "/categories", { body: { name: "Season", ...fields } });
  expect(status, JSON.stringify(body)).toBe(201);
  return body.id;
}
const changeCategory = (id: number, body: object) => shop.staff("PATCH", `/categories/${id}`, { body });
const hide = (id: number) => changeCategory(id, { status: "draft" });
const show = (id: number) => changeCategory(id, { status: "active" });

/** A product two levels below a category, with an image. */
async function addBelow() {
  const word = `lantern${"abcdefghijklmnop"[count]}x`;
  count += 1;
  const top = await addCategory();
  const middle = await addCategory({ parent_id: top });
  const { id, sku } = await shop.addProduct({ category_id: middle, name: `Paper ${word}`, brand: word });
  const image = await fetch(`${shop.app.url}/api/v1/products/${id}/images`, {
    method: "POST",
    headers: { authorization: `Bearer ${await shop.app.token("admin")}`, "content-type": "image/png" },
    body: png(2, 2, count) as unknown as string,
  });
  const { images } = JSON.parse(await image.text());
  return { top, middle, id, sku, word, imageId: images[0].id };
}
type Below = Awaited<ReturnType<typeof addBelow>>;

const PLACES = [
  "q",
  "sku",
  "q=sku",
  "brand",
  "category",
  "newest",
  "name",
  "price",
  "facets",
  "id",
  "image",
] as const;

/** Where somebody meets the product. */
async function placesOf(caller: ShopCaller, { top, id, sku, word, imageId }: Below): Promise<string[]> {
  const lists: Readonly<Record<string, string>> = {
    q: `q=${word}`,
    sku: `sku=${sku}`,
    "q=sku": `q=${sku}`,
    brand: `brand=${word}`,
    category: `category_id=${top}`,
    newest: "sort=newest",
    name: "sort=name_asc&limit=200",
    price: "sort=price_desc&limit=200",
  };
  const found: string[] = [];
  for (const [place, query] of Object.entries(lists)) {
    const { body } = await caller("GET", `/products?${query}`);
    if (body.items.some((item: { id: number }) => item.id === id)) found.push(place);
  }
  const facets = (await caller("GET", `/products/facets?q=${word}`)).body;
  const counts = [facets.total, facets.in_stock, facets.brands, facets.categories, facets.prices];
  if (counts.flat().some((part) => part !== 0)) found.push("facets");
  if ((await caller("GET", `/products/${id}`)).status === 200) found.push("id");
  if ((await caller("GET", `/images/${imageId}`)).status === 200) found.push("image");
  return found;
}

const buy = (by: ShopCaller, id: number) =>
  by("POST", "/orders", {
    body: { items: [{ product_id: id, quantity: 1 }], payment_method: "credit_card", currency: "USD" },
  });

describe("F6-14: a draft category", () => {
  test("hides what is below it, at any depth, from visitors and customers, and gives it back", async () => {
    const below = await addBelow();
    for (const caller of [visitor, shop.alice]) expect(await placesOf(caller, below)).toEqual(PLACES);
    for (const category of [below.top, below.middle]) {
      expect((await hide(category)).status).toBe(200);
      for (const caller of [visitor, shop.alice]) expect(await placesOf(caller, below)).toEqual([]);
      expect(await placesOf(shop.staff, below)).toEqual(PLACES);
      const kept = await visitor("GET", `/images/${below.imageId}`);
      expect([kept.status, kept.body.code]).toEqual([404, "image_not_found"]);
      await show(category);
      expect(await placesOf(visitor, below)).toEqual(PLACES);
    }
  });

  test("stays out of counts that others are in", async () => {
    const { word, middle } = await addBelow();
    await shop.addProduct({ name: `Open ${word}`, brand: "Open", price: "7.00" });
    await hide(middle);
    const { body } = await visitor("GET", `/products/facets?q=${word}`);
    expect(body).toMatchObject({
      total: 1,
      in_stock: 1,
      brands: [{ brand: "Open", count: 1 }],
      categories: [],
      prices: [{ currency: "USD", min: "7.00", max: "7.00", count: 1 }],
    });
  });

  test("goes into no cart and no order; what lies in a cart is no longer for sale", async () => {
    const { top, id } = await addBelow();
    const cart = (await shop.alice("POST", "/carts")).body;
    const line = { product_id: id, quantity: 1 };
    expect((await shop.alice("POST", `/carts/${cart.id}/lines`, { body: line })).status).toBe(200);
    await hide(top);
    expect((await shop.alice("GET", `/carts/${cart.id}`)).body.lines).toMatchObject([
      { product_id: id, is_for_sale: false, unit_price: null },
    ]);
    const more = await shop.alice("PATCH", `/carts/${cart.id}/lines/${id}`, { body: { quantity: 2 } });
    expect(more).toMatchObject({ status: 422, body: { code: "product_not_for_sale" } });
    const checkOut = () =>
      shop.alice("POST", `/carts/${cart.id}/checkout`, { body: { payment_method: "credit_card" } });
    expect(await checkOut()).toMatchObject({ status: 409, body: { code: "cart_prices_changed" } });
    await shop.alice("POST", `/carts/${cart.id}/prices`);
    expect(await checkOut()).toMatchObject({ status: 422, body: { code: "product_not_for_sale" } });
    expect(await buy(shop.alice, id)).toMatchObject({ status: 422, body: { code: "product_unavailable" } });
    const other = (await shop.bob("POST", "/carts")).body;
    expect(await shop.bob("POST", `/carts/${other.id}/lines`, { body: line })).toMatchObject({
      status: 422,
      body: { code: "product_not_for_sale" },
    });
    expect((await shop.stockOf(id)).reserved).toBe(0);
    expect((await buy(shop.staff, id)).status).toBe(201);
    await show(top);
    expect((await buy(shop.alice, id)).status).toBe(201);
  });

  test("hides what is moved below it, product or subtree, and no longer what is moved away", async () => {
    const below = await addBelow();
    const draft = await addCategory({ status: "draft" });
    const moveProduct = (category_id: number | null) =>
      shop.staff("PATCH", `/products/${below.id}`, { body: { category_id } });
    const isShown = async () => (await visitor("GET", `/products/${below.id}`)).status === 200;
    await changeCategory(below.top, { parent_id: draft });
    expect(await isShown()).toBe(false);
    await changeCategory(below.middle, { parent_id: null });
    expect(await isShown()).toBe(true);
    await moveProduct(draft);
    expect(await isShown()).toBe(false);
    await moveProduct(null);
    expect(await isShown()).toBe(true);
    await moveProduct(below.top);
    expect(await isShown()).toBe(false);
    await changeCategory(below.top, { parent_id: null });
    expect(await placesOf(visitor, below)).toEqual(PLACES);
    const added = await shop.addProduct({ category_id: draft, name: "New" });
    expect((await visitor("GET", `/products/${added.id}`)).status).toBe(404);
    await shop.staff("DELETE", `/products/${added.id}`);
    await shop.staff("DELETE", `/categories/${draft}`);
    await shop.staff("PATCH", `/products/${added.id}`, { body: { status: "active" } });
    expect((await visitor("GET", `/products/${added.id}`)).status).toBe(200);
  });

  test("knows what each product is below, whatever is changed at once", async () => {
    const tops = [await addCategory(), await addCategory(), await addCategory()];
    const low = await addCategory({ parent_id: tops[0] });
    const { id } = await shop.addProduct({ category_id: low });
    const at = (index: number) => tops[index % tops.length] ?? low;
    const acts = Array.from({ length: 48 }, (_, index) => {
      if (index % 4 === 0) return changeCategory(at(index), { status: index % 3 === 0 ? "draft" : "active" });
      const category_id = index % 8 === 1 ? low : at(index >> 2);
      const product = { sku: `AT-ONCE-${index}`, name: "Thing", price: "1.00", category_id };
      if (index % 4 === 1) return shop.staff("POST", "/products", { body: product });
      if (index % 4 === 2) return changeCategory(low, { parent_id: at(index) });
      return shop.staff("PATCH", `/products/${id}`, { body: { category_id } });
    });
    for (const { status, body } of await Promise.all(acts)) expect([200, 201], body.code).toContain(status);
    const wrong = await shop.app.db`
      SELECT c.id
      FROM catalog.categories c
      WHERE c.is_shown = EXISTS (
        SELECT FROM catalog.categories d WHERE d.id = ANY (c.path) AND d.status = 'draft')`;
    expect(wrong).toEqual([]);
  });
});
