// Whose an order or a credit note of staff may be: a user that exists, nobody, or, where that is said, somebody of another system.
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestShop, type ShopCaller, type TestShop } from "../../shop.ts";

let shop: TestShop;
let dora: string;
let productId: number;
beforeAll(async () => {
  shop = await openTestShop();
  const user = { username: "Dora", email: "dora@example.com", roles: ["customer"] };
  dora = (await shop.staff("POST", "/admin/users", { body: user })).body.id;
  productId = (await shop.addProduct()).id;
});
afterAll(() => shop?.app.stop());

const DOORS = ["/orders", "/orders/preview", "/credit-notes"] as const;

function send(door: string, fields: object, by: ShopCaller = shop.staff) {
  const rest = door === "/credit-notes" ? { reason: "worn" } : { payment_method: "invoice" };
  const items = [
    { product_id: productId, quantity: 1, ...(by === shop.staff ? { unit_price: "1.00" } : {}) },
  ];
  return by("POST", door, { body: { items, ...rest, ...fields } });
}

const countAll = async () =>
  (await shop.app.db`SELECT FROM orders.orders UNION ALL SELECT FROM orders.credit_notes`).length;

test.each(DOORS)("F6-23 staff names a user, by id or by name however that is written: %s", async (door) => {
  for (const whom of [{ customer_id: dora }, { customer_username: "Dora" }, { customer_username: "dORA" }])
    expect(await send(door, whom)).toMatchObject({ body: { customer_id: dora } });
  for (const nobody of [{}, { customer_id: null }, { external_customer: false }])
    expect(await send(door, nobody)).toMatchObject({ body: { customer_id: null } });
  expect(await send(door, { customer_id: "admin" })).toMatchObject({ body: { customer_id: "admin" } }); // who calls
});

test.each(DOORS)(
  "F6-23 a customer that means nobody is refused, and nothing is written: %s",
  async (door) => {
    const before = await countAll();
    const unknown = (field: string) => ({
      status: 422,
      body: {
        code: "customer_unknown",
        errors: [{ field, pointer: `#/${field}`, reason: "is no user here" }],
      },
    });
    for (const id of ["alice", "dora", dora.toUpperCase(), "constructor", dora.replace(/.$/, "x")]) {
      expect(await send(door, { customer_id: id })).toMatchObject(unknown("customer_id"));
      expect(await send(door, { customer_id: id, external_customer: false })).toMatchObject(
        unknown("customer_id"),
      );
    }
    expect(await send(door, { customer_username: "nobody" })).toMatchObject(unknown("customer_username"));
    expect(await countAll()).toBe(before);
    const external = { customer_id: "alice", external_customer: true };
    expect(await send(door, external)).toMatchObject({ body: { customer_id: "alice" } });
  },
);

test.each(DOORS)("F6-23 a customer is given in one way: %s", async (door) => {
  const refused = (field: string) => ({ status: 400, body: { errors: [{ field }] } });
  expect(await send(door, { customer_id: dora, customer_username: "dora" })).toMatchObject(
    refused("customer_username"),
  );
  for (const more of [{}, { customer_username: "dora" }])
    expect(await send(door, { external_customer: true, ...more })).toMatchObject(refused("customer_id"));
});

test("F6-23 everybody else orders for themselves, whoever issued their token", async () => {
  for (const own of [{}, { customer_id: "alice" }])
    expect(await send("/orders", own, shop.alice)).toMatchObject({ body: { customer_id: "alice" } });
  for (const other of [{ customer_id: dora }, { customer_username: "dora" }, { external_customer: true }])
    expect(await send("/orders", other, shop.alice)).toMatchObject({
      status: 403,
      body: { code: "staff_only_field" },
    });
});

test("F6-23 a repeated key is answered the order that it placed", async () => {
  const items = [{ product_id: productId, quantity: 1 }];
  const body = { items, payment_method: "invoice", customer_username: "dora" };
  const place = () => shop.staff("POST", "/orders", { body, headers: { "idempotency-key": "for-dora-1" } });
  const [first, again] = [await place(), await place()];
  expect([first.status, again.body.id]).toEqual([201, first.body.id]);
});
