// Codes and names, wherever one comes in: two that people cannot tell apart are one, or one of them is refused.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestBank, type TestBank } from "../bank.ts";

let bank: TestBank;
let accountId: string;
let token: string;
beforeAll(async () => {
  bank = await openTestBank();
  accountId = await bank.open("alice");
  await bank.deposit(accountId, "100.00");
  const password = "correct horse battery staple";
  const registered = { username: "ada", email: "ada@example.com", password };
  await bank.app.call("POST", "/auth/register", { body: registered });
  const login = await bank.app.call("POST", "/auth/login", { body: { username: "ada", password } });
  token = login.body.access_token;
  await bank.post("/products", { sku: "LAMP", name: "Lamp", price: "1.00", initial_quantity: 5 });
});
afterAll(() => bank?.app.stop());

const money = () => ({ account_id: accountId, amount: "1.00", currency: "EUR" });
const item = { product_id: 1, quantity: 1 };
const order = { items: [item], payment_method: "invoice" };
let count = 0;
const next = () => String(++count);

/** What a code or name goes into: the request, and the field that has it, in the request and in the answer. */
interface Door {
  readonly path: string;
  readonly field: string;
  readonly body: (text: string) => object;
}
const door = (path: string, field: string, rest: () => object = () => ({})): Door => ({
  path,
  field,
  body: (text) => ({ ...rest(), [field]: text }),
});

/** Kept as people call something. */
const NAMES: readonly Door[] = [
  door("POST /products", "name", () => ({ sku: `N${next()}`, price: "1.00" })),
  door("POST /products", "brand", () => ({ sku: `B${next()}`, name: "Lamp", price: "1.00" })),
  door("PATCH /products/1", "name"),
  door("PATCH /products/1", "brand"),
  door("POST /categories", "name"),
  door("PATCH /categories/1", "name"),
  door("POST /locations", "name", () => ({ code: `place-${next()}` })),
  door("PATCH /locations/1", "name"),
  door("POST /accounts", "name", () => ({ currency: "EUR" })),
  door("POST /accounts", "holder_name", () => ({ currency: "EUR" })),
  door("PATCH /accounts/1", "name"),
  door("PATCH /accounts/1", "holder_name"),
  door("POST /transactions", "reference", () => ({ type: "deposit", ...money() })),
  door("POST /holds", "reference", money),
  door("POST /orders", "reference", () => order),
  door("POST /exchange-rates", "source", () => ({ base: "EUR", quote: "USD", rate: "1.1" })),
  door("POST /stock/receipts", "reference", () => ({ items: [item] })),
  door("PATCH /users/me", "full_name"),
  door("POST /users/me/api-keys", "name", () => ({ scopes: ["accounts:read"] })),
  door("POST /admin/users", "full_name", () => ({
    username: `user-${next()}`,
    email: `user${count}@example.com`,
    roles: ["customer"],
  })),
];

/** Kept as what another system compares: exactly as it is, or not at all. */
const FOREIGN: readonly Door[] = [
  door("POST /accounts", "owner_id", () => ({ external_owner: true, currency: "EUR" })),
  door("POST /accounts", "owner_username", () => ({ currency: "EUR" })),
  door("POST /orders", "customer_id", () => order),
  { path: "POST /risk/blocked", field: "value", body: (value) => ({ kind: "customer", value }) },
];

/** Where they are looked for. */
const SOUGHT = [
  "/products?sku=",
  "/products?brand=",
  "/categories?slug=",
  "/transactions?reference=",
  "/orders?reference=",
  "/orders?customer_id=",
  "/accounts?owner_id=",
  "/payments?customer_id=",
];

/** As an admin; what is one's own, as its user. */
async function ask({ path, body }: Door, text: string) {
  const [method = "", below = ""] = path.split(" ");
  const real = below.replace("/accounts/1", `/accounts/${accountId}`);
  const by = below.startsWith("/users/me") ? token : bank.admin;
  return bank.app.call(method, `/api/v1${real}`, { token: by, body: body(text) });
}

