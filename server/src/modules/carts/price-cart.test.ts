import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestCarts, type TestCart, type TestCarts } from "../../../tests/carts.ts";
import { customer, STAFF } from "../../../tests/desk.ts";
import { expectRefusal } from "../../../tests/refusal.ts";
import { verifyOrders } from "../orders/index.ts";
import { acceptTodaysPrices, addWanted, setWanted } from "./change-cart.ts";

let shop: TestCarts;
/** The same shop where TAX_RATE is 0.25. */
let dearer: TestCarts;
beforeAll(async () => {
  shop = await openTestCarts();
  dearer = await openTestCarts({ databaseUrl: shop.databaseUrl, taxRate: "0.25" });
});
afterAll(async () => {
  expect((await verifyOrders(shop.db)).differences).toEqual([]);
  await dearer.close();
  await shop.close();
});

let userCount = 0;
/** A cart with two of a product of 10.00 and, where it is given, a coupon. */
async function fill(fields: object = {}, couponCode?: string) {
  const productId = await shop.addProduct(100, fields);
  const cart = await shop.open(customer(`buyer ${++userCount}`));
  await shop.change(cart, addWanted({ productId, quantity: 2 }));
  if (couponCode !== undefined) await shop.name(cart, couponCode);
  return { cart, productId };
}

const change = (productId: number, set: string) =>
  shop.db.unsafe(`UPDATE catalog.products SET ${set} WHERE id = ${productId}`);
const changeCoupon = (code: string, set: string) =>
  shop.db.unsafe(`UPDATE promotions.coupons SET ${set} WHERE code = '${code}'`);

/** The cart says that it costs something else, checkout is 409 with the cart, and once accepted charges just that. */
async function expectSaid(cart: TestCart, [accepted, now]: readonly [string, string], at = shop) {
  const shown = { prices_changed: true, accepted_total: accepted, total: now };
  expect(await at.show(cart)).toMatchObject(shown);
  await expectRefusal(shop.db, () => at.checkOut(cart), {
    kind: "conflict",
    code: "cart_prices_changed",
    details: { cart: shown },
  });
  const after = await at.change(cart, acceptTodaysPrices());
  expect(after).toMatchObject({ prices_changed: false, accepted_total: now, total: now });
}

