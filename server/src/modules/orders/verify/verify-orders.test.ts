import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { STAFF } from "../../../../tests/desk.ts";
import { ALICE, NO_TRACKING, openTestOrders, type TestOrders } from "../../../../tests/orders.ts";
import { verifyCoupons } from "../../promotions/index.ts";
import { cancelOrder } from "../changing/cancel-order.ts";
import { refundOrder } from "../credit-notes/credit-order.ts";
import { returnItems } from "../credit-notes/return-items.ts";
import { buildCreditNoteCommand } from "../credit-notes/write-credit-note.ts";
import { deliverOrder } from "../fulfilment/deliver-order.ts";
import { shipOrder } from "../fulfilment/ship-order.ts";
import { verifyOrders } from "./verify-orders.ts";

let shop: TestOrders;
let productId: number;
/** Shipped in part, returned in part, refunded in part. */
let sold: string;
/** Waits for its card. */
let waiting: string;
let cancelled: string;
let note: string;
/** Waits for its card, with a coupon. */
let discounted: string;
let couponCode: string;

beforeAll(async () => {
  shop = await openTestOrders();
  productId = await shop.addProduct(100);
  const account = await shop.openAccount({ owner: "alice", currency: "USD", balance: 100_000n });
  const byBalance = { paymentMethod: "balance", accountId: account } as const;
  sold = (
    await shop.place(
      [
        [productId, 3],
        [productId, 2],
      ],
      byBalance,
    )
  ).id;
  await shop.act(sold, shipOrder(shop.services, { ...NO_TRACKING, items: [{ lineNo: 1, quantity: 2 }] }));
  const back = { items: [{ lineNo: 1, quantity: 1, restock: true }], refund: true, reason: "too small" };
  await shop.act(sold, returnItems(shop.services, back));
  await shop.act(sold, refundOrder({ amountMinor: 100n, reason: "a scratch" }));
  await shop.act(sold, deliverOrder({}));
  waiting = (await shop.place([[productId, 4]])).id;
  const paid = await shop.place([[productId, 1]]);
  for (const attempt of await shop.openAttempts())
    if (String(attempt.paymentId) === paid.payment.id) await shop.settle(attempt, "succeeded");
  await shop.act(paid.id, shipOrder(shop.services, NO_TRACKING));
  cancelled = (await shop.place([[productId, 1]], byBalance)).id;
  await shop.act(cancelled, cancelOrder({}), ALICE);
  const asset = shop.assets.byCode("USD");
  if (asset === undefined) throw new Error("no dollar");
  const items = [{ productId, quantity: 2, unitPrice: 333n, restock: true }];
  const request = { items, customerId: null, asset, accountId: account, reason: "broken" };
  couponCode = await shop.addCoupon({ usageLimit: 5 });
  discounted = (await shop.place([[productId, 1]], { couponCode })).id;
  note = (await shop.carryOut(await buildCreditNoteCommand(shop.services, { actor: STAFF }, request))).id;
});
afterAll(() => shop.close());
beforeEach(async () => expect((await verifyOrders(shop.db)).differences).toEqual([]));

/** Changes rows behind everybody's back, looks, and puts them back. */
async function tamper(change: string, back: string) {
  await shop.db.unsafe(
    `SET session_replication_role = replica; ${change}; SET session_replication_role = origin`,
  );
  const { differences } = await verifyOrders(shop.db);
  await shop.db.unsafe(
    `SET session_replication_role = replica; ${back}; SET session_replication_role = origin`,
  );
  return differences;
}

it("finds nothing where all agrees, and after a stamp only what is open or new", async () => {
  const all = await verifyOrders(shop.db);
  expect(all).toEqual({ differences: [], orderCount: 5 });
  const { orderCount } = await verifyOrders(shop.db, { since: Number.MAX_SAFE_INTEGER });
  expect(orderCount).toBe(3);
});

