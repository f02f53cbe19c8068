import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestShop, type TestShop } from "../../shop.ts";

let shop: TestShop;
let productId: number;
beforeAll(async () => {
  shop = await openTestShop();
  productId = (await shop.addProduct()).id;
});
afterAll(() => shop?.app.stop());

const GOOD = { street: "1 Main St", city: "Anytown" };

function place(addresses: object) {
  const items = [{ product_id: productId, quantity: 1 }];
  return shop.alice("POST", "/orders", { body: { items, payment_method: "invoice", ...addresses } });
}

describe("F6-18: the fields of an address", () => {
  it("are one line each that says something, of both addresses, and all faults are told at once", async () => {
    const broken = { street: "1 Main St\nFlat 2", city: "", state: "  ", country: "a\u2028b", zip: "1\r\n2" };
    const fields = ["street", "city", "state", "country", "zip"];
    const placed = await place({ shipping_address: broken });
    expect(placed.status).toBe(400);
    expect(placed.body.errors.map(({ field }: { field: string }) => field)).toEqual(
      fields.map((field) => `shipping_address.${field}`),
    );
    expect(placed.body.errors[0]).toMatchObject({
      pointer: "#/shipping_address/street",
      reason: expect.stringContaining("must be one line"),
    });
    expect(placed.body.errors[1]).toMatchObject({ reason: expect.stringContaining("must not be blank") });
    expect(await place({ shipping_address: GOOD, billing_address: { name: "\t" } })).toMatchObject({
      status: 400,
      body: { errors: [{ field: "billing_address.name" }] },
    });
    expect((await place({ shipping_address: {} })).status).toBe(400);
    for (const unseen of ["\u200b", "\u3164", "\u2800 \u00ad", "\ufeff"])
      expect(await place({ shipping_address: { ...GOOD, name: unseen } })).toMatchObject({
        status: 400,
        body: { errors: [{ field: "shipping_address.name", reason: expect.stringContaining("blank") }] },
      });
    expect((await place({ shipping_address: { ...GOOD, name: "क्\u200dष", note: "🏠" } })).status).toBe(201);
    const preview = { shipping_address: { city: "\u00a0" }, payment_method: "invoice" };
    const body = { items: [{ product_id: productId, quantity: 1 }], ...preview };
    expect((await shop.alice("POST", "/orders/preview", { body })).status).toBe(400);
  });

  it("are so when an order is changed, which keeps what it had", async () => {
    const { body: order } = await place({ shipping_address: GOOD });
    const change = (body: object) => shop.alice("PATCH", `/orders/${order.id}`, { body });
    expect(await change({ shipping_address: { street: "" } })).toMatchObject({
      status: 400,
      body: { errors: [{ field: "shipping_address.street", pointer: "#/shipping_address/street" }] },
    });
    expect((await shop.alice("GET", `/orders/${order.id}`)).body).toMatchObject({ shipping_address: GOOD });
  });
});
