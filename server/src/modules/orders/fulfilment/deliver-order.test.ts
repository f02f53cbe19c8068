import { expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { NO_TRACKING, shareTestOrders } from "../../../../tests/orders.ts";
import { expectNothingWritten, expectRefusal, expectReplay } from "../../../../tests/refusal.ts";
import { advanceOrder } from "../changing/advance-order.ts";
import { getOrderDetail } from "../get-order.ts";
import { deliverOrder } from "./deliver-order.ts";
import { shipOrder } from "./ship-order.ts";

const shop = await shareTestOrders();

/** Two units by invoice, each in a parcel of its own; returns the parcels' ids too. */
async function shipTwo(): Promise<{ id: string; parcels: number[] }> {
  const { id } = await shop.place([[await shop.addProduct(5), 2]], { paymentMethod: "invoice" });
  await shop.act(id, advanceOrder({ to: "CONFIRMED" }));
  const parcels: number[] = [];
  for (let unit = 0; unit < 2; unit += 1) {
    const items = [{ lineNo: 1, quantity: 1 }];
    const { shipment } = await shop.act(id, shipOrder(shop.services, { ...NO_TRACKING, items }));
    parcels.push(Number(shipment.id));
  }
  return { id, parcels };
}

const deliver = (id: string, shipmentId?: number) => shop.act(id, deliverOrder({ shipmentId }));

it("is delivered when the last of its shipments has arrived", async () => {
  const { id, parcels } = await shipTwo();
  expect(await deliver(id, parcels[0])).toMatchObject({ fulfilment: "shipped" });
  expect(await deliver(id, parcels[1])).toMatchObject({ fulfilment: "delivered" });
  const all = await shipTwo();
  expect(await deliver(all.id)).toMatchObject({ fulfilment: "delivered" });
});

it("leaves what has arrived before as it is", async () => {
  const { id, parcels } = await shipTwo();
  await deliver(id, parcels[0]);
  expect(await expectNothingWritten(shop.db, () => deliver(id, parcels[0]))).toMatchObject({
    fulfilment: "shipped",
  });
});

it("refuses an order of which nothing was shipped, and a shipment that is not its own, and leaves nothing", async () => {
  const { id } = await shop.place([[await shop.addProduct(5), 1]]);
  await expectRefusal(shop.db, () => deliver(id), { code: "order_not_shipped" });
  const [one, other] = [await shipTwo(), await shipTwo()];
  await expectRefusal(shop.db, () => deliver(one.id, other.parcels[0]), {
    code: "order_not_shipped",
    details: { fields: [{ field: "shipment_id", reason: expect.any(String) }] },
  });
});

it("is noted once for a key, and once of two at once", async () => {
  const [first, second] = [await shipTwo(), await shipTwo()];
  await expectReplay(shop.db, (key) => shop.actByKey(first.id, deliverOrder({}), key));
  await Promise.all([deliver(second.id), deliver(second.id)]);
  const { timeline } = await getOrderDetail(shop.services, STAFF, Number(second.id));
  expect(timeline.filter(({ event }) => event === "delivered")).toHaveLength(1);
});
