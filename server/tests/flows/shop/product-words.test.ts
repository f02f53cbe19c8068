// Words as people write them, in any language: accents, composed or not, without spaces, short, or such that say little; parts
// of a SKU; and names in the order of the shop's language.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestCatalog, type TestCatalog } from "../../catalog.ts";

let catalog: TestCatalog;

/** A product's name, brand and description, by the SKU that the tests tell it by. */
const SHOP: Readonly<
  Record<string, readonly [name: string, brand?: string | undefined, description?: string]>
> = {
  cafe: ["Café crème", "Nestlé"],
  plain: ["Cafe table", "Ikea", "The one for it"],
  decomposed: ["Cre\u0301maillère"],
  strasse: ["Straße bei Nacht", "Größe"],
  aero: ["Ærø blanket"],
  lodz: ["Łódź poster"],
  greek: ["Ελλάδα map"],
  yolka: ["Ёлка"],
  yod: ["Йод"],
  istanbul: ["İstanbul tile"],
  hanoi: ["Phở Hà Nội", "Đông"],
  earphones: ["無線イヤホン", "ソニー", "ノイズキャンセリング対応"],
  cable: ["USBケーブル 2m"],
  tea: ["緑茶"],
  phone: ["无线耳机"],
  thai: ["หูฟังไร้สาย", "โซนี่"],
  lao: ["ຫູຟັງໄຮ້ສາຍ"],
  khmer: ["កាសឥតខ្សែ"],
  burmese: ["နားကြပ်"],
  korean: ["무선이어폰"],
  who: ["The Who", undefined, "Live at Leeds"],
  it: ["IT"],
  itbook: ["IT book"],
  book: ["Cook book", undefined, "It has it all"],
  tv: ["TV stand"],
  x: ["X"],
  cpp: ["C++ primer"],
  go: ["Go board"],
  "5g": ["5G modem"],
};

beforeAll(async () => {
  catalog = await openTestCatalog();
  for (const [sku, [name, brand = null, description = ""]] of Object.entries(SHOP))
    await catalog.addProduct({ sku: `S~${sku}`, name, brand, description, price: "1.00" });
});
afterAll(() => catalog?.app.stop());

const queryOf = (q: string, more = "") => `q=${encodeURIComponent(q)}${more}`;

