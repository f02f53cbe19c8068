// Finding products over HTTP: by words, forgivingly, with the best first; narrowed, sorted, page by page; and facets.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestCatalog, type TestCatalog } from "../../catalog.ts";

let catalog: TestCatalog;
const ids: Record<string, number> = {};

const SHOP = [
  { sku: "WH-001", name: "Wireless Headphones", price: "299.99", brand: "TechBrand", initial_quantity: 50 },
  { sku: "WH-002", name: "Wired Headphones", price: "49.99", brand: "techbrand", initial_quantity: 0 },
  {
    sku: "SP-001",
    name: "Kitchen Speaker",
    price: "99.00",
    brand: "Sonor",
    initial_quantity: 3,
    description: "Pairs with wireless headphones",
  },
  {
    sku: "KT-001",
    name: "Kettle",
    price: "30.00",
    brand: "Calor",
    description: "Boils 1.7 liters. O'Neill's best",
    initial_quantity: 5,
  },
  {
    sku: "KT-002",
    name: "Électrique Kettle",
    price: "4000",
    currency: "JPY",
    brand: "Calor",
    initial_quantity: 5,
  },
  { sku: "DR-001", name: "Secret Headphones", price: "1.00", status: "draft" },
  { sku: "headphones", name: "A box", price: "2.00", tracks_stock: false },
] as const;

beforeAll(async () => {
  catalog = await openTestCatalog();
  const audio = await catalog.addCategory("Audio");
  const head = await catalog.addCategory("On the head", { parent_id: audio.id });
  const kitchen = await catalog.addCategory("Kitchen");
  const places: Record<string, number> = { W: head.id, S: audio.id, K: kitchen.id };
  for (const product of SHOP) {
    const added = await catalog.addProduct({ category_id: places[product.sku[0] ?? ""] ?? null, ...product });
    ids[product.sku] = added.id;
  }
  Object.assign(ids, { audio: audio.id, head: head.id, kitchen: kitchen.id });
});
afterAll(() => catalog?.app.stop());

