import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestCarts, type TestCarts } from "../../../tests/carts.ts";
import { customer, keyed } from "../../../tests/desk.ts";
import { expectRefusal } from "../../../tests/refusal.ts";
import { GUEST } from "../../values/actor.ts";
import {
  acceptTodaysPrices,
  addWanted,
  type CartEdit,
  replaceByWanted,
  setWanted,
  takeOut,
} from "./change-cart.ts";

let shop: TestCarts;
let [first, second, archived, foreign]: number[] = [];
beforeAll(async () => {
  shop = await openTestCarts();
  first = await shop.addProduct(5);
  second = await shop.addProduct(5, { priceMinor: 300n });
  archived = await shop.addProduct(5);
  foreign = await shop.addProduct(5, { currency: "EUR" });
  await shop.db`UPDATE catalog.products SET status = 'archived' WHERE id = ${archived}`;
});
afterAll(() => shop.close());

const put = (productId = 0, quantity = 1) => addWanted({ productId, quantity });
const linesOf = ({ lines }: Awaited<ReturnType<TestCarts["show"]>>) =>
  lines.map(({ product_id, quantity }) => [product_id, quantity]);

it("puts products in, adds to what is there, sets a quantity, takes one out and replaces all", async () => {
  const cart = await shop.open(GUEST);
  await shop.change(cart, put(first, 1));
  await shop.change(cart, put(second, 9));
  const more = await shop.change(cart, put(first, 2));
  expect(linesOf(more)).toEqual([
    [first, 3],
    [second, 9],
  ]);
  expect(more).toMatchObject({ subtotal: "57.00", prices_changed: false });
  expect(linesOf(await shop.change(cart, setWanted({ productId: first ?? 0, quantity: 2 })))[0]).toEqual([
    first,
    2,
  ]);
  const without = await shop.change(cart, takeOut(second ?? 0));
  expect(without).toMatchObject({ subtotal: "20.00", lines: [{ product_id: first }] });
  const wanted = { productId: second ?? 0, quantity: 4 };
  expect(linesOf(await shop.change(cart, replaceByWanted([wanted])))).toEqual([[second, 4]]);
  expect(await shop.show(cart)).toMatchObject({ version: 7, subtotal: "12.00" });
});

it("refuses what is not for sale, another currency, a line that is not there and too many, and leaves the cart as it was", async () => {
  const cart = await shop.open(GUEST);
  await shop.change(cart, put(first));
  const refused: readonly (readonly [CartEdit, string])[] = [
    [put(archived), "product_not_for_sale"],
    [put(2_000_000_000), "product_not_for_sale"],
    [put(foreign), "cart_currency_differs"],
    [replaceByWanted([{ productId: foreign ?? 0, quantity: 1 }]), "cart_currency_differs"],
    [put(first, 1_000_000), "cart_full"],
    [setWanted({ productId: second ?? 0, quantity: 2 }), "cart_line_not_found"],
    [takeOut(second ?? 0), "cart_line_not_found"],
  ];
  for (const [edit, code] of refused) await expectRefusal(shop.db, () => shop.change(cart, edit), { code });
});

it("refuses a cart that is ordered, and hides somebody else's", async () => {
  const alice = await shop.open(customer("alice"));
  await shop.change(alice, put(first));
  const theirs = { ...alice, reader: { actor: customer("bob") } };
  await expectRefusal(shop.db, () => shop.change(theirs, put(first)), { code: "cart_not_found" });
  const { id } = await shop.checkOut(alice);
  const ordered = { code: "cart_closed", details: { state: "ordered", order_id: id } };
  await expectRefusal(shop.db, () => shop.change(alice, put(first)), ordered);
});

it("makes one change of a repeated key, and refuses another under it", async () => {
  const cart = await shop.open(GUEST);
  const key = keyed(cart.reader.actor, "add-1", 1);
  const added = await shop.change(cart, put(first, 2), { key });
  expect(await shop.change(cart, put(first, 2), { key })).toEqual(added);
  expect(linesOf(await shop.show(cart))).toEqual([[first, 2]]);
  const other = keyed(cart.reader.actor, "add-1", 2);
  const changing = shop.change(cart, put(first, 3), { key: other });
  await expect(changing).rejects.toMatchObject({ code: "idempotency_key_reused" });
});

it("shows prices of now until they are accepted", async () => {
  const productId = await shop.addProduct(5);
  const cart = await shop.open(GUEST);
  await shop.change(cart, put(productId, 2));
  await shop.db`UPDATE catalog.products SET price_minor = 1200 WHERE id = ${productId}`;
  expect(await shop.show(cart)).toMatchObject({
    prices_changed: true,
    subtotal: "24.00",
    lines: [{ unit_price: "12.00", accepted_price: "10.00", price_changed: true }],
  });
  expect(await shop.change(cart, acceptTodaysPrices())).toMatchObject({ prices_changed: false });
});

it("names a coupon that may still come true, and refuses one that cannot", async () => {
  const cart = await shop.open(GUEST);
  await shop.change(cart, put(first));
  const name = async (couponCode: string | null) => ({
    named: (await shop.name(cart, couponCode)).coupon_code,
  });
  const later = await shop.addCoupon({ minimumOrderMinor: 1_500n, currency: "USD" });
  expect(await name(later)).toEqual({ named: later });
  expect(await shop.show(cart)).toMatchObject({
    discount: "0.00",
    coupon_problem: { code: "coupon_minimum_not_reached" },
  });
  expect(await shop.change(cart, put(first))).toMatchObject({
    subtotal: "20.00",
    discount: "2.00",
    coupon_problem: null,
  });
  await expectRefusal(shop.db, () => name("NOBODYS"), { code: "coupon_unknown" });
  expect(await name(null)).toEqual({ named: null });
});

it("failure 17: changes made at once lose no line, and who decided on an old state is shown the current one", async () => {
  const cart = await shop.open(GUEST);
  await shop.change(cart, put(first, 1));
  const added = [first, second, first, second].map((productId) => shop.change(cart, put(productId, 2)));
  await Promise.all(added);
  expect(linesOf(await shop.show(cart))).toEqual([
    [first, 5],
    [second, 4],
  ]);
  const { version } = await shop.show(cart);
  const rivals = await Promise.allSettled(
    [7, 8, 9].map((quantity) =>
      shop.change(cart, setWanted({ productId: first ?? 0, quantity }), { versions: [version] }),
    ),
  );
  const [won] = rivals.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const lost = rivals.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  expect(lost).toHaveLength(2);
  for (const refusal of lost)
    expect(refusal).toMatchObject({
      code: "cart_changed",
      details: { cart: { version: version + 1, lines: won?.lines } },
    });
});
