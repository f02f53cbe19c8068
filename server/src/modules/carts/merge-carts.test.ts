import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestCarts, type TestCart, type TestCarts } from "../../../tests/carts.ts";
import { customer, keyed } from "../../../tests/desk.ts";
import { expectRefusal, run } from "../../../tests/refusal.ts";
import type { KeyedRequest } from "../../runtime/idempotency.ts";
import { type Actor, GUEST } from "../../values/actor.ts";
import { addWanted } from "./change-cart.ts";
import { mergeCarts } from "./merge-carts.ts";
import { openCart } from "./open-cart.ts";

let shop: TestCarts;
let products: number[];
beforeAll(async () => {
  shop = await openTestCarts();
  products = [await shop.addProduct(5), await shop.addProduct(5), await shop.addProduct(5)];
});
afterAll(() => shop.close());

let userCount = 0;
const newUser = () => customer(`user ${++userCount}`);
const put = (index: number, quantity: number) => addWanted({ productId: products[index] ?? 0, quantity });
const merge = ({ cartId }: TestCart, actor: Actor, key?: KeyedRequest) =>
  run(
    shop.db,
    async (tx) => {
      const cart = await mergeCarts(tx, { ...shop.services, actor, provenId: cartId }, cartId);
      const lines = cart.lines.map(({ productId, quantity }) => [products.indexOf(productId), quantity]);
      return { id: cart.id, userId: cart.userId, lines, capped: cart.capped, version: cart.version };
    },
    key,
  );

it("puts a guest's cart into the user's: no line is lost, and what a line cannot hold is told", async () => {
  const bob = newUser();
  const own = await shop.open(bob);
  await shop.change(own, put(0, 999_999));
  await shop.change(own, put(1, 4));
  const guest = await shop.open(GUEST);
  await shop.change(guest, put(0, 3));
  await shop.change(guest, put(2, 5));
  const couponCode = await shop.addCoupon();
  await shop.db`UPDATE carts.carts SET coupon_code = ${couponCode} WHERE id = ${guest.cartId}`;
  const merged = await merge(guest, bob, keyed(bob, "merge"));
  expect(merged).toMatchObject({
    id: own.cartId,
    lines: [
      [0, 1_000_000],
      [1, 4],
      [2, 5],
    ],
    capped: [{ productId: products[0], wanted: 1_000_002, quantity: 1_000_000 }],
  });
  expect(await merge(guest, bob, keyed(bob, "merge"))).toEqual(merged);
  expect(await merge(guest, bob)).toEqual({ ...merged, capped: [] });
  expect(await shop.show(own)).toMatchObject({ coupon_code: couponCode });
  expect(await shop.show(guest)).toMatchObject({ state: "merged", merged_into: String(own.cartId) });
});

it("gives the guest's cart as it is to a user who has none", async () => {
  const carol = newUser();
  const guest = await shop.open(GUEST);
  await shop.change(guest, put(1, 2));
  expect(await merge(guest, carol)).toMatchObject({ id: guest.cartId, userId: carol.id, lines: [[1, 2]] });
});

it("refuses a cart that is a user's, that another has taken, that is expired, or of another currency, and leaves both", async () => {
  const [dave, erin] = [newUser(), newUser()];
  const own = await shop.open(dave);
  await shop.change(own, put(1, 2));
  const theirs = await shop.open(erin);
  const refusal = async (cart: TestCart, code: string) =>
    expectRefusal(shop.db, () => merge(cart, dave), { code });
  await refusal(theirs, "cart_not_found");
  await refusal({ ...own, cartId: 999_999 }, "cart_not_found");
  const taken = await shop.open(GUEST);
  await merge(taken, erin);
  await refusal(taken, "cart_closed");
  const late = await shop.open(GUEST);
  await shop.letPass(late.cartId);
  await refusal(late, "cart_closed");
  const { id } = await run(shop.db, async (tx) => ({
    id: (await openCart(tx, GUEST, { currency: "EUR", expiryDays: 7 })).cart.id,
  }));
  await refusal({ ...late, cartId: id }, "cart_currency_differs");
});

it("merges once where two signings in do it at once", async () => {
  const frank = newUser();
  const own = await shop.open(frank);
  const guest = await shop.open(GUEST);
  await shop.change(guest, put(2, 3));
  await Promise.all([merge(guest, frank), merge(guest, frank), merge(guest, frank)]);
  expect((await shop.show(own)).lines).toMatchObject([{ quantity: 3 }]);
});