it("finds totals that are not those of the lines, and prices that are not those of the units", async () => {
  const totals = await tamper(
    `UPDATE orders.orders SET net = net - 1, total = total - 1 WHERE id = ${waiting}`,
    `UPDATE orders.orders SET net = net + 1, total = total + 1 WHERE id = ${waiting}`,
  );
  expect(totals[0]).toMatchObject({
    check: "order_totals",
    orderId: Number(waiting),
    expected: "40.00 net, 8.00 tax, 48.00 total, 0.00 credited, 0.00 discount USD",
  });
  const gone = await tamper(
    `UPDATE orders.lines SET order_id = 7 WHERE order_id = ${waiting}`,
    `UPDATE orders.lines SET order_id = ${waiting} WHERE order_id = 7`,
  );
  expect(gone[0]).toMatchObject({ check: "order_totals", what: "order 7 does not exist, and lines name it" });
  const price = await tamper(
    `UPDATE orders.lines SET unit_price = 999 WHERE order_id = ${waiting}`,
    `UPDATE orders.lines SET unit_price = 1000 WHERE order_id = ${waiting}`,
  );
  expect(price).toMatchObject([
    { check: "order_prices", expected: "39.96 net, 7.99 tax USD", stored: "40.00 net, 8.00 tax USD" },
  ]);
});

it("finds more or less shipped, returned or credited than shipments and credit notes say", async () => {
  const shipped = await tamper(
    `UPDATE orders.lines SET shipped = 3 WHERE order_id = ${sold} AND line_no = 1`,
    `UPDATE orders.lines SET shipped = 2 WHERE order_id = ${sold} AND line_no = 1`,
  );
  expect(shipped.map(({ check }) => check)).toEqual(["order_progress", "order_holds"]);
  const lost = await tamper(
    `UPDATE orders.shipment_lines SET line_no = 9 WHERE line_no = 1 AND quantity = 2`,
    `UPDATE orders.shipment_lines SET line_no = 1 WHERE line_no = 9`,
  );
  expect(lost.map(({ check }) => check)).toContain("order_progress");
  const credited = await tamper(
    `UPDATE orders.orders SET credited = 1200 WHERE id = ${sold}`,
    `UPDATE orders.orders SET credited = 1300 WHERE id = ${sold}`,
  );
  expect(credited.map(({ check }) => check)).toEqual(["order_totals", "order_credits", "order_payments"]);
  const notes = await tamper(
    `UPDATE orders.credit_notes SET net = net + 1, total = total + 1 WHERE id = ${note}`,
    `UPDATE orders.credit_notes SET net = net - 1, total = total - 1 WHERE id = ${note}`,
  );
  expect(notes).toMatchObject([
    { check: "order_credits", creditNoteId: Number(note) },
    { check: "order_refunds", creditNoteId: Number(note) },
  ]);
});

it("finds states that do not go with the rest, and timelines that do not lead to them", async () => {
  const ended = await tamper(
    `UPDATE orders.orders SET state = 8, expires_at = NULL WHERE id = ${waiting}`,
    `UPDATE orders.orders SET state = 1, expires_at = 4000000000000000 WHERE id = ${waiting}`,
  );
  expect(ended).toMatchObject([
    { check: "order_progress", expected: expect.stringContaining("4 cancelled") },
    { check: "order_states", what: `order ${waiting} (EXPIRED) has ended and holds stock` },
    { check: "order_timelines" },
    { check: "order_holds", expected: "0 units", stored: "4" },
  ]);
  const stuck = await tamper(
    `UPDATE orders.orders SET state = 3 WHERE id = ${cancelled}; UPDATE orders.entries SET to_state = 3 WHERE order_id = ${cancelled}`,
    `UPDATE orders.orders SET state = 6 WHERE id = ${cancelled}; UPDATE orders.entries SET to_state = 6 WHERE order_id = ${cancelled}`,
  );
  expect(stuck).toMatchObject([
    { check: "order_progress", expected: expect.stringContaining("0 cancelled") },
  ]);
  const gap = await tamper(
    `UPDATE orders.entries SET seq = 99 WHERE order_id = ${sold} AND seq = 3`,
    `UPDATE orders.entries SET seq = 3 WHERE order_id = ${sold} AND seq = 99`,
  );
  expect(gap).toMatchObject([{ check: "order_timelines", orderId: Number(sold) }]);
  const product = await tamper(
    `UPDATE orders.lines SET product_id = 99999 WHERE order_id = ${cancelled}`,
    `UPDATE orders.lines SET product_id = ${productId} WHERE order_id = ${cancelled}`,
  );
  expect(product).toMatchObject([{ check: "order_products", orderId: Number(cancelled) }]);
});