describe("F6-9: what changes what the customer pays is said by the cart, and refused by the checkout first", () => {
  it("says what it comes to: tax, discount and total, of each line too", async () => {
    const { cart } = await fill({}, await shop.addCoupon());
    const sums = { subtotal: "20.00", discount: "2.00", net: "18.00", tax: "3.60", total: "21.60" };
    const line = { tax_rate: "0.2", total: "20.00", discount: "2.00", tax: "3.60", gross: "21.60" };
    expect(await shop.show(cart)).toMatchObject({ ...sums, accepted_total: "21.60", lines: [line] });
    expect(await shop.checkOut(cart)).toMatchObject({ discount: "2.00", tax: "3.60", total: "21.60" });
    expect(await shop.show(cart)).toMatchObject({ state: "ordered", total: "21.60", prices_changed: false });
  });

  it.each([
    ["its price", "price_minor = 1100", ["24.00", "26.40"]],
    ["that its price no longer contains tax", "price_includes_tax = false", ["20.00", "24.00"]],
    ["a tax class of more", "tax_class = 'zero'", ["24.00", "20.00"]],
  ] as const)("%s", async (_what, set, totals) => {
    const includes = totals[0] === "20.00";
    const { cart, productId } = await fill({ priceIncludesTax: includes });
    await change(productId, set);
    await expectSaid(cart, totals);
    expect(await shop.checkOut(cart)).toMatchObject({ total: totals[1] });
  });

  it("another TAX_RATE, where tax comes on top; where the price contains it nothing changes", async () => {
    const { cart } = await fill();
    await expectSaid(cart, ["24.00", "25.00"], dearer);
    expect(await dearer.checkOut(cart)).toMatchObject({ total: "25.00" });
    const { cart: gross } = await fill({ priceIncludesTax: true });
    expect(await dearer.show(gross)).toMatchObject({ prices_changed: false, total: "20.00", tax: "4.00" });
    expect(await dearer.checkOut(gross)).toMatchObject({ total: "20.00" });
  });

  it.each([
    ["a coupon that is switched off", "is_active = false", "coupon_inactive"],
    ["a coupon whose time is past", "valid_until = 1", "coupon_expired"],
    ["a coupon that others have used up", "usage_limit = 1, used = 1", "coupon_used_up"],
    ["a coupon that needs a larger order now", "minimum_order = 9999", "coupon_minimum_not_reached"],
  ])("%s", async (_what, set, code) => {
    const coupon = await shop.addCoupon({ currency: "USD" });
    const { cart } = await fill({}, coupon);
    await changeCoupon(coupon, set);
    expect(await shop.show(cart)).toMatchObject({ discount: "0.00", coupon_problem: { code } });
    await expectSaid(cart, ["21.60", "24.00"]);
    await expectRefusal(shop.db, () => shop.checkOut(cart), { code });
    await changeCoupon(
      coupon,
      "is_active = true, valid_until = NULL, usage_limit = NULL, used = 0, minimum_order = NULL",
    );
    await expectSaid(cart, ["24.00", "21.60"]);
    expect(await shop.checkOut(cart)).toMatchObject({ total: "21.60" });
  });

  it("a coupon that takes off another share, or no more than so much", async () => {
    const coupon = await shop.addCoupon({ currency: "USD" });
    const { cart } = await fill({}, coupon);
    await changeCoupon(coupon, "percent = 200000");
    await expectSaid(cart, ["21.60", "19.20"]);
    await changeCoupon(coupon, "maximum_discount = 100");
    await expectSaid(cart, ["19.20", "22.80"]);
  });

  it.each([
    ["is archived", "status = 'archived'", "status = 'active'", "product_unavailable"],
    ["is a draft", "status = 'draft'", "status = 'active'", "product_not_for_sale"],
    ["is of another currency", "currency = 'EUR'", "currency = 'USD'", "order_currency_mismatch"],
    ["has no tax rate", "tax_class = 'nowhere'", "tax_class = 'standard'", "tax_class_unknown"],
  ])("what %s is not ordered, and not charged when it is for sale again", async (...[, set, back, code]) => {
    const { cart, productId } = await fill();
    const other = await shop.addProduct(10);
    await shop.change(cart, addWanted({ productId: other, quantity: 1 }));
    await change(productId, set);
    const line = { is_for_sale: false, price_changed: true };
    expect(await shop.show(cart)).toMatchObject({ lines: [line, { price_changed: false }] });
    await expectSaid(cart, ["36.00", "12.00"]);
    await expectRefusal(shop.db, () => shop.checkOut(cart), { code });
    const staff = { ...cart, reader: { actor: STAFF } };
    await expectRefusal(shop.db, () => shop.checkOut(staff), { code });
    await change(productId, back);
    await expectSaid(cart, ["12.00", "36.00"]);
    expect(await shop.checkOut(cart)).toMatchObject({ total: "36.00" });
  });

  it("another line's change does not accept it, and the line's own does", async () => {
    const { cart, productId } = await fill();
    await change(productId, "price_includes_tax = true");
    const other = await shop.addProduct(10);
    expect(await shop.change(cart, addWanted({ productId: other, quantity: 1 }))).toMatchObject({
      prices_changed: true,
      accepted_total: "36.00",
      total: "32.00",
    });
    expect(await shop.change(cart, setWanted({ productId, quantity: 3 }))).toMatchObject({
      prices_changed: false,
      total: "42.00",
    });
  });

  it("charges what the cart showed, or refuses, whatever changes in between", async () => {
    const terms = fc.record({
      price: fc.integer({ min: 0, max: 5_000 }),
      includesTax: fc.boolean(),
      taxClass: fc.constantFrom("standard", "zero", "odd"),
    });
    const lines = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), terms, fc.option(terms)), {
      minLength: 1,
      maxLength: 4,
    });
    const percents = fc.tuple(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.option(fc.integer({ min: 1, max: 1_000_000 })),
    );
    await fc.assert(
      fc.asyncProperty(lines, fc.option(percents), async (wanted, percent) => {
        const cart = await shop.open(customer(`buyer ${++userCount}`));
        const products: number[] = [];
        for (const [quantity, { price, includesTax, taxClass }] of wanted) {
          const fields = { priceMinor: BigInt(price), priceIncludesTax: includesTax, taxClass };
          const productId = await shop.addProduct(10, fields);
          products.push(productId);
          await shop.change(cart, addWanted({ productId, quantity }));
        }
        const coupon = percent === null ? undefined : await shop.addCoupon({ percent: percent[0] });
        if (coupon !== undefined) await shop.name(cart, coupon).catch(() => undefined);
        const accepted = (await shop.show(cart)).total;
        for (const [index, [, , next]] of wanted.entries())
          if (next !== null)
            await change(
              products[index] ?? 0,
              `price_minor = ${next.price}, price_includes_tax = ${next.includesTax}, tax_class = '${next.taxClass}'`,
            );
        if (coupon !== undefined && percent?.[1] != null)
          await changeCoupon(coupon, `percent = ${percent[1]}`);
        const now = await shop.show(cart);
        const order = await shop.checkOut(cart).catch((refusal) => refusal);
        if (now.prices_changed) expect(order).toMatchObject({ code: "cart_prices_changed" });
        else if (now.coupon_problem !== null) expect(order).toMatchObject({ code: now.coupon_problem.code });
        else expect(order.total).toBe(accepted);
        if (now.prices_changed) {
          const shown = await shop.change(cart, acceptTodaysPrices());
          if (shown.coupon_problem === null) expect((await shop.checkOut(cart)).total).toBe(shown.total);
        }
      }),
      { numRuns: 25 },
    );
  });
});
