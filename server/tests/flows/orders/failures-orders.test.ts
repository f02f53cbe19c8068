// The rows of FAILURES about orders and stock, on two desks that share a database: to the book they are two processes. Row 14 stands
// in orders-card.test.ts, rows 15 and 16 in orders-upkeep.test.ts, row 24 in orders-staff.test.ts, those of stock alone in the inventory.
import { afterAll, beforeAll, expect, it } from "vitest";
import { cancelOrder } from "../../../src/modules/orders/changing/cancel-order.ts";
import { editOrder } from "../../../src/modules/orders/changing/edit-order.ts";
import { shipOrder } from "../../../src/modules/orders/fulfilment/ship-order.ts";
import { buildPlacingCommand, expireOrders, verifyOrders } from "../../../src/modules/orders/index.ts";
import { getPayment } from "../../../src/modules/payments/index.ts";
import { customer, keyed, STAFF } from "../../desk.ts";
import { ALICE, NO_TRACKING, openTestOrders, type TestOrders } from "../../orders.ts";

let shop: TestOrders;
let other: TestOrders;
beforeAll(async () => {
  shop = await openTestOrders();
  other = await openTestOrders({ databaseUrl: shop.databaseUrl });
});
afterAll(async () => {
  expect((await verifyOrders(shop.db)).differences).toEqual([]);
  await other.close();
  await shop.close();
});

const codesOf = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
  outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.code] : []));
const countRows = async () => {
  const [row] = await shop.db<{ counts: string }[]>`
    SELECT concat_ws(' ', (SELECT count(*) FROM orders.orders), (SELECT count(*) FROM orders.lines), (SELECT count(*) FROM orders.entries),
      (SELECT count(*) FROM orders.addresses), (SELECT count(*) FROM payments.payments), (SELECT count(*) FROM payments.attempts),
      (SELECT count(*) FROM payments.events), (SELECT count(*) FROM ledger.holds), (SELECT count(*) FROM ledger.transfers),
      (SELECT count(*) FROM jobs.outbox)) AS counts`;
  return row?.counts;
};

it("failure 1: of sixty buyers of the last ten units at two processes ten get one, and each of the others is told", async () => {
  const productId = await shop.addProduct(10);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? shop : other).place([[productId, 1]])),
  );
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
  expect(new Set(codesOf(outcomes))).toEqual(new Set(["insufficient_stock"]));
  expect(await shop.levels(productId)).toEqual({ balance: 10n, held: 10n });
});

it("failure 2: an order with two lines of one product asks for both, and gets both or neither", async () => {
  const productId = await shop.addProduct(5);
  const lines = [
    [productId, 3],
    [productId, 3],
  ] as const;
  await expect(shop.place(lines)).rejects.toMatchObject({
    code: "insufficient_stock",
    details: { fields: [{ field: "items[1].quantity" }], available: 2 },
  });
  expect(await shop.levels(productId)).toEqual({ balance: 5n, held: 0n });
  const { id } = await shop.place(
    [
      [productId, 3],
      [productId, 2],
    ],
    { paymentMethod: "invoice" },
  );
  expect(await shop.levels(productId)).toEqual({ balance: 5n, held: 5n });
  await shop.act(id, cancelOrder({}));
  expect(await shop.levels(productId)).toEqual({ balance: 5n, held: 0n });
});

it("failure 4: orders of (a, b) and of (b, a) at two processes never wait for each other", async () => {
  const [a, b] = [await shop.addProduct(1_000), await shop.addProduct(1_000)];
  const placed = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0
        ? shop.place([
            [a, 1],
            [b, 2],
          ])
        : other.place([
            [b, 1],
            [a, 2],
          ]),
    ),
  );
  expect(placed).toHaveLength(40);
  expect([(await shop.levels(a)).held, (await shop.levels(b)).held]).toEqual([60n, 60n]);
  await Promise.all(
    placed.map(({ id }, index) => (index % 3 === 0 ? shop : other).act(id, cancelOrder({}), ALICE)),
  );
  for (const attempt of await shop.openAttempts()) await shop.settle(attempt, "failed");
  expect([(await shop.levels(a)).held, (await shop.levels(b)).held]).toEqual([0n, 0n]);
});

