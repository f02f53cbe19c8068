import { expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { ALICE, invoiceTwo, NO_TRACKING, shareTestOrders, type TestLine } from "../../../../tests/orders.ts";
import { expectRefusal, expectReplay } from "../../../../tests/refusal.ts";
import { shipOrder } from "../fulfilment/ship-order.ts";
import { advanceOrder } from "./advance-order.ts";
import { cancelOrder } from "./cancel-order.ts";
import { editOrder, type OrderEdit } from "./edit-order.ts";

const shop = await shareTestOrders();

const edit = (change: OrderEdit, actor = STAFF) => editOrder(shop.services, { actor }, change);
const itemsOf = (...lines: readonly TestLine[]) =>
  lines.map(([productId, quantity]) => ({ productId, quantity }));

/** Not paid: its lines are replaced, and not edited by units. */
const placeInvoice = () => invoiceTwo(shop);

it("replaces the lines of an unpaid order, at the prices of now, with the goods reserved for them", async () => {
  const { id, productId } = await placeInvoice();
  const other = await shop.addProduct(5);
  await shop.db`UPDATE catalog.products SET price_minor = 1500 WHERE id = ${productId}`;
  expect(await shop.act(id, edit({ items: itemsOf([productId, 1], [other, 3]) }))).toMatchObject({
    total: "54.00",
    due: "54.00",
    items: [
      { line: 1, quantity: 1, unit_price: "15.00" },
      { line: 2, quantity: 3, unit_price: "10.00" },
    ],
  });
  expect(await shop.levels(productId)).toEqual({ balance: 10n, held: 1n });
  expect(await shop.levels(other)).toEqual({ balance: 5n, held: 3n });
});

it("changes reference and metadata alone where nothing else is named", async () => {
  const { id } = await placeInvoice();
  expect(await shop.act(id, edit({ reference: "PO 7", metadata: '{"gift":true}' }))).toMatchObject({
    reference: "PO 7",
    metadata: { gift: true },
    total: "24.00",
  });
});

it("refuses what cannot be sold, is not there or has ended, and leaves nothing", async () => {
  const { id, productId } = await placeInvoice();
  const lines =
    (...wanted: readonly TestLine[]) =>
    () =>
      shop.act(id, edit({ items: itemsOf(...wanted) }));
  await expectRefusal(shop.db, lines([productId, 11]), { code: "insufficient_stock" });
  await expectRefusal(shop.db, lines([2_000_000_000, 1]), { code: "product_unavailable" });
  await expectRefusal(shop.db, () => shop.act(id, edit({ reference: "x", versions: [99] })), {
    code: "version_mismatch",
  });
  await shop.act(id, cancelOrder({}));
  await expectRefusal(shop.db, lines([productId, 1]), { code: "order_state_forbids" });
});

it("refuses customers once it is with the warehouse, and addresses once something is shipped", async () => {
  const { id, productId } = await placeInvoice();
  await shop.act(id, advanceOrder({ to: "CONFIRMED" }));
  await shop.act(id, advanceOrder({ to: "PROCESSING" }));
  const fewer = edit({ items: itemsOf([productId, 1]) }, ALICE);
  await expectRefusal(shop.db, () => shop.act(id, fewer, ALICE), { code: "order_change_not_allowed" });
  await shop.act(id, shipOrder(shop.services, NO_TRACKING));
  await expectRefusal(shop.db, () => shop.act(id, edit({ addresses: { shipping: null, billing: null } })), {
    code: "order_shipped",
  });
});

it("is edited once for a key; of two at once both count, one after the other", async () => {
  const { id, productId } = await placeInvoice();
  const more = edit({ items: itemsOf([productId, 3]) });
  expect(await expectReplay(shop.db, (key) => shop.actByKey(id, more, key))).toMatchObject({
    total: "36.00",
  });
  await Promise.all([shop.act(id, more), shop.act(id, edit({ items: itemsOf([productId, 4]) }))]);
  const { held } = await shop.levels(productId);
  expect([3n, 4n]).toContain(held);
});
