import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestCarts, type TestCarts } from "../../../tests/carts.ts";
import { customer, keyed } from "../../../tests/desk.ts";
import { expectRefusal } from "../../../tests/refusal.ts";
import { GUEST } from "../../values/actor.ts";
import { verifyOrders } from "../orders/index.ts";
import { acceptTodaysPrices, addWanted } from "./change-cart.ts";
import { getOrderOfCart } from "./check-out-cart.ts";

let shop: TestCarts;
/** A second process, as far as the book can tell. */
let other: TestCarts;
beforeAll(async () => {
  shop = await openTestCarts();
  other = await openTestCarts({ databaseUrl: shop.databaseUrl });
});
afterAll(async () => {
  expect((await verifyOrders(shop.db)).differences).toEqual([]);
  await other.close();
  await shop.close();
});

let userCount = 0;
/** A cart with so many of a product of its own, of which there are ten. */
async function fill(quantity: number, actor = customer(`buyer ${++userCount}`)) {
  const productId = await shop.addProduct(10);
  const cart = await shop.open(actor);
  await shop.change(cart, addWanted({ productId, quantity }));
  return { cart, productId };
}

it("orders a guest's cart, which becomes the order, and lets them read it with the cart", async () => {
  const { cart, productId } = await fill(2, GUEST);
  await expect(getOrderOfCart(shop.services, cart.reader, cart.cartId)).rejects.toMatchObject({
    code: "cart_not_ordered",
  });
  const order = await shop.checkOut(cart);
  expect(order).toMatchObject({ customer_id: null, placed_by: `cart:${cart.cartId}`, total: "24.00" });
  expect(await shop.levels(productId)).toEqual({ balance: 10n, held: 2n });
  expect(await shop.show(cart)).toMatchObject({ state: "ordered", order_id: order.id });
  const read = await getOrderOfCart(shop.services, cart.reader, cart.cartId);
  expect(read).toMatchObject({ id: order.id, shipping_address: { email: "grace@example.com" } });
});

it("orders a user's cart for that user, with the coupon that it names", async () => {
  const { cart } = await fill(2, customer("alice"));
  const couponCode = await shop.addCoupon();
  await shop.name(cart, couponCode);
  expect(await shop.checkOut(cart)).toMatchObject({ customer_id: "alice", discount: "2.00", total: "21.60" });
  expect(await shop.usesOf(couponCode)).toBe(1);
});

it("refuses an empty cart, prices that changed, an old version, a cart past its time and too few units, and leaves the cart open", async () => {
  const empty = await shop.open(GUEST);
  await expectRefusal(shop.db, () => shop.checkOut(empty), { code: "cart_empty" });
  const { cart, productId } = await fill(11);
  const refusal = (code: string, details: object = {}, versions?: number[]) =>
    expectRefusal(shop.db, () => shop.checkOut(cart, {}, { versions }), { code, details });
  await refusal("insufficient_stock");
  await shop.db`UPDATE catalog.products SET price_minor = 1200 WHERE id = ${productId}`;
  await refusal("cart_prices_changed", { cart: { subtotal: "132.00" } });
  await shop.change(cart, acceptTodaysPrices());
  await refusal("cart_changed", { cart: { version: 3 } }, [2]);
  expect(await shop.show(cart)).toMatchObject({ state: "open", lines: [{ quantity: 11 }] });
  await shop.letPass(cart.cartId);
  await refusal("cart_closed", { state: "expired" });
  const stranger = { ...cart, reader: { actor: customer("mallory") } };
  await expectRefusal(shop.db, () => shop.checkOut(stranger), { code: "cart_not_found" });
});

it("refuses a guest without an e-mail address, and one who would pay from a balance", async () => {
  const { cart } = await fill(1, GUEST);
  const invalid = (field: string) => ({ kind: "invalid", details: { fields: [{ field }] } });
  const broken = { ...cart, reader: { ...cart.reader, actor: GUEST } };
  for (const email of [undefined, "nobody"])
    await expectRefusal(shop.db, () => shop.checkOut(broken, { email } as object), invalid("email"));
  await expectRefusal(
    shop.db,
    () => shop.checkOut(broken, { payment_method: "balance" }),
    invalid("payment_method"),
  );
});

it("F6-18: refuses a guest's goods without an address, and takes what is not shipped without one", async () => {
  const { cart } = await fill(1, GUEST);
  const nowhere = { kind: "invalid", details: { fields: [{ field: "shipping_address" }] } };
  const email = { email: "grace@example.com" };
  const reached = { ...email, name: "Grace", phone: "1", company: "Navy" };
  for (const shipping_address of [undefined, email, reached])
    await expectRefusal(shop.db, () => shop.checkOut(cart, { shipping_address } as object), nowhere);
  const billed = await shop.checkOut(cart, {
    shipping_address: email,
    billing_address: { street: "1 Main St" },
  });
  expect(billed).toMatchObject({ billing_address: { street: "1 Main St" } });
  const download = await shop.addProduct(0, { tracksStock: false });
  const other = await shop.open(GUEST);
  await shop.change(other, addWanted({ productId: download, quantity: 1 }));
  expect(await shop.checkOut(other, { shipping_address: email })).toMatchObject({ total: "12.00" });
  const { cart: ours } = await fill(1);
  expect(await shop.checkOut(ours)).toMatchObject({ total: "12.00" });
});

it("failure 5: a cart checked out by two processes at once and again later is one order, which all are answered", async () => {
  const { cart, productId } = await fill(3);
  const answers = await Promise.all([shop, other, shop, other].map((each) => each.checkOut(cart)));
  answers.push(await other.checkOut(cart));
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  expect(await shop.levels(productId)).toEqual({ balance: 10n, held: 3n });
});

it("answers a repeated key with its order", async () => {
  const { cart } = await fill(1);
  const key = keyed(cart.reader.actor, "order 1");
  const order = await shop.checkOut(cart, {}, { key });
  expect(await shop.checkOut(cart, {}, { key })).toEqual(order);
});

it("orders what a change at the same moment left in the cart, or refuses the change", async () => {
  for (let round = 0; round < 5; round += 1) {
    const { cart, productId } = await fill(1);
    const more = addWanted({ productId, quantity: 1 });
    const [ordered, changed] = await Promise.allSettled([other.checkOut(cart), shop.change(cart, more)]);
    expect(ordered.status).toBe("fulfilled");
    expect((await shop.levels(productId)).held).toBe(changed.status === "fulfilled" ? 2n : 1n);
  }
});
