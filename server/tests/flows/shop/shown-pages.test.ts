// Lists and products that are remembered: never as they were, whichever process changed what they show.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../app.ts";
import { openTestShop, type TestShop } from "../../shop.ts";

let shop: TestShop;
/** Another process on the same database. */
let other: TestApp;
let staff: string;
beforeAll(async () => {
  shop = await openTestShop();
  other = await startTestApp({ DB_URL: shop.app.databaseUrl });
  staff = await shop.app.token("admin");
});
afterAll(async () => {
  await other?.stop();
  await shop?.app.stop();
});

async function get(path: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${shop.app.url}/api/v1${path}`, { headers });
  const text = await answer.text();
  return { status: answer.status, etag: answer.headers.get("etag"), body: text && JSON.parse(text) };
}

async function elsewhere(method: string, path: string, body?: unknown) {
  const answer = await other.call(method, `/api/v1${path}`, { token: staff, body });
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer.body;
}

/** What the three remembered ways show of the product. */
async function seen(id: number, name: string) {
  const list = (await get(`/products?q=${name}`)).body.items;
  const all = (await get("/products?limit=200&sort=oldest")).body.items;
  const find = (items: { id: number }[]) => items.find((item) => item.id === id);
  const { status, body } = await get(`/products/${id}`);
  return [find(list), find(all), status === 200 ? body : undefined];
}

describe("what is remembered is shown as it is now", () => {
  it("when another process changes a price, hides, shows, and archives it", async () => {
    const { id } = await shop.addProduct({ name: "Quokka" });
    const shown = { id, price: "1.00" };
    for (let time = 0; time < 3; time += 1)
      expect(await seen(id, "quokka")).toMatchObject([shown, shown, shown]);
    await elsewhere("PATCH", `/products/${id}`, { price: "2.00" });
    expect(await seen(id, "quokka")).toMatchObject(Array(3).fill({ id, price: "2.00" }));
    await elsewhere("PATCH", `/products/${id}`, { status: "draft" });
    expect(await seen(id, "quokka")).toEqual([undefined, undefined, undefined]);
    expect((await shop.staff("GET", `/products/${id}`)).body.status).toBe("draft");
    await elsewhere("PATCH", `/products/${id}`, { status: "active" });
    expect(await seen(id, "quokka")).toMatchObject(Array(3).fill({ id }));
    await elsewhere("DELETE", `/products/${id}`);
    expect(await seen(id, "quokka")).toEqual([undefined, undefined, undefined]);
  });

  it("when its category becomes a draft, or it moves, or a new product comes", async () => {
    const category = await elsewhere("POST", "/categories", { name: "Marsupials" });
    const { id } = await shop.addProduct({ name: "Bilby", category_id: category.id });
    expect(await seen(id, "bilby")).toMatchObject(Array(3).fill({ id }));
    await elsewhere("PATCH", `/categories/${category.id}`, { status: "draft" });
    expect(await seen(id, "bilby")).toEqual([undefined, undefined, undefined]);
    await elsewhere("PATCH", `/products/${id}`, { category_id: null });
    expect(await seen(id, "bilby")).toMatchObject(Array(3).fill({ id, category_id: null }));
    const second = await elsewhere("POST", "/products", { sku: "BILBY-2", name: "Bilby", price: "1.00" });
    expect((await get("/products?q=bilby")).body.items.map((item: { id: number }) => item.id)).toContain(
      second.id,
    );
  });

  it("when the last unit is sold, and when more come", async () => {
    const { id } = await shop.addProduct({ name: "Numbat", initial_quantity: 1 });
    const inStock = async () => (await seen(id, "numbat")).map((product) => product?.in_stock);
    await expect.poll(inStock, { timeout: 10_000 }).toEqual([true, true, true]);
    const order = { items: [{ product_id: id, quantity: 1 }], payment_method: "invoice" };
    await elsewhere("POST", "/orders", order);
    await expect.poll(inStock, { timeout: 10_000 }).toEqual([false, false, false]);
    await elsewhere("POST", "/stock/receipts", { items: [{ product_id: id, quantity: 5 }] });
    await expect.poll(inStock, { timeout: 10_000 }).toEqual([true, true, true]);
  });

  it("to whoever asks after the change was answered, while many ask and many change", async () => {
    const { id } = await shop.addProduct({ name: "Potoroo" });
    let answered = 1;
    let isOver = false;
    async function change() {
      for (let price = 2; price <= 40; price += 1) {
        await elsewhere("PATCH", `/products/${id}`, { price: `${price}.00` });
        answered = price;
      }
      isOver = true;
    }
    async function ask(path: string) {
      while (!isOver) {
        const least = answered;
        const { body } = await get(path);
        const product =
          body.items === undefined ? body : body.items.find((item: { id: number }) => item.id === id);
        expect(Number(product.price)).toBeGreaterThanOrEqual(least);
      }
    }
    const paths = [`/products/${id}`, "/products?q=potoroo", "/products?limit=5"];
    await Promise.all([change(), ...[...paths, ...paths].map(ask)]);
    expect((await get(`/products/${id}`)).body.price).toBe("40.00");
  });
});

it("staff and visitors are shown each their own", async () => {
  const { id } = await shop.addProduct({ name: "Wombat", status: "draft" });
  for (let time = 0; time < 2; time += 1) {
    expect((await get("/products?q=wombat")).body.items).toEqual([]);
    expect((await shop.staff("GET", "/products?q=wombat")).body.items).toMatchObject([{ id }]);
    expect((await get(`/products/${id}`)).status).toBe(404);
    expect((await shop.staff("GET", `/products/${id}`)).status).toBe(200);
  }
});

it("who has the page is told so, until it changes", async () => {
  const { id } = await shop.addProduct({ name: "Dunnart" });
  const { etag = "" } = await get("/products?q=dunnart");
  const again = { "if-none-match": etag ?? "" };
  expect(await get("/products?q=dunnart", again)).toMatchObject({ status: 304, etag, body: "" });
  await shop.staff("PATCH", `/products/${id}`, { body: { price: "3.00" } });
  expect(await get("/products?q=dunnart", again)).toMatchObject({ status: 200, body: { items: [{ id }] } });
});

it("forgets the transactions of another server, whose dump was restored here", async () => {
  const ids = async () =>
    (await shop.app.db<{ id: string }[]>`SELECT transaction::text AS id FROM catalog.changes`).map(
      ({ id }) => id,
    );
  await shop.app.db`INSERT INTO catalog.changes (transaction) VALUES ('900000000000000'::xid8)`;
  const before = await ids();
  await shop.app.db`SELECT catalog.count_words()`;
  const after = await ids();
  expect(after).not.toContain("900000000000000");
  expect(after).toEqual(expect.arrayContaining(before.filter((id) => id !== "900000000000000")));
});
