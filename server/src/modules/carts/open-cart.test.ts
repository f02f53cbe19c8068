import { expect, it } from "vitest";
import { openTestCarts } from "../../../tests/carts.ts";
import { customer, keyed } from "../../../tests/desk.ts";
import { run } from "../../../tests/refusal.ts";
import { shareInFile } from "../../../tests/share-in-file.ts";
import { GUEST } from "../../values/actor.ts";
import { openCart } from "./open-cart.ts";

const shop = await shareInFile(openTestCarts());

const open = (actor = GUEST, key = "") =>
  run(
    shop.db,
    async (tx) => {
      const { cart, isNew } = await openCart(tx, actor, { currency: "USD", expiryDays: 7 });
      return {
        id: cart.id,
        isNew,
        userId: cart.userId,
        days: (+cart.expiresAt - +cart.createdAt) / 86_400_000,
      };
    },
    key === "" ? undefined : keyed(actor, key),
  );

it("gives a guest a new cart each time, for its days", async () => {
  const cart = await open();
  expect(cart).toMatchObject({ isNew: true, userId: null });
  expect(cart.days).toBeCloseTo(7, 5);
  expect((await open()).id).not.toBe(cart.id);
});

it("gives a user the one open cart that they have, also of two at once, and another once that has ended", async () => {
  const alice = customer("alice");
  const both = await Promise.all([open(alice), open(alice), open(alice)]);
  expect(new Set(both.map(({ id }) => id)).size).toBe(1);
  expect(both.filter(({ isNew }) => isNew)).toHaveLength(1);
  const [{ id }] = both;
  expect(await open(alice)).toMatchObject({ id, isNew: false });
  await shop.letPass(id);
  const next = await open(alice);
  expect(next).toMatchObject({ isNew: true });
  expect(next.id).not.toBe(id);
});

it("failure 5: opens one cart of a repeated key, also of two at once", async () => {
  const [first, second] = await Promise.all([open(GUEST, "a random key"), open(GUEST, "a random key")]);
  expect(second).toEqual(first);
  expect((await open(GUEST, "another")).id).not.toBe(first.id);
});