it("failure 5: the browser's return and the webhook tell of one payment at once, and it completes once", async () => {
  const productId = await shop.addProduct(5);
  const { id, payment } = await shop.place([[productId, 1]]);
  const told = [
    { type: "authorized", totalMinor: 1_200n },
    { type: "captured", totalMinor: 1_200n, isFinal: true },
  ] as const;
  await Promise.all([
    shop.tell(payment.id, ...told),
    other.tell(payment.id, ...told),
    shop.tell(payment.id, ...told),
    other.tell(payment.id, told[0]),
  ]);
  expect(await shop.stateOf(id)).toBe("CONFIRMED");
  const entries =
    await shop.db`SELECT event FROM orders.entries WHERE order_id = ${id} AND event = 'confirmed'`;
  expect(entries).toHaveLength(1);
  expect(await getPayment(shop.db, Number(payment.id))).toMatchObject({ capturedMinor: 1_200n });
});

it("failure 8: stock is held before it is paid; money that comes when the stock is gone goes back, and the order tells of it", async () => {
  const productId = await shop.addProduct(1);
  const late = await shop.place([[productId, 1]]);
  await expect(other.place([[productId, 1]])).rejects.toMatchObject({ code: "insufficient_stock" });
  const [attempt] = (await shop.openAttempts()).filter(
    ({ paymentId }) => String(paymentId) === late.payment.id,
  );
  if (attempt === undefined) throw new Error("nothing is under way");
  await shop.settle(attempt, "failed");
  await shop.db`UPDATE orders.orders SET expires_at = 1 WHERE id = ${late.id}`;
  await expireOrders(shop.services);
  const { id } = await other.place([[productId, 1]]);
  await shop.tell(late.payment.id, { type: "captured", totalMinor: 1_200n, isFinal: true });
  expect(await getPayment(shop.db, attempt.paymentId)).toMatchObject({
    capturedMinor: 1_200n,
    refundingMinor: 1_200n,
  });
  const [refund] = (await shop.openAttempts()).filter(({ paymentId }) => paymentId === attempt.paymentId);
  if (refund === undefined) throw new Error("no refund is under way");
  await shop.settle(refund, "succeeded");
  expect(await getPayment(shop.db, attempt.paymentId)).toMatchObject({ refundedMinor: 1_200n });
  expect([await shop.stateOf(late.id), await shop.stateOf(id)]).toEqual(["FAILED", "PENDING"]);
  expect(await shop.levels(productId)).toEqual({ balance: 1n, held: 1n });
});

it("failure 12: an order that fails takes back nothing of another's, for nothing is ever compensated", async () => {
  const productId = await shop.addProduct(10);
  const accountId = await shop.openAccount({ owner: "alice", currency: "USD", balance: 1_500n });
  const byBalance = { paymentMethod: "balance", accountId } as const;
  const orders = await Promise.allSettled([1, 2, 3].map(() => shop.place([[productId, 1]], byBalance)));
  const [placed, ...others] = orders.filter(({ status }) => status === "fulfilled");
  expect(others).toEqual([]);
  for (const order of orders)
    if (order.status === "rejected") expect(order.reason).toMatchObject({ code: "insufficient_funds" });
  expect(await shop.balanceOf(accountId)).toEqual({ balance: 1_500n, held: 1_200n });
  expect(await shop.levels(productId)).toMatchObject({ held: 1n });
  const events =
    await shop.db`SELECT type FROM payments.events JOIN payments.payments p ON p.id = payment_id WHERE p.account_id = ${accountId}`;
  expect(events.map(({ type }) => type)).toEqual(["authorized"]);
  expect(placed).toMatchObject({ value: { status: "CONFIRMED" } });
});

it("failure 13: where any part of an order cannot be written, nothing of it is there", async () => {
  const productId = await shop.addProduct(5);
  const before = await countRows();
  const parts = ["orders.lines", "payments.events", "ledger.holds", "jobs.outbox", "orders.addresses"];
  for (const table of parts) {
    await shop.db.unsafe(`
      CREATE FUNCTION public.break_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$;
      CREATE TRIGGER break_it BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION public.break_it()`);
    const placing = shop.place([[productId, 1]], { shippingAddress: { city: "Anytown" } });
    await expect(placing, table).rejects.toThrow("the disk is full");
    await shop.db.unsafe(`DROP FUNCTION public.break_it() CASCADE`);
    expect(await countRows(), table).toBe(before);
    expect(await shop.levels(productId), table).toEqual({ balance: 5n, held: 0n });
  }
  await shop.place([[productId, 5]]);
});

