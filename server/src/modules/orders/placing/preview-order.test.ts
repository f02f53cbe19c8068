import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { customer, STAFF } from "../../../../tests/desk.ts";
import { ALICE, openTestOrders, type TestOrders } from "../../../../tests/orders.ts";
import { expectNothingWritten, expectRefusal } from "../../../../tests/refusal.ts";
import type { NewOrder } from "./place-orders.ts";
import { previewOrder } from "./preview-order.ts";
import { readOrder } from "./read-order-input.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await openTestOrders();
});
afterAll(() => shop.close());

type Fields = Partial<Parameters<typeof readOrder>[2]>;

function read(items: NonNullable<Fields["items"]>, fields: Fields, actor = ALICE): NewOrder {
  return readOrder(shop.services, actor, { items, payment_method: "invoice", ...fields });
}

function preview(items: NonNullable<Fields["items"]>, fields: Fields = {}, actor = ALICE) {
  return previewOrder(shop.services, { actor }, read(items, fields, actor));
}

describe("F6-9: a preview says what placing would charge", () => {
  it("to the minor unit, line by line, with the coupon, and writes and holds nothing", async () => {
    const plain = await shop.addProduct(10, { priceMinor: 333n });
    const gross = await shop.addProduct(10, { priceMinor: 999n, priceIncludesTax: true, taxClass: "odd" });
    const couponCode = await shop.addCoupon({ percent: 123_456, usageLimit: 1 });
    const items = [
      { product_id: plain, quantity: 3 },
      { product_id: gross, quantity: 7 },
      { product_id: plain, quantity: 7 },
    ];
    const said = await expectNothingWritten(shop.db, () => preview(items, { coupon_code: couponCode }));
    const request = read(items, { coupon_code: couponCode });
    const placed = await shop.place([], request);
    const { customer_id, currency, discount, net, tax, total } = placed;
    expect(said).toMatchObject({ customer_id, currency, discount, net, tax, total, coupon_code: couponCode });
    expect(said.subtotal).toBe("103.23");
    expect(placed.items).toMatchObject(said.items);
    await expectRefusal(shop.db, () => preview(items, { coupon_code: couponCode }), {
      code: "coupon_used_up",
    });
  });

  it("of staff's own prices, services and gifts for somebody", async () => {
    const items = [{ description: "Gift wrap", quantity: 2, unit_price: "1.50", tax_class: "zero" }];
    expect(await preview(items, { customer_id: "bob", external_customer: true }, STAFF)).toMatchObject({
      customer_id: "bob",
      total: "3.00",
      items: [{ name: "Gift wrap", tax_rate: "0" }],
    });
    expect(await preview([{ description: "A card", quantity: 1, unit_price: "0" }], {}, STAFF)).toMatchObject(
      {
        total: "0.00",
      },
    );
  });

  it("refuses what placing refuses, in the same words", async () => {
    const productId = await shop.addProduct(5);
    const euros = await shop.addProduct(5, { currency: "EUR" });
    const untaxed = await shop.addProduct(5, { taxClass: "nowhere" });
    const large = await shop.addProduct(0, { tracksStock: false, priceMinor: 10n ** 13n });
    const once = await shop.addCoupon({ customerLimit: 1 });
    const one = [{ product_id: productId, quantity: 1 }];
    await shop.place([[productId, 1]], { couponCode: once });
    const wrong: readonly (readonly [NonNullable<Fields["items"]>, Fields])[] = [
      [[{ product_id: 2_000_000_000, quantity: 1 }], {}],
      [[...one, { product_id: euros, quantity: 1 }], {}],
      [[{ product_id: untaxed, quantity: 1 }], {}],
      [[{ product_id: large, quantity: 1_000_000 }], {}],
      [[...one, { product_id: productId, quantity: 4 }], {}],
      [[{ product_id: productId, quantity: 5 }], {}],
      [one, { coupon_code: once }],
      [one, { coupon_code: "nobodys" }],
      [one, { payment_method: "balance" }],
    ];
    for (const [items, fields] of wrong) {
      const placing = () => shop.place([], read(items, fields));
      const { code, message, details } = await placing().catch((refusal) => refusal);
      expect(code, JSON.stringify(items)).toBeTypeOf("string");
      await expectRefusal(shop.db, () => preview(items, fields), { code, message, details });
    }
    expect((await shop.levels(productId)).held).toBe(1n);
  });

  it("sells drafts to staff alone, and takes staff's fields from staff alone", async () => {
    const draft = await shop.addProduct(5);
    await shop.db`UPDATE catalog.products SET status = 'draft' WHERE id = ${draft}`;
    const items = [{ product_id: draft, quantity: 1 }];
    expect(await preview(items, {}, STAFF)).toMatchObject({ total: "12.00" });
    await expectRefusal(shop.db, () => preview(items), { code: "product_unavailable" });
    const cheap = async () =>
      preview([{ ...items[0], quantity: 1, unit_price: "0.01" }], {}, customer("bob"));
    await expect(cheap()).rejects.toMatchObject({ code: "staff_only_field" });
  });
});