it("finds units said to be short that are held, and units cancelled that no credit note has", async () => {
  const setLine = (set: string) => `UPDATE orders.lines SET ${set} WHERE order_id = ${waiting}`;
  expect(await tamper(setLine("short = 1"), setLine("short = 0"))).toMatchObject([
    { check: "order_holds", orderId: Number(waiting), expected: "3 units", stored: "4" },
  ]);
  const cancelledLine = await tamper(setLine("cancelled = 1"), setLine("cancelled = 0"));
  expect(cancelledLine).toMatchObject([
    { check: "order_progress", stored: expect.stringContaining("1 cancelled") },
    { check: "order_holds" },
  ]);
  const setOrder = (amount: number) => `UPDATE orders.orders SET cancelled = ${amount} WHERE id = ${waiting}`;
  expect(await tamper(setOrder(100), setOrder(0))).toMatchObject([
    { check: "order_credits", stored: "0.00 credited, 0.00 of it never paid, 1.00 of it cancelled USD" },
  ]);
});

it("finds units held for nobody, lines that hold too little, and holds of another", async () => {
  const [line] = await shop.db<{ hold_ids: string; stock_account_ids: string }[]>`
    SELECT hold_ids::text, stock_account_ids::text FROM orders.lines WHERE order_id = ${waiting}`;
  const holdId = Number(line?.hold_ids.slice(1, -1));
  const back = `UPDATE orders.lines SET hold_ids = '${line?.hold_ids}', stock_account_ids = '${line?.stock_account_ids}' WHERE order_id = ${waiting}`;
  const orphan = await tamper(
    `UPDATE orders.lines SET hold_ids = '{}', stock_account_ids = '{}' WHERE order_id = ${waiting}`,
    back,
  );
  expect(orphan).toMatchObject([
    { check: "order_holds", expected: "4 units", stored: "0" },
    { check: "order_holds", holdId, what: `hold ${holdId} keeps units for an order, and no order names it` },
  ]);
  const unknown = await tamper(`UPDATE orders.lines SET hold_ids = '{77}' WHERE order_id = ${waiting}`, back);
  expect(unknown.map(({ what }) => what).join()).toContain("names hold 77, which is not there");
  const released = await tamper(
    `UPDATE ledger.holds SET state = 3, closed_at = 1 WHERE id = ${holdId}`,
    `UPDATE ledger.holds SET state = 1, closed_at = NULL WHERE id = ${holdId}`,
  );
  expect(released).toMatchObject([{ check: "order_holds", orderId: Number(waiting), holdId }]);
  const little = await tamper(
    `UPDATE ledger.holds SET amount = 3 WHERE id = ${holdId}`,
    `UPDATE ledger.holds SET amount = 4 WHERE id = ${holdId}`,
  );
  expect(little).toMatchObject([{ check: "order_holds", expected: "4 units", stored: "3" }]);
});

it("finds shipments that the ledger does not know, and returns that it booked otherwise", async () => {
  const shipped = await tamper(
    `UPDATE orders.shipment_lines SET stock_account_id = 5 WHERE quantity = 2`,
    `UPDATE orders.shipment_lines SET stock_account_id = (SELECT max(stock_account_id) FROM orders.shipment_lines) WHERE quantity = 2`,
  );
  expect(shipped).toMatchObject([{ check: "order_shipments", orderId: Number(sold) }]);
  const returned = await tamper(
    `UPDATE orders.credit_note_lines SET stock_journal_id = stock_journal_id + 1 WHERE stock_journal_id IS NOT NULL AND order_line_no IS NOT NULL`,
    `UPDATE orders.credit_note_lines SET stock_journal_id = stock_journal_id - 1 WHERE stock_journal_id IS NOT NULL AND order_line_no IS NOT NULL`,
  );
  expect(returned).toMatchObject([{ check: "order_returns", orderId: Number(sold) }]);
  const elsewhere = await tamper(
    `UPDATE orders.credit_note_lines SET location_id = 9 WHERE stock_journal_id IS NOT NULL AND order_line_no IS NOT NULL`,
    `UPDATE orders.credit_note_lines SET location_id = 1 WHERE stock_journal_id IS NOT NULL AND order_line_no IS NOT NULL`,
  );
  expect(elsewhere).toMatchObject([
    { check: "order_returns", what: expect.stringContaining("back at location 9, and account") },
  ]);
  const units = await tamper(
    `DELETE FROM orders.shipment_lines WHERE quantity = 2 RETURNING *`,
    `INSERT INTO orders.shipment_lines SELECT s.id, 1, h.id, h.debit_account_id, 2 FROM orders.shipments s, ledger.holds h
     WHERE s.order_id = ${sold} AND h.state = 2 AND h.captured = 2`,
  );
  expect(units.map(({ check }) => check)).toEqual(["order_progress", "order_units"]);
});