it("failure 13: a refused order leaves no hold, no payment and no event", async () => {
  const [plenty, few] = [await shop.addProduct(50), await shop.addProduct(1)];
  const account = await shop.openAccount({ owner: "alice", currency: "USD", balance: 100n });
  const before = await countRows();
  const poor = shop.place(
    [
      [plenty, 2],
      [few, 1],
    ],
    { paymentMethod: "balance", accountId: account },
  );
  await expect(poor).rejects.toMatchObject({ code: "insufficient_funds" });
  await expect(
    shop.place([
      [plenty, 2],
      [few, 2],
    ]),
  ).rejects.toMatchObject({ code: "insufficient_stock" });
  expect(await countRows()).toBe(before);
  expect(await shop.balanceOf(account)).toEqual({ balance: 100n, held: 0n });
});

it("failure 17: of two edits of one order against one version one is made, and the other is told the version that is there", async () => {
  const productId = await shop.addProduct(50);
  const { id, version } = await shop.place([[productId, 1]], { paymentMethod: "invoice" });
  const edit = (at: TestOrders, quantity: number) =>
    at.act(
      id,
      editOrder(at.services, { actor: ALICE }, { items: [{ productId, quantity }], versions: [version] }),
      ALICE,
    );
  const outcomes = await Promise.allSettled([edit(shop, 2), edit(other, 3)]);
  expect(codesOf(outcomes)).toEqual(["version_mismatch"]);
  const won = outcomes.find((outcome) => outcome.status === "fulfilled")?.value;
  expect((await shop.levels(productId)).held).toBe(BigInt(won.items[0].quantity));
});

it("failure 17: edits and acts of many at two processes come one after the other, and none is lost", async () => {
  const productId = await shop.addProduct(500);
  const { id } = await shop.place([[productId, 1]], { paymentMethod: "invoice" });
  const edits = Array.from({ length: 8 }, (_, index) => {
    const at = index % 2 === 0 ? shop : other;
    const items = [
      { productId, quantity: 1 },
      { productId, quantity: index + 1 },
    ];
    return at.act(id, editOrder(at.services, { actor: STAFF }, { items }));
  });
  const outcomes = await Promise.allSettled(edits);
  expect(new Set(codesOf(outcomes)).difference(new Set(["try_again"]))).toEqual(new Set());
  const made = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  expect(new Set(made.map(({ version }) => version)).size).toBe(made.length);
  const last = made.reduce((latest, each) => (each.version > latest.version ? each : latest));
  expect((await shop.levels(productId)).held).toBe(BigInt(last.items[0].quantity + last.items[1].quantity));
});

it("failure 18: a sweep that another process makes at the same time ends each order once", async () => {
  const productId = await shop.addProduct(50);
  const placed = await Promise.all(
    Array.from({ length: 12 }, () => shop.place([[productId, 1]], { paymentMethod: "invoice" })),
  );
  await shop.db`UPDATE orders.orders SET expires_at = 1 WHERE id = ANY(${placed.map(({ id }) => id)}::bigint[])`;
  await Promise.all([expireOrders(shop.services), expireOrders(other.services)]);
  const ended = await shop.db<{ order_id: bigint; count: number }[]>`
    SELECT order_id, count(*)::int AS count FROM orders.entries WHERE order_id = ANY(${placed.map(({ id }) => id)}::bigint[])
      AND event = 'expired' GROUP BY order_id`;
  expect(ended.map(({ count }) => count)).toEqual(Array.from({ length: 12 }, () => 1));
  expect(await shop.levels(productId)).toEqual({ balance: 50n, held: 0n });
});

it("failure 20: each event of an order is in the outbox with the fact it tells of, and in the order of the facts", async () => {
  const productId = await shop.addProduct(5);
  const { id, payment } = await shop.place([[productId, 1]]);
  await shop.tell(payment.id, { type: "captured", totalMinor: 1_200n, isFinal: true });
  await shop.act(id, shipOrder(shop.services, NO_TRACKING));
  const events = await shop.db<{ topic: string }[]>`
    SELECT topic FROM jobs.outbox WHERE topic LIKE 'order.%' AND payload::jsonb ->> 'id' = ${id} ORDER BY id`;
  expect(events.map(({ topic }) => topic)).toEqual([
    "order.placed",
    "order.payment_changed",
    "order.confirmed",
    "order.shipped",
    "order.completed",
  ]);
});

