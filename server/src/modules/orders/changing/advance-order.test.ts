import { expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { ALICE, invoiceTwo, shareTestOrders } from "../../../../tests/orders.ts";
import { expectOneOfTwo, expectRefusal, expectReplay } from "../../../../tests/refusal.ts";
import { getOrderDetail } from "../get-order.ts";
import { advanceOrder, reviewOrder } from "./advance-order.ts";
import { cancelOrder } from "./cancel-order.ts";

const shop = await shareTestOrders();

const placeInvoice = async () => (await invoiceTwo(shop)).id;

/** As if a rule of the fraud check had asked for a person. */
async function placeForReview(): Promise<{ id: string; productId: number }> {
  const productId = await shop.addProduct(5);
  const { id } = await shop.place([[productId, 2]], { paymentMethod: "invoice" });
  await shop.db`UPDATE orders.orders SET review = 1 WHERE id = ${id}`;
  return { id, productId };
}

it("goes step by step as staff says, and the timeline keeps the note", async () => {
  const id = await placeInvoice();
  expect(await shop.act(id, advanceOrder({ to: "CONFIRMED", note: "known customer" }))).toMatchObject({
    status: "CONFIRMED",
  });
  expect(await shop.act(id, advanceOrder({ to: "QUEUED" }))).toMatchObject({ status: "QUEUED" });
  expect(await shop.act(id, advanceOrder({ to: "PROCESSING" }))).toMatchObject({ status: "PROCESSING" });
  const { timeline } = await getOrderDetail(shop.services, STAFF, Number(id));
  expect(timeline.at(1)).toMatchObject({ event: "confirmed", note: "known customer" });
});

it("refuses the steps that the table does not have, and leaves nothing", async () => {
  const id = await placeInvoice();
  const step = (to: "CONFIRMED" | "QUEUED" | "PROCESSING" | "COMPLETED", actor = STAFF) =>
    shop.act(id, advanceOrder({ to }), actor);
  await expectRefusal(shop.db, () => step("PROCESSING"), { code: "order_state_forbids" });
  await expectRefusal(shop.db, () => step("CONFIRMED", ALICE), { code: "order_change_not_allowed" });
  await step("CONFIRMED");
  await expectRefusal(shop.db, () => step("COMPLETED"), { code: "order_not_shipped" });
  await expectRefusal(shop.db, () => shop.act(id, reviewOrder({ isAccepted: true })), {
    code: "order_not_in_review",
  });
  const card = await shop.place([[await shop.addProduct(5), 1]]);
  await shop.act(card.id, cancelOrder({}));
  await expectRefusal(shop.db, () => shop.act(card.id, advanceOrder({ to: "CONFIRMED" })), {
    code: "order_cancel_pending",
  });
});

it("lets an order in review go on, or ends it, as staff decides, and nothing else moves it", async () => {
  const kept = await placeForReview();
  await expectRefusal(shop.db, () => shop.act(kept.id, advanceOrder({ to: "CONFIRMED" })), {
    code: "order_in_review",
  });
  expect(await shop.act(kept.id, reviewOrder({ isAccepted: true }))).toMatchObject({ review: "accepted" });
  const refused = await placeForReview();
  expect(await shop.act(refused.id, reviewOrder({ isAccepted: false, note: "stolen card" }))).toMatchObject({
    review: "refused",
    status: "CANCELLED",
  });
  expect(await shop.levels(refused.productId)).toEqual({ balance: 5n, held: 0n });
});

it("takes a step once for a key, and once of two at once", async () => {
  const [first, second] = [await placeInvoice(), await placeInvoice()];
  const confirm = advanceOrder({ to: "CONFIRMED" });
  await expectReplay(shop.db, (key) => shop.actByKey(first, confirm, key));
  await expectOneOfTwo(() => shop.act(second, confirm), "order_state_forbids");
});
