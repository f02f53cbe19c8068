import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestOrders, type TestOrders } from "../../../tests/orders.ts";
import { verifyCarts } from "./verify-carts.ts";

let shop: TestOrders;
let productId: number;
/** An order that waits for its card. */
let waiting: string;

beforeAll(async () => {
  shop = await openTestOrders();
  productId = await shop.addProduct(100);
  waiting = (await shop.place([[productId, 4]])).id;
});
afterAll(() => shop.close());

/** What is found between a change and the way back. */
async function tamper(change: string, back: string) {
  await shop.db.unsafe(change);
  const found = await verifyCarts(shop.db);
  await shop.db.unsafe(back);
  return found;
}

it("finds carts that became no order, another's order or another order, or hold what does not exist", async () => {
  const [first] = await shop.db<{ id: bigint }[]>`
    INSERT INTO carts.carts (user_id, state, currency, expires_at, order_id)
    VALUES ('alice', 'ordered', 'USD', now(), ${waiting}) RETURNING id`;
  const [guest] = await shop.db<{ id: bigint }[]>`
    INSERT INTO carts.carts (state, currency, expires_at, merged_into)
    VALUES ('merged', 'USD', now(), ${first?.id ?? 0}) RETURNING id`;
  const [cartId, orderId] = [Number(first?.id), Number(waiting)];
  await shop.db`INSERT INTO carts.cart_lines VALUES (${cartId}, ${productId}, 1, 4, 1000, false, 200000)`;
  const change = (what: string, back: string) =>
    tamper(
      `UPDATE carts.carts SET ${what} WHERE id = ${cartId}`,
      `UPDATE carts.carts SET ${back} WHERE id = ${cartId}`,
    );
  expect(await verifyCarts(shop.db)).toEqual([]);
  const named = { check: "order_carts", cartId };
  expect(await change("order_id = 99", `order_id = ${waiting}`)).toMatchObject([
    { ...named, orderId: 99, what: `cart ${cartId} became order 99, which does not exist` },
  ]);
  const wrong = [
    [await change("currency = 'EUR'", "currency = 'USD'"), "is in another currency"],
    [await change("coupon_code = 'OTHER'", "coupon_code = NULL"), "names another coupon"],
    [await change("user_id = 'bob'", "user_id = 'alice'"), "is somebody else's"],
    [
      await tamper(
        `UPDATE carts.cart_lines SET quantity = 5 WHERE cart_id = ${cartId}`,
        `UPDATE carts.cart_lines SET quantity = 4 WHERE cart_id = ${cartId}`,
      ),
      "is of other goods",
    ],
    [
      await tamper(
        `UPDATE carts.cart_lines SET tax_rate = 0 WHERE cart_id = ${cartId}`,
        `UPDATE carts.cart_lines SET tax_rate = 200000 WHERE cart_id = ${cartId}`,
      ),
      "charges something else than the buyer accepted",
    ],
  ] as const;
  for (const [found, what] of wrong)
    expect(found).toMatchObject([
      { ...named, orderId, what: `cart ${cartId} became order ${waiting}, which ${what}` },
    ]);
  expect(await change("user_id = NULL", "user_id = 'alice'")).toMatchObject([
    { check: "order_carts", cartId: Number(guest?.id), what: expect.stringContaining("which is nobody's") },
  ]);
  const unknown = await tamper(
    `INSERT INTO carts.cart_lines VALUES (${guest?.id}, 4711, 1, 1, 1, false, 0);
     UPDATE carts.carts SET state = 'open', merged_into = NULL WHERE id = ${guest?.id}`,
    `UPDATE carts.carts SET state = 'merged', merged_into = ${cartId} WHERE id = ${guest?.id};
     DELETE FROM carts.cart_lines WHERE product_id = 4711`,
  );
  expect(unknown).toMatchObject([{ check: "order_carts", what: expect.stringContaining("product 4711") }]);
  expect(await verifyCarts(shop.db, { since: Number.MAX_SAFE_INTEGER })).toEqual([]);
});