it("failure 22: of two hundred buyers at two processes ten use a coupon that may be used ten times, and each of the others is told", async () => {
  const productId = await shop.addProduct(1_000);
  const couponCode = await shop.addCoupon({ usageLimit: 10 });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 200 }, (_, index) =>
      (index % 2 === 0 ? shop : other).place([[productId, 1]], { couponCode, customerId: `buyer ${index}` }),
    ),
  );
  const placed = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  expect(placed.map(({ discount, total }) => [discount, total])).toEqual(Array(10).fill(["1.00", "10.80"]));
  expect(new Set(codesOf(outcomes))).toEqual(new Set(["coupon_used_up"]));
  expect(await shop.usesOf(couponCode)).toBe(10);
  expect(await shop.levels(productId)).toEqual({ balance: 1_000n, held: 10n });
});

it("failure 22: a customer uses a coupon as often as one customer may, also in one batch; a repeated key takes no second use", async () => {
  const productId = await shop.addProduct(100);
  const couponCode = await shop.addCoupon({ customerLimit: 2, usageLimit: 3 });
  const asAlice = () => shop.place([[productId, 1]], { couponCode });
  const outcomes = await Promise.allSettled([asAlice(), asAlice(), asAlice(), asAlice(), asAlice()]);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
  expect(new Set(codesOf(outcomes))).toEqual(new Set(["coupon_already_used"]));
  await expect(shop.place([[productId, 1]], { couponCode, customerId: null })).rejects.toMatchObject({
    code: "coupon_needs_customer",
  });
  const bob = customer("bob");
  const items = [{ productId, quantity: 1 }];
  const asset = shop.assets.byCode("USD");
  if (asset === undefined) throw new Error("no dollar");
  const request = { items, asset, couponCode, customerId: "bob", paymentMethod: "credit_card" as const };
  const addresses = { shippingAddress: null, billingAddress: null };
  const caller = { actor: bob, key: keyed(bob, "once") };
  const command = () => buildPlacingCommand(shop.services, caller, { ...request, ...addresses });
  const answers = await Promise.all([1, 2, 3].map(async () => shop.carryOut(await command())));
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  expect(await shop.usesOf(couponCode)).toBe(3);
});

it("failure 22: a use comes back when its order ends unpaid, once, or cancelled, and stays used when the order was sold", async () => {
  const productId = await shop.addProduct(100);
  const couponCode = await shop.addCoupon({ usageLimit: 1, customerLimit: 1 });
  const place = (fields = {}) => shop.place([[productId, 1]], { couponCode, ...fields });
  const cancelled = await place();
  const twice = [shop, other].map((each) => each.act(cancelled.id, cancelOrder({}), ALICE));
  await Promise.allSettled(twice);
  expect(await shop.usesOf(couponCode)).toBe(0);
  const expired = await place({ paymentMethod: "invoice" });
  await expect(other.place([[productId, 1]], { couponCode })).rejects.toMatchObject({
    code: "coupon_used_up",
  });
  await shop.db`UPDATE orders.orders SET expires_at = 1 WHERE id = ${expired.id}`;
  await expireOrders(shop.services);
  expect([await shop.stateOf(expired.id), await shop.usesOf(couponCode)]).toEqual(["EXPIRED", 0]);
  const paid = await place();
  for (const attempt of await shop.openAttempts())
    if (String(attempt.paymentId) === paid.payment.id) await shop.settle(attempt, "succeeded");
  const twiceMore = [shop, other].map((each) => each.act(paid.id, cancelOrder({})));
  await Promise.allSettled(twiceMore);
  expect(await shop.usesOf(couponCode)).toBe(0);
  const sold = await place();
  for (const attempt of await shop.openAttempts())
    if (String(attempt.paymentId) === sold.payment.id) await shop.settle(attempt, "succeeded");
  await shop.act(sold.id, shipOrder(shop.services, NO_TRACKING));
  await expect(shop.act(sold.id, cancelOrder({}))).rejects.toMatchObject({ code: "order_state_forbids" });
  expect(await shop.usesOf(couponCode)).toBe(1);
  const uses =
    await shop.db`SELECT returned_at IS NULL AS kept FROM promotions.uses WHERE code = ${couponCode} ORDER BY order_id`;
  expect(uses.map(({ kept }) => kept)).toEqual([false, false, false, true]);
});
