import { expect, it } from "vitest";
import { openTestCarts, type TestCart } from "../../../tests/carts.ts";
import { customer, readTopics } from "../../../tests/desk.ts";
import { run } from "../../../tests/refusal.ts";
import { shareInFile } from "../../../tests/share-in-file.ts";
import { GUEST } from "../../values/actor.ts";
import { addWanted } from "./change-cart.ts";
import { expireCarts, removeEndedCarts } from "./expire-carts.ts";
import { mergeCarts } from "./merge-carts.ts";

const shop = await shareInFile(openTestCarts());

const statesOf = async (carts: readonly TestCart[]) => {
  const ids = carts.map(({ cartId }) => cartId);
  const rows = await shop.db<
    { state: string }[]
  >`SELECT state FROM carts.carts WHERE id = ANY(${ids}::bigint[]) ORDER BY id`;
  return rows.map(({ state }) => state);
};
const countTold = async () => (await readTopics(shop.db)).filter((topic) => topic === "cart.expired").length;

it("closes carts that nobody touched for their time, once and told of, also of two sweeps at once", async () => {
  const carts = [await shop.open(GUEST), await shop.open(GUEST), await shop.open(GUEST)];
  const [kept, ...due] = carts;
  for (const { cartId } of due) await shop.letPass(cartId);
  const counts = await Promise.all([expireCarts(shop.db), expireCarts(shop.db)]);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2);
  expect(await statesOf([kept ?? carts[0], ...due].flatMap((cart) => cart ?? []))).toEqual([
    "open",
    "expired",
    "expired",
  ]);
  expect(await countTold()).toBe(2);
  expect(await expireCarts(shop.db)).toBe(0);
  expect(await countTold()).toBe(2);
});

it("gives a cart that is touched its days anew", async () => {
  const productId = await shop.addProduct(5);
  const cart = await shop.open(GUEST);
  await shop.db`UPDATE carts.carts SET expires_at = now() + interval '1 minute' WHERE id = ${cart.cartId}`;
  await shop.change(cart, addWanted({ productId, quantity: 1 }));
  const [row] =
    await shop.db`SELECT expires_at > now() + interval '29 days' AS renewed FROM carts.carts WHERE id = ${cart.cartId}`;
  expect(row).toEqual({ renewed: true });
});

it("removes carts that came to nothing long after their time, ordered ones never", async () => {
  const bob = customer("bob");
  const productId = await shop.addProduct(5);
  const [ordered, guest, recent] = [await shop.open(bob), await shop.open(GUEST), await shop.open(GUEST)];
  await shop.change(ordered, addWanted({ productId, quantity: 1 }));
  await shop.checkOut(ordered);
  const own = await shop.open(bob);
  await run(shop.db, (tx) =>
    mergeCarts(tx, { ...shop.services, actor: bob, provenId: guest.cartId }, guest.cartId).then(({ id }) => ({
      id,
    })),
  );
  for (const { cartId } of [ordered, own]) await shop.letPass(cartId, 91);
  await shop.letPass(recent.cartId, 89);
  await expireCarts(shop.db);
  await removeEndedCarts(shop.db);
  expect(await statesOf([own, guest])).toEqual([]);
  expect(await statesOf([ordered, recent])).toEqual(["ordered", "expired"]);
  expect(await removeEndedCarts(shop.db)).toBe(0);
});