/** What a search finds, by the names of `SHOP` where they are from there. */
async function find(query: string, caller = catalog.visitor): Promise<string[]> {
  const { status, body } = await caller("GET", `/products?limit=200&${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.items.map(({ sku }: { sku: string }) => sku.replace("S~", ""));
}
const search = (q: string) => find(queryOf(q));

test.each([
  ["cafe", ["cafe", "plain"]],
  ["CAFÉ", ["cafe", "plain"]],
  ["cafe\u0301 cre\u0300me", ["cafe"]],
  ["creme nestle", ["cafe"]],
  ["cremaillere", ["decomposed"]],
  ["crémaillère", ["decomposed"]],
  ["ｃａｆｅ", ["cafe", "plain"]],
  ["strasse", ["strasse"]],
  ["STRASSE grosse", ["strasse"]],
  ["aero", ["aero"]],
  ["lodz", ["lodz"]],
  ["ελλαδα", ["greek"]],
  ["ΕΛΛΆΔΑ", ["greek"]],
  ["елка", ["yolka"]],
  ["йод", ["yod"]],
  ["и\u0306од", ["yod"]],
  ["иод", []],
  ["istanbul", ["istanbul"]],
  ["pho ha noi", ["hanoi"]],
  ["dong", ["hanoi"]],
])("F6-15: %s finds what is written with other accents, case or composition", async (q, skus) => {
  expect((await search(q)).sort()).toEqual(skus);
});

test.each([
  ["イヤホン", ["earphones"]],
  ["ｲﾔﾎﾝ", ["earphones"]],
  ["無線イヤホン", ["earphones"]],
  ["イヤホン 無線", ["earphones"]],
  ["キャンセリング", ["earphones"]],
  ["ソニー", ["earphones"]],
  ["ケーブル", ["cable"]],
  ["USB", ["cable"]],
  ["usbケーブル", ["cable"]],
  ["マウス", []],
  ["茶", ["tea"]],
  ["緑", ["tea"]],
  ['"茶緑"', []],
  ["耳机", ["phone"]],
  ["无线", ["phone"]],
  ["หูฟัง", ["thai"]],
  ["ไร้สาย", ["thai"]],
  ["โซนี่", ["thai"]],
  ["เมาส์", []],
  ["ຫູຟັງ", ["lao"]],
  ["កាស", ["khmer"]],
  ["ကြပ်", ["burmese"]],
  ["이어폰", ["korean"]],
  ['"無線イヤ"', ["earphones"]],
  ['"イヤ無線"', []],
  ["無線 -イヤホン", []],
])("F6-15: %s finds a part of what is written without spaces", async (q, skus) => {
  expect((await search(q)).sort()).toEqual(skus);
});

test.each([
  ["the who", ["who"]],
  ["who", ["who"]],
  ["The Who live", ["who"]],
  ['"the who"', ["who"]],
  ["it book", ["itbook", "book"]],
  ["the it book", ["itbook", "book"]],
  ["the cook book", ["book"]],
  ["a table for the cook", []],
  ["the stand of it", ["tv"]],
])(
  "F6-15: %s: words that say little count where there are no others, and come first where there are",
  async (q, skus) => {
    expect(await search(q)).toEqual(skus);
  },
);

test("F6-15: a product called IT comes before what only says it", async () => {
  expect((await search("it")).slice(0, 2).sort()).toEqual(["it", "itbook"]);
  expect((await search("IT")).slice(2).sort()).toEqual(["book", "plain"]);
  expect(await search("the")).toEqual(["who", "plain"]);
  expect(await search("the qqqqqqqq")).toEqual([]);
});

test.each([
  ["tv", ["tv"]],
  ["TV", ["tv"]],
  ["x", ["x"]],
  ["c++", ["cpp"]],
  ["go", ["go"]],
  ["5g", ["5g"]],
  ["2m", ["cable"]],
])("F6-15: %s is short, and found", async (q, skus) => {
  expect(await search(q)).toEqual(skus);
});

describe("F6-15: a part of a SKU", () => {
  beforeAll(async () => {
    const skus = ["WH-001-BLK", "WH-001-RED", "WH-002-BLK", "15056BL", "15056bl-2", "ÉT_77.a", "ZQ 9 001X"];
    for (const sku of skus) await catalog.addProduct({ sku, name: "Sample" });
    await catalog.addProduct({ sku: "WH-009-BLK", name: "Secret", status: "draft" });
    await catalog.addProduct({ sku: "KNOWN-1", name: "Wordy thing", description: "blk" });
  });

  test.each([
    ["WH-001", ["WH-001-BLK", "WH-001-RED"]],
    ["wh001", ["WH-001-BLK", "WH-001-RED"]],
    ["wh-0", ["WH-001-BLK", "WH-001-RED", "WH-002-BLK"]],
    ["WH", ["WH-001-BLK", "WH-001-RED", "WH-002-BLK"]],
    ["001-B", ["WH-001-BLK"]],
    ["001", ["WH-001-BLK", "WH-001-RED", "ZQ 9 001X"]],
    ["red", ["WH-001-RED"]],
    ["15056", ["15056BL", "15056bl-2"]],
    ["056b", ["15056BL", "15056bl-2"]],
    ["et77", ["ÉT_77.a"]],
    ["77a", ["ÉT_77.a"]],
    ["zq 9 00", ["ZQ 9 001X"]],
    ["%", []],
    ["-_.", []],
  ])("%s", async (q, skus) => {
    expect((await search(q)).sort()).toEqual(skus);
    expect((await find(queryOf(q, "&sort=price_asc"))).sort()).toEqual(skus);
    const facets = await catalog.visitor("GET", `/products/facets?${queryOf(q)}`);
    expect(facets.body.total).toBe(skus.length);
  });

  test("comes after the SKU as it is, and after words; drafts are staff's", async () => {
    expect((await search("15056bl"))[0]).toBe("15056BL");
    expect(await search("15056bl-2")).toEqual(["15056bl-2"]);
    expect((await search("blk"))[0]).toBe("KNOWN-1");
    expect((await search("blk")).sort()).toEqual(["KNOWN-1", "WH-001-BLK", "WH-002-BLK"]);
    expect(await find(queryOf("wh-009"), catalog.visitor)).toEqual([]);
    expect(await find(queryOf("wh-009"), catalog.staff)).toEqual(["WH-009-BLK"]);
    expect(await find(queryOf("wh-0", "&min_price=2"))).toEqual([]);
  });

  test("is found page by page, each once", async () => {
    const pages: string[] = [];
    for (let cursor = ""; ; ) {
      const { body } = await catalog.visitor("GET", `/products?q=wh-0&limit=1${cursor}`);
      pages.push(...body.items.map(({ sku }: { sku: string }) => sku));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(pages.sort()).toEqual(["WH-001-BLK", "WH-001-RED", "WH-002-BLK"]);
  });
});

test("F6-15: a text of ten thousand characters without spaces is taken and found", async () => {
  const letters = Array.from({ length: 10_000 }, (_, at) =>
    String.fromCodePoint(0x4e00 + ((at * 7919) % 20_000)),
  );
  await catalog.addProduct({ sku: "LONG", name: "Long", description: letters.join("") });
  expect(await search(letters.slice(4_000, 4_006).join(""))).toEqual(["LONG"]);
});

describe("F6-15: names in the order of the shop's language", () => {
  const NAMES = [
    "zebra",
    "Öl",
    "eclair",
    "Éclair",
    "apple",
    "Äpfel",
    "Apple",
    "Zucchini",
    "oliv",
    "ñu",
    "nut",
    "Ode",
  ];
  const inOrder = async (shop: TestCatalog, sort: string) => {
    const { body } = await shop.visitor("GET", `/products?limit=200&brand=Order&sort=${sort}`);
    return body.items.map(({ name }: { name: string }) => name);
  };
  const ENGLISH = [
    "Äpfel",
    "apple",
    "Apple",
    "eclair",
    "Éclair",
    "ñu",
    "nut",
    "Ode",
    "Öl",
    "oliv",
    "zebra",
    "Zucchini",
  ];

  test("letters with accents stand by those without, lower case before upper, both ways and page by page", async () => {
    for (const [at, name] of NAMES.entries())
      await catalog.addProduct({ sku: `ORDER-${at}`, name, brand: "Order" });
    expect(await inOrder(catalog, "name_asc")).toEqual(ENGLISH);
    expect(await inOrder(catalog, "name_desc")).toEqual(ENGLISH.toReversed());
    const pages: string[] = [];
    for (let cursor = ""; ; ) {
      const { body } = await catalog.visitor("GET", `/products?brand=Order&sort=name_asc&limit=1${cursor}`);
      pages.push(...body.items.map(({ name }: { name: string }) => name));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(pages).toEqual(ENGLISH);
  });

  test("SHOP_LANGUAGE makes it another language's: its order, its stems, and what says little in it", async () => {
    const swedish = ["Zebra", "Ångström", "Äpple", "Öl"];
    const english = await openTestCatalog();
    const add = (name: string, sku: string) => english.addProduct({ sku, name, brand: "Order" });
    for (const [at, name] of swedish.entries()) await add(name, `SV-${at}`);
    for (const name of ["Der Pate", "Ein Roman", "Kerze"]) await english.addProduct({ sku: name, name });
    const find = async (shop: TestCatalog, q: string) =>
      (await shop.visitor("GET", `/products?${queryOf(q)}`)).body.items.map(
        ({ sku }: { sku: string }) => sku,
      );
    try {
      expect(await inOrder(english, "name_asc")).toEqual([...swedish.slice(1), "Zebra"]);
      expect(await find(english, "der roman")).toEqual([]);
      const started = (language: string) =>
        openTestCatalog({ DB_URL: english.app.databaseUrl, SHOP_LANGUAGE: language });
      const german = await started("de");
      expect(await find(german, "der roman")).toEqual(["Ein Roman"]);
      expect(await find(german, "kerzen")).toEqual(["Kerze"]);
      await german.app.stop();
      for (const language of ["sv-SE", "sv-SE", "ja", "sv"]) {
        const other = await started(language);
        const order = await inOrder(other, "name_asc");
        expect(order).toEqual(language === "ja" ? [...swedish.slice(1), "Zebra"] : swedish);
        expect(await find(other, "kerze")).toEqual(["Kerze"]);
        await other.app.stop();
      }
    } finally {
      await english.app.stop();
    }
  });
});
