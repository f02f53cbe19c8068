import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestShop, type ShopCaller, type TestShop } from "../../shop.ts";

let shop: TestShop;
let mug: { readonly id: number };
let pen: { readonly id: number };
/** Newest first. */
const withMug: string[] = [];
beforeAll(async () => {
  shop = await openTestShop();
  mug = await shop.addProduct();
  pen = await shop.addProduct();
  const order = async (by: ShopCaller, ...products: { readonly id: number }[]) => {
    const items = products.map(({ id }) => ({ product_id: id, quantity: 1 }));
    const { status, body } = await by("POST", "/orders", { body: { items, payment_method: "invoice" } });
    expect(status).toBe(201);
    if (products.includes(mug)) withMug.unshift(body.id);
  };
  await order(shop.alice, mug);
  await order(shop.alice, pen);
  await order(shop.alice, mug, mug, pen); // two lines of one product are one order
  await order(shop.bob, mug, pen);
});
afterAll(() => shop?.app.stop());

const find = async (query: string, by: ShopCaller = shop.staff) => {
  const { status, body } = await by("GET", `/orders?${query}`);
  return status === 200 ? body.items.map((item: { id: string }) => item.id) : status;
};

it("F6-34: GET /orders?product_id= finds the orders with a line of the product, each once, newest first", async () => {
  expect(await find(`product_id=${mug.id}`)).toEqual(withMug);
  expect(await find(`product_id=${mug.id}`, shop.alice)).toEqual(withMug.slice(1));
  expect(await find(`product_id=${mug.id}&customer_id=bob`)).toEqual(withMug.slice(0, 1));
  expect(await find(`product_id=${mug.id}&customer_id=bob`, shop.alice)).toEqual([]);
  expect(await find(`product_id=${mug.id}&status=CANCELLED`)).toEqual([]);
  const first = await shop.staff("GET", `/orders?product_id=${mug.id}&limit=2`);
  const second = await shop.staff(
    "GET",
    `/orders?product_id=${mug.id}&limit=2&cursor=${first.body.next_cursor}`,
  );
  expect([...first.body.items, ...second.body.items].map(({ id }) => id)).toEqual(withMug);
  expect(second.body.next_cursor).toBeNull();
});

it("F6-34: a product that is not there has no orders, and what is no id is refused", async () => {
  for (const id of ["999999", "2147483648", "9007199254740991"])
    expect(await find(`product_id=${id}`)).toEqual([]);
  for (const id of ["0", "-1", "x", "", "1.5", "1e3", "9007199254740992", `${mug.id}&product_id=${pen.id}`])
    expect(await find(`product_id=${id}`), id).toBe(400);
});

it("F6-34: reads no more than it shows where few orders of many have the product", async () => {
  await shop.app.db`
    INSERT INTO orders.lines (order_id, line_no, product_id, name, quantity, unit_price, includes_tax, tax_rate, net, tax,
      gross, tracks_stock)
    SELECT n, 1, ${pen.id}, 'Pen', 1, 0, false, 0, 0, 0, 0, false
    FROM generate_series(1, 20000) AS n`;
  await shop.app.db`ANALYZE orders.lines`;
  const rows = await shop.app.db`
    EXPLAIN (FORMAT JSON)
    SELECT id
    FROM orders.orders
    WHERE id < ${Number.MAX_SAFE_INTEGER} AND id IN (SELECT order_id FROM orders.lines WHERE product_id = ${mug.id}::bigint)
    ORDER BY id DESC
    LIMIT 51`;
  expect(JSON.stringify(rows)).toContain("lines_by_product");
  await shop.app.db`DELETE FROM orders.lines WHERE order_id <= 20000`;
});