async function find(query: string, caller = catalog.visitor): Promise<string[]> {
  const answer = await caller("GET", `/products?${query}`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.items.map(({ sku }: { sku: string }) => sku);
}
const refused = (field: string) => ({ status: 400, body: { code: "invalid_request", errors: [{ field }] } });

describe("words", () => {
  test("a SKU comes first, then those with all words in name or brand, then those that mention them", async () => {
    expect(await find("q=headphones")).toEqual(["headphones", "WH-002", "WH-001", "SP-001"]);
    expect(await find("q=wireless headphones")).toEqual(["WH-001", "SP-001"]);
    expect(await find("q=HEADPHONE techbrand wireless")).toEqual(["WH-001"]);
    expect(await find("q=wh-001")).toEqual(["WH-001"]);
  });

  test("forgives a misspelling, a beginning, and a word that nothing resembles", async () => {
    expect(await find("q=wireles hedphones")).toEqual(["WH-001", "SP-001"]);
    expect(await find("q=kett")).toEqual(["KT-001", "KT-002"]);
    expect(await find("q=kettle qqqqqqqq")).toEqual(["KT-001", "KT-002"]);
    expect(await find("q=electrique")).toEqual(["KT-002"]);
    expect(await find("q=qqqqqqqq")).toEqual([]);
  });

  test("knows phrases, either-or and leaving out; takes any text as words", async () => {
    expect(await find(`q=${encodeURIComponent('"kitchen speaker"')}`)).toEqual(["SP-001"]);
    expect(await find("q=headphones -wireless")).toEqual(["WH-002"]);
    expect((await find("q=kettle or speaker")).sort()).toEqual(["KT-001", "KT-002", "SP-001"]);
    for (const odd of ["'", "\\", "a:* & !b", "<->", '"', "o'neill's", "(", "the", "%", "🎧", "-", "or"])
      await find(`q=${encodeURIComponent(odd)}`);
    expect(await find("q=o'neil")).toEqual(["KT-001"]);
    expect(await find("q= ")).toHaveLength(6);
    expect(await catalog.visitor("GET", "/products?q=%00")).toMatchObject(refused("q"));
    expect(await catalog.visitor("GET", `/products?q=${"x".repeat(201)}`)).toMatchObject(refused("q"));
  });

  test("finds a product by what it is called now", async () => {
    const { id } = await catalog.addProduct({ sku: "REN", name: "Zither" });
    expect(await find("q=zither")).toEqual(["REN"]);
    await catalog.staff("PATCH", `/products/${id}`, { body: { name: "Dulcimer" } });
    expect(await find("q=zither")).toEqual([]);
    expect(await find("q=dulcimr")).toEqual(["REN"]);
    await catalog.staff("DELETE", `/products/${id}`);
    expect(await find("q=dulcimer")).toEqual([]);
    expect(await find("q=dulcimer&status=archived", catalog.staff)).toEqual(["REN"]);
  });

  test("is found once, whatever of it matches", async () => {
    const { id } = await catalog.addProduct({ sku: "gong", name: "Gong gong", description: "A gong" });
    expect(await find("q=gong")).toEqual(["gong"]);
    expect(await find("q=GONG&in_stock=false")).toEqual(["gong"]);
    await catalog.staff("DELETE", `/products/${id}`);
  });

  test("a text that was searched for before finds what has come since", async () => {
    expect(await find("q=qqqqqqqq xylophne")).toEqual([]);
    expect(await find("q=xylopho")).toEqual([]);
    const { id } = await catalog.addProduct({ sku: "XY-1", name: "Xylophone" });
    expect(await find("q=qqqqqqqq xylophne")).toEqual(["XY-1"]);
    expect(await find("q=xylopho")).toEqual(["XY-1"]);
    const second = await catalog.addProduct({ sku: "XY-2", name: "Xylophonist" });
    expect((await find("q=xylopho")).sort()).toEqual(["XY-1", "XY-2"]);
    expect(await find("q=xylopho&sort=newest")).toEqual(["XY-2", "XY-1"]);
    for (const product of [id, second.id]) await catalog.staff("DELETE", `/products/${product}`);
    expect(await find("q=xylopho")).toEqual([]);
  });

  test("of words that very many have, the newest first, and the same with any other order", async () => {
    const before = await find("q=headphones");
    const { db } = catalog.app;
    await db`SELECT catalog.count_words()`;
    expect(await find("q=kettles")).toEqual(["KT-001", "KT-002"]); // few products can all be ranked
    await db`UPDATE catalog.counted_products SET count = 1000`;
    expect(await find("q=headphones")).toEqual(before); // a SKU is still first
    expect(await find("q=kettle")).toEqual(["KT-002", "KT-001"]);
    expect(await find("q=kettle&sort=oldest")).toEqual(["KT-001", "KT-002"]);
    expect(await find("q=wireless&sort=price_asc")).toEqual(["SP-001", "WH-001"]);
    expect(await find(`q=wireless&category_id=${ids["head"]}`)).toEqual(["WH-001"]);
    const first = await catalog.visitor("GET", "/products?q=kettle&limit=1");
    const second = await catalog.visitor(
      "GET",
      `/products?q=kettle&limit=1&cursor=${first.body.next_cursor}`,
    );
    expect([first, second].map(({ body }) => body.items[0].sku)).toEqual(["KT-002", "KT-001"]);
    expect(second.body.next_cursor).toBeNull();
  });
});

describe("narrowing", () => {
  test("by subtree of categories, brand in any case, price of one currency, stock, status", async () => {
    expect(await find(`category_id=${ids["audio"]}`)).toEqual(["SP-001", "WH-002", "WH-001"]);
    expect(await find(`category_id=${ids["head"]}&q=headphones`)).toEqual(["WH-002", "WH-001"]);
    expect(await find("brand=TECHBRAND&brand=sonor&sort=oldest")).toEqual(["WH-001", "WH-002", "SP-001"]);
    expect(await find("min_price=49.99&max_price=99")).toEqual(["SP-001", "WH-002"]);
    expect(await find("currency=JPY&min_price=4000")).toEqual(["KT-002"]);
    expect(await find("in_stock=false")).toEqual(["WH-002"]);
    expect(await find("in_stock=true&q=headphones")).toEqual(["headphones", "WH-001", "SP-001"]);
    expect(await find("status=draft", catalog.staff)).toEqual(["DR-001"]);
    expect(await find("q=secret", catalog.staff)).toEqual(["DR-001"]);
    expect(await find("q=secret")).toEqual([]);
    expect(await find("category_id=999999999999")).toEqual([]);
    expect(await find("q=kettle&category_id=999999999999")).toEqual([]);
  });

  test("says which parameter is wrong", async () => {
    const ask = (query: string, caller = catalog.visitor) => caller("GET", `/products?${query}`);
    expect(await ask("status=draft")).toMatchObject(refused("status"));
    expect(await ask("min_price=1.001")).toMatchObject(refused("min_price"));
    expect(await ask("max_price=-1")).toMatchObject(refused("max_price"));
    expect(await ask("sort=cheapest")).toMatchObject(refused("sort"));
    expect(await ask("in_stock=perhaps")).toMatchObject(refused("in_stock"));
    expect(await ask("currency=XXX&min_price=1")).toMatchObject({
      status: 422,
      body: { code: "unknown_asset" },
    });
    expect(await ask("color=red")).toMatchObject({ status: 400 });
    const foreign = ["x", "bnVsbA", Buffer.from('["newest","1",1]').toString("base64url")];
    for (const cursor of foreign) expect(await ask(`cursor=${cursor}`)).toMatchObject(refused("cursor"));
    const { body } = await ask("limit=1");
    expect(await ask(`sort=price_asc&cursor=${body.next_cursor}`)).toMatchObject(refused("cursor"));
  });
});

describe("orders and pages", () => {
  test.each(["newest", "oldest", "price_asc", "price_desc", "name_asc", "name_desc", "relevance"])(
    "%s: pages of one make up the whole list",
    async (sort) => {
      const q = sort === "relevance" ? "&q=headphones or kettle" : "";
      const whole = await find(`sort=${sort}${q}`);
      expect(new Set(whole).size).toBe(whole.length);
      const pages: string[] = [];
      for (let cursor = ""; ; ) {
        const { body } = await catalog.visitor("GET", `/products?sort=${sort}${q}&limit=1${cursor}`);
        pages.push(...body.items.map((item: { sku: string }) => item.sku));
        if (body.next_cursor === null) break;
        cursor = `&cursor=${body.next_cursor}`;
      }
      expect(pages).toEqual(whole);
    },
  );

  test("by price in one currency, by name whatever its case", async () => {
    expect(await find("sort=price_asc")).toEqual(["headphones", "KT-001", "WH-002", "SP-001", "WH-001"]);
    expect(await find("sort=price_desc&currency=JPY")).toEqual(["KT-002"]);
    expect((await find("sort=name_asc"))[0]).toBe("headphones");
  });
});

describe("freshness", () => {
  test("a list shows what was just changed, and what was just sold or received", async () => {
    const { staff, visitor, addProduct } = catalog;
    const { id } = await addProduct({ sku: "FRESH", name: "Fresh", price: "5.00", initial_quantity: 1 });
    const shown = async () => (await visitor("GET", "/products?sku=FRESH")).body.items[0];
    expect(await shown()).toMatchObject({ price: "5.00", in_stock: true });
    await staff("PATCH", `/products/${id}`, { body: { price: "6.00" } });
    expect(await shown()).toEqual((await visitor("GET", `/products/${id}`)).body);
    expect(await shown()).toMatchObject({ price: "6.00", version: 2 });
    await catalog.app.db`UPDATE catalog.availability SET available = 0 WHERE product_id = ${id}`;
    expect(await shown()).toMatchObject({ in_stock: false });
    await staff("DELETE", `/products/${id}`);
  });
});

describe("facets", () => {
  test("count what matches: brands as if none were chosen, prices as if there were no limits", async () => {
    const { body, status } = await catalog.visitor("GET", "/products/facets");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      total: 6,
      in_stock: 5,
      brands: [
        { brand: "Calor", count: 2 },
        { brand: expect.stringMatching(/techbrand/i), count: 2 },
        { brand: "Sonor", count: 1 },
      ],
      categories: [
        { id: ids["head"], name: "On the head", count: 2 },
        { id: ids["kitchen"], count: 2 },
        { id: ids["audio"], count: 1 },
      ],
      prices: [
        { currency: "USD", min: "2.00", max: "299.99", count: 5 },
        { currency: "JPY", min: "4000", max: "4000", count: 1 },
      ],
    });
    const narrowed = await catalog.visitor("GET", "/products/facets?brand=sonor&max_price=150&q=wireless");
    expect(narrowed.body).toMatchObject({
      total: 1,
      brands: [{ brand: "Sonor", count: 1 }],
      prices: [{ currency: "USD", min: "99.00", max: "99.00", count: 1 }],
    });
    const chosen = await catalog.visitor("GET", "/products/facets?brand=sonor");
    expect(chosen.body).toMatchObject({ total: 1, brands: [{ count: 2 }, { count: 2 }, { count: 1 }] });
  });
});

