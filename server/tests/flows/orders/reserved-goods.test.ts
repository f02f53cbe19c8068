import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openShopOfThree, type ShopOfThree } from "../../shop.ts";
import { findDifferences } from "../../verified.ts";

let shop: ShopOfThree;
beforeAll(async () => {
  shop = await openShopOfThree();
});
afterAll(() => shop?.app.stop());
afterEach(async () => expect(await findDifferences(shop.app.db)).toEqual([]));

const done = (path: string, body?: object) => shop.done("POST", path, body);
const receive = (productId: number, quantity: number, location_id = 1) =>
  done("/stock/receipts", { items: [{ product_id: productId, quantity, location_id }] });

/** On hand and reserved by location. */
async function levels(productId: number): Promise<Record<number, string>> {
  const { locations } = await shop.stockOf(productId);
  return Object.fromEntries(
    locations.map((at: { location_id: number; on_hand: number; reserved: number }) => [
      at.location_id,
      `${at.on_hand} ${at.reserved}`,
    ]),
  );
}

interface Reserved {
  readonly id: string;
  readonly productId: number;
  readonly account: string;
}

/** 12.00 a unit: so many lie at the main location, and at the second. */
async function reserve(
  quantity: number,
  { here, there = 0, ...fields }: { here: number; there?: number; backorder_limit?: number },
): Promise<Reserved> {
  const { id: productId } = await shop.addProduct({ price: "10.00", initial_quantity: here, ...fields });
  if (there > 0) await receive(productId, there, shop.second);
  const account = await shop.openAccount("alice", "100.00");
  return { id: (await shop.buy(account, productId, quantity)).id, productId, account };
}

const DAMAGED = { line: 1, quantity: 1, reason: "damaged" };

describe("F6-11 reserved goods that are written off", () => {
  it("are short of the line where there are no others; the rest ships, and what is short is cancelled", async () => {
    const { id, productId, account } = await reserve(2, { here: 2 });
    await done(`/orders/${id}/ship`, { items: [{ line: 1, quantity: 1 }] });
    const body = { items: [{ product_id: productId, quantity: -1, reason: "damaged" }] };
    expect(await shop.staff("POST", "/stock/adjustments", { body })).toMatchObject({
      status: 422,
      body: { code: "insufficient_stock", detail: expect.stringContaining(`/orders/{id}/write-off`) },
    });
    expect(await done(`/orders/${id}/write-off`, { items: [DAMAGED], note: "wet" })).toMatchObject({
      items: [{ quantity: 2, shipped: 1, short: 1, cancelled: 0 }],
    });
    expect(await levels(productId)).toEqual({ 1: "0 0" });
    expect(await shop.staff("POST", `/orders/${id}/ship`)).toMatchObject({
      status: 422,
      body: { code: "units_short" },
    });
    expect(await done(`/orders/${id}/cancel`, { items: [{ line: 1 }], reason: "none left" })).toMatchObject({
      status: "COMPLETED",
      items: [{ short: 0, cancelled: 1 }],
    });
    expect(await shop.balanceOf(account)).toMatchObject({ balance: "88.00", held: "0.00" });
    const { timeline } = (await shop.staff("GET", `/orders/${id}`)).body;
    expect(timeline).toContainEqual(
      expect.objectContaining({ event: "written_off", note: "1 of line 1 damaged, 1 short: wet" }),
    );
    const movements = (await shop.staff("GET", `/stock/${productId}/movements`)).body.items;
    expect(movements[0]).toMatchObject({ type: "adjustment", quantity: -1, reason: "damaged" });
  });

  it("are reserved elsewhere where there are others, and shipped from there", async () => {
    const { id, productId } = await reserve(2, { here: 2, there: 3 });
    expect(await levels(productId)).toEqual({ 1: "2 2", [shop.second]: "3 0" });
    expect(await done(`/orders/${id}/write-off`, { items: [DAMAGED] })).toMatchObject({
      items: [{ short: 0 }],
    });
    expect(await levels(productId)).toEqual({ 1: "1 1", [shop.second]: "3 1" });
    expect(await done(`/orders/${id}/ship`)).toMatchObject({ order: { status: "COMPLETED" } });
    expect(await levels(productId)).toEqual({ 1: "0 0", [shop.second]: "2 0" });
  });

  it("are written off where they lie, which is named where they lie at several locations", async () => {
    const { id, productId } = await reserve(3, { here: 1, there: 2 });
    expect(await shop.staff("POST", `/orders/${id}/write-off`, { body: { items: [DAMAGED] } })).toMatchObject(
      {
        status: 422,
        body: { code: "location_ambiguous", errors: [{ field: "items[0].location_id" }] },
      },
    );
    const both = [
      { ...DAMAGED, location_id: shop.second, quantity: 2 },
      { ...DAMAGED, location_id: 1, reason: "lost" },
    ];
    const body = { items: [{ ...both[0], quantity: 3 }] };
    expect(await shop.staff("POST", `/orders/${id}/write-off`, { body })).toMatchObject({
      status: 422,
      body: { code: "quantity_exceeds_open", errors: [{ field: "items[0].quantity" }] },
    });
    expect(await done(`/orders/${id}/write-off`, { items: both })).toMatchObject({ items: [{ short: 3 }] });
    expect(await levels(productId)).toEqual({ 1: "0 0", [shop.second]: "0 0" });
  });

  it("are reserved anew once there are some, part by part", async () => {
    const { id, productId } = await reserve(3, { here: 3 });
    await done(`/orders/${id}/write-off`, { items: [{ ...DAMAGED, quantity: 2 }] });
    const reserveAgain = () => shop.staff("POST", `/orders/${id}/reserve`);
    expect(await reserveAgain()).toMatchObject({ status: 422, body: { code: "units_short" } });
    await receive(productId, 1);
    expect(await reserveAgain()).toMatchObject({ status: 200, body: { items: [{ short: 1 }] } });
    await done(`/orders/${id}/ship`, { items: [{ line: 1, quantity: 2 }] });
    await receive(productId, 5, shop.second);
    expect(await reserveAgain()).toMatchObject({ status: 200, body: { items: [{ short: 0 }] } });
    expect(await reserveAgain()).toMatchObject({ status: 409, body: { code: "nothing_short" } });
    expect(await done(`/orders/${id}/ship`)).toMatchObject({ order: { status: "COMPLETED" } });
  });

  it("are not what was sold before it arrived", async () => {
    const { id } = await reserve(1, { here: 0, backorder_limit: 5 });
    expect(await shop.staff("POST", `/orders/${id}/write-off`, { body: { items: [DAMAGED] } })).toMatchObject(
      {
        status: 422,
        body: { code: "insufficient_stock", detail: expect.stringContaining("0 of product") },
      },
    );
  });

  it("are nobody's once the order has ended, or its money went back", async () => {
    const ended = await reserve(1, { here: 1 });
    await done(`/orders/${ended.id}/cancel`);
    const refunded = await reserve(1, { here: 1 });
    await done(`/orders/${refunded.id}/refunds`, { reason: "late" });
    for (const [{ id }, code] of [
      [ended, "order_state_forbids"],
      [refunded, "shipping_stopped"],
    ] as const)
      for (const [path, body] of [
        ["write-off", { items: [DAMAGED] }],
        ["move", { items: [{ line: 1, quantity: 1, to_location_id: shop.second }] }],
        ["reserve", undefined],
      ] as const)
        expect(await shop.staff("POST", `/orders/${id}/${path}`, { body })).toMatchObject({
          status: 409,
          body: { code },
        });
    expect((await shop.alice("POST", `/orders/${ended.id}/reserve`)).status).toBe(403);
  });
});