it("finds money that does not go with the order: kept after its end, not its own, or enough and not noticed", async () => {
  const [row] = await shop.db<
    { id: bigint }[]
  >`SELECT payment_id AS id FROM orders.orders WHERE id = ${cancelled}`;
  const paymentId = Number(row?.id);
  const kept = await tamper(
    `UPDATE payments.payments SET voided = 0 WHERE id = ${paymentId}`,
    `UPDATE payments.payments SET voided = authorized WHERE id = ${paymentId}`,
  );
  expect(kept).toMatchObject([{ check: "order_payments", orderId: Number(cancelled), paymentId }]);
  const foreign = await tamper(
    `UPDATE orders.orders SET payment_id = 99 WHERE id = ${cancelled}`,
    `UPDATE orders.orders SET payment_id = ${paymentId} WHERE id = ${cancelled}`,
  );
  expect(foreign[0]?.what).toContain("names payment 99, which is not its own");
  const unnoticed = await tamper(
    `UPDATE payments.payments SET authorized = amount, captured = amount WHERE order_id = ${waiting}`,
    `UPDATE payments.payments SET authorized = 0, captured = 0 WHERE order_id = ${waiting}`,
  );
  expect(unnoticed).toMatchObject([
    {
      check: "order_payments",
      what: `order ${waiting} (PENDING) may take the step "pay" by itself and has not`,
    },
  ]);
  const refund = await tamper(
    `UPDATE orders.credit_notes SET refund_id = 5 WHERE order_id = ${sold} AND kind = 'return'`,
    `UPDATE orders.credit_notes SET refund_id = (SELECT min(id) FROM payments.attempts a WHERE act = 'refund') WHERE order_id = ${sold} AND kind = 'return'`,
  );
  expect(refund).toMatchObject([{ check: "order_refunds", orderId: Number(sold) }]);
});

it("finds uses of coupons that are not those of the orders, and discounts that are not those of the lines", async () => {
  const orderId = Number(discounted);
  const check = "order_coupons";
  const missing = await tamper(
    `UPDATE promotions.uses SET order_id = 7 WHERE order_id = ${discounted}`,
    `UPDATE promotions.uses SET order_id = ${discounted} WHERE order_id = 7`,
  );
  expect(missing).toMatchObject([{ check, orderId, what: expect.stringContaining("has no use of it") }]);
  const stray = await tamper(
    `INSERT INTO promotions.uses (order_id, code) VALUES (${waiting}, '${couponCode}')`,
    `DELETE FROM promotions.uses WHERE order_id = ${waiting}`,
  );
  expect(stray).toMatchObject([{ check, orderId: Number(waiting) }]);
  const returned = await tamper(
    `UPDATE promotions.uses SET returned_at = 1 WHERE order_id = ${discounted}`,
    `UPDATE promotions.uses SET returned_at = NULL WHERE order_id = ${discounted}`,
  );
  expect(returned).toMatchObject([{ check, orderId }]);
  const discount = await tamper(
    `UPDATE orders.orders SET discount = 99 WHERE id = ${discounted}`,
    `UPDATE orders.orders SET discount = 100 WHERE id = ${discounted}`,
  );
  expect(discount).toMatchObject([{ check: "order_totals", orderId }]);
  await shop.db`UPDATE promotions.coupons SET used = 2 WHERE code = ${couponCode}`;
  const miscounted = await verifyCoupons(shop.db);
  await shop.db`UPDATE promotions.coupons SET used = 1 WHERE code = ${couponCode}`;
  expect(miscounted).toMatchObject([{ check: "coupon_uses", couponCode, expected: "1", stored: "2" }]);
  expect(await verifyCoupons(shop.db)).toEqual([]);
});