const UNSEEN = [
  "La\u200bmp",
  "Lamp\u00ad",
  "\u202eLamp",
  "La\u2066mp\u2069",
  "La\u3164mp",
  "La\ufe0fmp",
  "Lamp\u2028",
];

describe("F6-16: codes and names", () => {
  test("with characters that nobody sees are refused, by each field", async () => {
    for (const each of [...NAMES, ...FOREIGN])
      for (const text of UNSEEN) {
        const { status, body } = await ask(each, text);
        expect([each.path, status, body.errors?.[0].field]).toEqual([each.path, 400, each.field]);
        expect(body.detail).toContain("characters that nobody sees");
      }
  });

  test("names are composed, with plain spaces, one at a time and none around", async () => {
    for (const each of NAMES) {
      const { status, body } = await ask(each, "\u00a0 Cafe\u0301\u202f \u3000Noir ");
      expect([each.path, status < 300 ? body[each.field] : body]).toEqual([each.path, "Café Noir"]);
      const blank = await ask(each, "\u00a0\u3000");
      if (each.field !== "full_name") expect([each.path, blank.status]).toEqual([each.path, 400]);
    }
  });

  test("what another system compares is refused in any form but its plain one", async () => {
    for (const each of FOREIGN)
      for (const text of ["jose\u0301", "A\u00a0B", "ＡＢ", "A\u2011B"]) {
        const { status, body } = await ask(each, text);
        expect([each.path, status, body.errors?.[0].field]).toEqual([each.path, 400, each.field]);
      }
  });

  test("a SKU is one, however it is written, and found so", async () => {
    const add = (sku: string) => bank.post("/products", { sku, name: "Lamp", price: "1.00" });
    expect(await add("Lampe-e\u0301\u00a01")).toMatchObject({ status: 201, body: { sku: "Lampe-é 1" } });
    for (const sku of ["Lampe-é 1", "Lampe\u2011é 1", "Lampe–e\u0301\u20021", "Ｌampe-é\u00a01"]) {
      expect(await add(sku)).toMatchObject({ status: 409, body: { code: "sku_taken" } });
      const found = await bank.get(`/products?sku=${encodeURIComponent(sku)}`);
      expect(found.body.items).toMatchObject([{ sku: "Lampe-é 1" }]);
    }
    const twice = ["TWICE\u00a01", "TWICE 1"].map((sku) => ({ sku, name: "Lamp", price: "1.00" }));
    expect(await bank.post("/products/batch", { products: twice })).toMatchObject({
      status: 400,
      body: { errors: [{ field: "products[1].sku" }] },
    });
    for (const sku of [...UNSEEN, "LAMP ", "\u3000LAMP", "\u00a0", "ﷺ".repeat(10)])
      expect(await add(sku)).toMatchObject({ status: 400, body: { errors: [{ field: "sku" }] } });
    expect(await add("L\u0430mp")).toMatchObject({
      status: 422,
      body: { code: "value_refused", errors: [{ field: "sku" }] },
    });
    expect(await bank.patch("/products/1", { sku: "La\u200bmp" })).toMatchObject({
      status: 400,
      body: { errors: [{ field: "sku" }] },
    });
  });

  test("a brand is found however it is written", async () => {
    await bank.post("/products", { sku: "ND", name: "Lamp", price: "1.00", brand: "Ne\u0301a\u00a0Déco" });
    for (const brand of ["Néa Déco", "Ne\u0301a De\u0301co", "Néa\u202fDéco", "NÉA DÉCO"]) {
      const { body } = await bank.get(`/products?brand=${encodeURIComponent(brand)}`);
      expect(body.items).toMatchObject([{ brand: "Néa Déco" }]);
    }
  });

  test("a coupon is found however its dash and letters were typed; its code is of plain ones", async () => {
    const coupon = { code: "SUMMER-10", discount_type: "percent", value: "10" };
    expect((await bank.post("/coupons", coupon)).status).toBe(201);
    for (const code of ["summer–10", "ＳＵＭＭＥＲ-10", "SUMMER\u201110\u00a0"])
      expect((await bank.get(`/coupons/${encodeURIComponent(code)}`)).body).toMatchObject({
        code: "SUMMER-10",
      });
    for (const code of ["SUM\u200bMER-10", "SUMMЕR-10", "SÜMMER"]) {
      expect(await bank.post("/coupons", { ...coupon, code })).toMatchObject({
        status: 400,
        body: { errors: [{ field: "code" }] },
      });
      expect((await bank.get(`/coupons/${encodeURIComponent(code)}`)).status).toBe(404);
    }
  });

  test("codes of plain letters are refused in any others: locations, slugs, tax classes, assets, users", async () => {
    const asked = (text: string) => [
      bank.post("/locations", { code: text, name: "Place" }),
      bank.post("/categories", { name: "Category", slug: text }),
      bank.post("/products", { sku: "TC", name: "Lamp", price: "1.00", tax_class: text }),
      bank.post("/assets", { code: text.toUpperCase(), kind: "money", scale: 2 }),
      bank.app.call("POST", "/auth/register", {
        body: { username: text, email: `x${next()}@example.com`, password: "correct horse battery staple" },
      }),
    ];
    for (const text of ["ma\u200bin", "m\u0430in", "mai\u0301n", "ma\u00a0in", "ｍain", "main\u202e"])
      for (const answer of asked(text)) expect([text, (await answer).status]).toEqual([text, 400]);
    const again = { email: "ada2@example.com", password: "correct horse battery staple" };
    const taken = { username: "\u00a0ADA ", ...again };
    expect(await bank.app.call("POST", "/auth/register", { body: taken })).toMatchObject({
      status: 409,
      body: { code: "username_taken" },
    });
  });

  test("an account number is one, however it is spaced", async () => {
    const opened = await bank.open("alice", { external_number: "DE02\u00a01203\u20110000" });
    const found = await bank.get(`/accounts?external_number=${encodeURIComponent("de0212030000")}`);
    expect(found.body.items).toMatchObject([{ id: opened }]);
    const other = {
      owner_id: "bob",
      external_owner: true,
      currency: "EUR",
      external_number: "DE02\u200b1203",
    };
    expect(await bank.post("/accounts", other)).toMatchObject({
      status: 400,
      body: { errors: [{ field: "external_number" }] },
    });
  });

  test("names in metadata are kept as they are, or refused", async () => {
    const posts: readonly ((metadata: object) => Promise<{ status: number; body: { code?: string } }>)[] = [
      (metadata) => bank.post("/transactions", { type: "deposit", ...money(), metadata }),
      (metadata) => bank.post("/holds", { ...money(), metadata }),
      (metadata) => bank.post("/orders", { ...order, metadata }),
      (metadata) => bank.post("/products", { sku: `M${next()}`, name: "Lamp", price: "1.00", metadata }),
    ];
    for (const post of posts) {
      for (const name of ["col\u200bor", "cafe\u0301", "a\u00a0b", " color", "\u202ecolor"])
        expect(await post({ [name]: "x" })).toMatchObject({ status: 400, body: { code: "invalid_request" } });
      expect((await post({ "café au lait": "cafe\u0301" })).status).toBe(201);
    }
  });

  test("are looked for as they are kept", async () => {
    const reference = { type: "deposit", ...money(), reference: "Re\u0301f\u00a07" };
    await bank.post("/transactions", reference);
    const query = `account_id=${accountId}&reference=${encodeURIComponent("Réf\u202f7")}`;
    expect((await bank.get(`/transactions?${query}`)).body.items).toMatchObject([{ reference: "Réf 7" }]);
    for (const path of SOUGHT) {
      const { status, body } = await bank.get(`${path}${encodeURIComponent("La\u200bmp")}`);
      expect([path, status, body.code]).toEqual([path, 400, "invalid_request"]);
    }
  });
});