describe("F6-11 reserved goods that are moved", () => {
  it("stay reserved, and are shipped from where they lie then", async () => {
    const { id, productId } = await reserve(3, { here: 5 });
    const body = {
      items: [{ product_id: productId, quantity: 3 }],
      from_location_id: 1,
      to_location_id: shop.second,
    };
    expect((await shop.staff("POST", "/stock/transfers", { body })).status).toBe(422);
    const items = [{ line: 1, quantity: 2, to_location_id: shop.third }];
    expect(await done(`/orders/${id}/move`, { items, note: "to be packed" })).toMatchObject({
      items: [{ short: 0 }],
    });
    expect(await levels(productId)).toMatchObject({ 1: "3 1", [shop.third]: "2 2" });
    await done(`/orders/${id}/move`, {
      items: [{ line: 1, quantity: 1, from_location_id: shop.third, to_location_id: 1 }],
    });
    expect(await levels(productId)).toMatchObject({ 1: "4 2", [shop.third]: "1 1" });
    expect(await done(`/orders/${id}/ship`)).toMatchObject({ order: { status: "COMPLETED" } });
    expect(await levels(productId)).toMatchObject({ 1: "2 0", [shop.third]: "0 0" });
    const returned = await done(`/orders/${id}/returns`, { items: [{ line: 1, quantity: 3 }], reason: "x" });
    expect(returned.credit_note.items.map((line: { location_id: number }) => line.location_id)).toEqual([
      1,
      shop.third,
    ]);
  });

  it("are refused where they lie already, where they do not lie, and to where nobody knows", async () => {
    const { id, productId } = await reserve(2, { here: 2 });
    const move = (item: object) =>
      shop.staff("POST", `/orders/${id}/move`, { body: { items: [{ line: 1, quantity: 1, ...item }] } });
    expect(await move({ to_location_id: 1 })).toMatchObject({
      status: 422,
      body: { errors: [{ field: "items[0].to_location_id" }] },
    });
    expect(await move({ to_location_id: 999 })).toMatchObject({
      status: 404,
      body: { code: "location_not_found", errors: [{ field: "items[0].to_location_id" }] },
    });
    expect(await move({ from_location_id: shop.second, to_location_id: shop.third })).toMatchObject({
      status: 422,
      body: { errors: [{ field: "items[0].quantity" }] },
    });
    expect(await move({ line: 2, to_location_id: shop.third })).toMatchObject({
      status: 422,
      body: { errors: [{ field: "items[0].line" }] },
    });
    expect(await move({ quantity: 3, to_location_id: shop.third })).toMatchObject({ status: 422 });
    expect((await levels(productId))[1]).toBe("2 2");
  });
});
