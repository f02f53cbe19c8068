// Days are those of the shop: a shop whose calendar shows another day than UTC's at this hour.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestShop, type TestShop } from "../../shop.ts";

const TIME_ZONE = new Date().getUTCHours() >= 11 ? "Pacific/Kiritimati" : "Etc/GMT+12";

let shop: TestShop;
let order: { readonly id: string; readonly created_at: string };
let account: string;
/** The day of the order on the shop's calendar, the one before and the one after. */
let [yesterday, today, tomorrow]: string[] = [];
beforeAll(async () => {
  shop = await openTestShop({ SHOP_TIME_ZONE: TIME_ZONE });
  const { id } = await shop.addProduct({ price: "10.00" });
  account = await shop.openAccount("alice", "100.00");
  const items = [{ product_id: id, quantity: 1 }];
  const body = { items, payment_method: "balance", account_id: account };
  order = (await shop.alice("POST", "/orders", { body })).body;
  const placed = Temporal.Instant.from(order.created_at).toZonedDateTimeISO(TIME_ZONE).toPlainDate();
  [yesterday, today, tomorrow] = [-1, 0, 1].map((days) => placed.add({ days }).toString());
});
afterAll(() => shop?.app.stop());

const count = async (path: string) => {
  const { status, body } = await shop.staff("GET", path);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.items.length;
};

describe("F6-18: days are those of the shop", () => {
  it.each(["/orders?", "/transactions?", "/stock/1/movements?"])("in %s", async (path) => {
    const all = await count(path);
    expect(all).toBeGreaterThan(0);
    expect(await count(`${path}from=${today}&to=${tomorrow}`)).toBe(all);
    expect(await count(`${path}from=${yesterday}&to=${today}`)).toBe(0);
    expect(await count(`${path}from=${tomorrow}`)).toBe(0);
  });

  it("in the audit trail", async () => {
    const path = `/audit?resource_id=${order.id}`;
    await expect.poll(() => count(path), { timeout: 30_000 }).toBe(1);
    expect(await count(`${path}&from=${today}&to=${tomorrow}`)).toBe(1);
    expect(await count(`${path}&from=${yesterday}&to=${today}`)).toBe(0);
    expect(await count(`${path}&from=${tomorrow}`)).toBe(0);
  });

  it("in statements and balances", async () => {
    expect(await count(`/accounts/${account}/statement?from=${today}`)).toBeGreaterThan(0);
    expect(await count(`/accounts/${account}/statement?to=${today}`)).toBe(0);
    const { body } = await shop.staff("GET", `/accounts/${account}/balance?at=${today}`);
    expect(body).toMatchObject({ balance: "0.00" });
  });

  it("in reports, each order on the day that the shop's calendar showed", async () => {
    const read = async (query: string) => (await shop.staff("GET", `/analytics/sales${query}`)).body;
    expect(await read(`/by-period?from=${yesterday}&to=${tomorrow}`)).toMatchObject({
      time_zone: TIME_ZONE,
      items: [{ period: today, orders: 1 }],
    });
    expect(await read("/by-period?unit=month")).toMatchObject({ items: [{ period: today?.slice(0, 7) }] });
    expect(await read(`?from=${yesterday}&to=${today}`)).toMatchObject({ orders: 0 });
    expect(await read(`?from=${today}&to=${tomorrow}`)).toMatchObject({ orders: 1, gross: "12.00" });
  });

  it("in coupons: a last day counts to its end, a first one from its beginning", async () => {
    const make = async (code: string, terms: object) => {
      const body = { code, discount_type: "percent", value: "10", ...terms };
      const made = await shop.staff("POST", "/coupons", { body });
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      return (await shop.alice("GET", `/coupons/${code}/check?subtotal=10.00`)).body;
    };
    expect(await make("TODAY", { valid_from: today, valid_until: today })).toMatchObject({
      discount: "1.00",
    });
    expect(await make("OVER", { valid_until: yesterday })).toMatchObject({ code: "coupon_expired" });
    expect(await make("SOON", { valid_from: tomorrow })).toMatchObject({ code: "coupon_not_yet_valid" });
    const { body } = await shop.staff("GET", "/coupons/TODAY");
    const length = Date.parse(body.valid_until) - Date.parse(body.valid_from);
    expect(length).toBe(24 * 3_600_000);
    const moment = "2099-01-01T00:00:00Z";
    const changed = await shop.staff("PATCH", "/coupons/TODAY", {
      body: { valid_until: moment },
      headers: { "if-match": `"${body.version}"` },
    });
    expect(changed.body).toMatchObject({ valid_until: "2099-01-01T00:00:00.000000Z" });
    const never = await shop.staff("PATCH", "/coupons/TODAY", { body: { valid_until: "2099-02-30" } });
    expect(never).toMatchObject({ status: 400, body: { errors: [{ field: "valid_until" }] } });
  });

  it("in the list of the blocked, to the end of their last day", async () => {
    const block = { kind: "email", value: "mallory@example.com", expires_at: today };
    const { body } = await shop.staff("POST", "/risk/blocked", { body: block });
    expect(Temporal.Instant.from(body.expires_at).toZonedDateTimeISO(TIME_ZONE).toString()).toContain(
      `${tomorrow}T00:00:00`,
    );
  });
});
