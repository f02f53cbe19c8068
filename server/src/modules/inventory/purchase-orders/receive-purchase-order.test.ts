import { afterAll, beforeAll, expect, it } from "vitest";
import { keyed, readTopics, STAFF } from "../../../../tests/desk.ts";
import { openTestStock, type TestStock } from "../../../../tests/stock.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { insertPurchaseOrder, selectPurchaseOrder } from "./purchase-order-store.ts";
import { buildPurchaseReceiptCommand } from "./receive-purchase-order.ts";

let shop: TestStock;
let nextProduct = 1;
beforeAll(async () => {
  shop = await openTestStock();
});
afterAll(() => shop.close());

/** Ten of a product are ordered, of which two are here. */
async function setUp() {
  const productId = nextProduct++;
  await shop.stock(productId, 2);
  const [account] = await shop.accountsOf(productId);
  const order = await inTransaction(shop.db, (tx) =>
    insertPurchaseOrder(tx, { productId, sku: `SKU-${productId}`, quantity: 10 }),
  );
  if (account === undefined || order === undefined) throw new Error("no order was written");
  const receive = (quantity: number, key?: string) =>
    buildPurchaseReceiptCommand(
      { actor: STAFF, assets: shop.assets, key: key === undefined ? undefined : keyed(STAFF, key) },
      { orderId: order.id, account, quantity, note: "counted" },
    );
  return { productId, account, orderId: order.id, receive };
}

const stateOf = async (orderId: number) => {
  const order = await selectPurchaseOrder(shop.db, orderId);
  return { state: order?.state, received: order?.receivedQuantity };
};

it("books in what was counted, which may be less than was ordered, and closes the order", async () => {
  const { productId, orderId, receive } = await setUp();
  expect(await shop.carryOut(receive(9))).toMatchObject({
    reference: `purchase order ${orderId}`,
    note: "counted",
    items: [{ product_id: productId, quantity: 9, on_hand: 11 }],
  });
  expect(await stateOf(orderId)).toEqual({ state: "received", received: 9 });
  expect((await readTopics(shop.db)).at(-1)).toBe("stock.received");
});

it("refuses one that was received, refused or cancelled, or that does not exist, and books nothing", async () => {
  const { productId, account, orderId, receive } = await setUp();
  await shop.carryOut(receive(10));
  for (const state of ["refused", "cancelled"] as const) {
    const closed = await setUp();
    await shop.db`
      UPDATE inventory.purchase_orders SET state = ${state}, due_at = NULL WHERE id = ${closed.orderId}`;
    await expect(shop.carryOut(closed.receive(1))).rejects.toMatchObject({
      code: "purchase_order_closed",
      details: { purchase_order_status: state },
    });
    expect(await shop.levels(closed.productId)).toEqual({ balance: 2n, held: 0n });
  }
  await expect(shop.carryOut(receive(1))).rejects.toMatchObject({ code: "purchase_order_closed" });
  const unknown = buildPurchaseReceiptCommand(
    { actor: STAFF, assets: shop.assets },
    { orderId: 999_999, account, quantity: 1 },
  );
  await expect(shop.carryOut(unknown)).rejects.toMatchObject({ code: "purchase_order_not_found" });
  expect(await shop.levels(productId)).toEqual({ balance: 12n, held: 0n });
  expect(await stateOf(orderId)).toEqual({ state: "received", received: 10 });
});

it("answers a repeated key with the first receipt", async () => {
  const { productId, receive } = await setUp();
  const command = receive(10, "goods");
  const first = await shop.carryOut(command);
  expect(await shop.carryOut(command)).toEqual(first);
  expect(await shop.levels(productId)).toEqual({ balance: 12n, held: 0n });
});

it("leaves order and stock as they were where the commit fails", async () => {
  const { productId, orderId, receive } = await setUp();
  await shop.db`
    ALTER TABLE inventory.purchase_orders ADD CONSTRAINT broken CHECK (state <> 'received') NOT VALID`;
  await expect(shop.carryOut(receive(10, "broken"))).rejects.toThrow("broken");
  await shop.db`ALTER TABLE inventory.purchase_orders DROP CONSTRAINT broken`;
  expect(await shop.levels(productId)).toEqual({ balance: 2n, held: 0n });
  expect(await stateOf(orderId)).toEqual({ state: "created", received: null });
  expect(await shop.carryOut(receive(10, "broken"))).toMatchObject({ items: [{ on_hand: 12 }] });
});

it("is received once, in one batch and from two processes", async () => {
  const other = await openTestStock({ databaseUrl: shop.databaseUrl });
  for (const second of [shop, other]) {
    const { productId, receive } = await setUp();
    const outcomes = await Promise.allSettled([shop.carryOut(receive(10)), second.carryOut(receive(10))]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { code: "purchase_order_closed" },
    });
    expect(await shop.levels(productId)).toEqual({ balance: 12n, held: 0n });
  }
  await other.close();
});