const WORDS = "amber birch cedar dune ember fjord grove heath isle jade kelp lark moss north oak pine".split(
  " ",
);
const NARROWED = [
  "",
  "&brand=left",
  "&in_stock=true",
  "&min_price=100",
  "&max_price=150&brand=RIGHT",
] as const;

describe("among hundreds", () => {
  beforeAll(async () => {
    const pick = (index: number, step: number) => WORDS[(index * step + (index >> 4)) % WORDS.length];
    const products = Array.from({ length: 300 }, (_, index) => ({
      sku: index % 50 === 7 ? `${pick(index, 5)}` : `H-${index}`,
      name: [
        pick(index, 1),
        ...(index % 3 === 0 ? [pick(index, 7)] : []),
        ...(index % 5 === 0 ? ["oak"] : []),
      ].join(" "),
      description: `${pick(index, 3)} ${pick(index, 11)} ${pick(index, 13)}`,
      brand: index % 2 === 0 ? "Left" : "Right",
      price: `${index}.00`,
      initial_quantity: index % 4 === 0 ? 0 : 1,
      status: index % 9 === 0 ? "draft" : "active",
    }));
    const skus = new Set<string>();
    const distinct = products.filter(({ sku }) => !skus.has(sku) && skus.add(sku));
    const { status, body } = await catalog.staff("POST", "/products/batch", { body: { products: distinct } });
    expect(status, JSON.stringify(body)).toBe(201);
  });

  /** What the same search finds that looks at every product. */
  async function findSlowly(text: string, narrowed: string, isCommon = false): Promise<string[]> {
    const { db } = catalog.app;
    const rows = await db<{ sku: string }[]>`
      WITH matched AS (
        SELECT p.id, p.sku, CASE WHEN lower(p.sku) = lower(${text}) THEN 3000000 + (p.sku = ${text})::integer
          WHEN p.name_words @@ q.query THEN 2000000 + (ts_rank(p.name_words, q.query, 1) * 100000)::integer
          WHEN p.words @@ q.query THEN 1000000 + (ts_rank(p.words, q.query, 1) * ${isCommon ? 0 : 100_000})::integer END AS score
        FROM catalog.products p CROSS JOIN websearch_to_tsquery('catalog.words', ${text}) q (query)
        LEFT JOIN catalog.availability a ON a.product_id = p.id
        WHERE p.status = 'active' AND (${!narrowed.includes("brand")} OR lower(p.brand) = ${narrowed.toLowerCase().split("brand=")[1] ?? ""})
          AND (${!narrowed.includes("stock")} OR NOT p.tracks_stock OR a.available > 0)
          AND (${!narrowed.includes("price")} OR p.currency = 'USD')
          AND (${!narrowed.includes("min")} OR p.price_minor >= 10000) AND (${!narrowed.includes("max")} OR p.price_minor <= 15000))
      SELECT sku FROM matched WHERE score >= CASE
        WHEN (SELECT count(*) FROM matched WHERE score BETWEEN 2000000 AND 2999999) >= 20 THEN 2000000 ELSE 1000000 END
      ORDER BY score DESC, id DESC`;
    return rows.map(({ sku }) => sku);
  }

  async function findPages(query: string): Promise<string[]> {
    const found: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const { body } = await catalog.visitor("GET", `/products?q=${query}&limit=20${cursor}`);
      found.push(...body.items.map(({ sku }: { sku: string }) => sku));
      cursor = body.next_cursor === null ? null : `&cursor=${body.next_cursor}`;
    }
    return found;
  }

  test("page by page a search finds what one that looks at every product finds, in its order", async () => {
    const texts = fc.uniqueArray(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(texts, fc.constantFrom(...NARROWED), async (words, narrowed) => {
        const text = words.join(" ");
        expect(await findPages(`${text}${narrowed}`)).toEqual(await findSlowly(text, narrowed));
      }),
      { numRuns: 60 },
    );
  });

  test("and so it does where very many have the words in their descriptions", async () => {
    const { db } = catalog.app;
    await db`SELECT catalog.count_words()`;
    await db`UPDATE catalog.counted_products SET count = 1000000`;
    await db`UPDATE catalog.vocabulary SET name_share = 0`;
    for (const word of WORDS) {
      const text = word.toUpperCase(); // not remembered from before
      expect(await findPages(text)).toEqual(await findSlowly(text, "", true));
    }
  });
});
