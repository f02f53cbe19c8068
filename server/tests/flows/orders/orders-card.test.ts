import { afterAll, beforeAll, expect, it } from "vitest";
import { verifyOrders } from "../../../src/modules/orders/index.ts";
import type { TestAnswer } from "../../app.ts";
import { openTestShop, type TestShop } from "../../shop.ts";

const patiently = { timeout: 20_000, interval: 20 };
let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop({ PAYMENT_SANDBOX_DELAY_MS: "300", PAYMENT_TIMEOUT_MS: "400" });
});
afterAll(() => shop?.app.stop());

type Body = TestAnswer["body"];
const get = async (id: string): Promise<Body> => (await shop.staff("GET", `/orders/${id}`)).body;
const post = (path: string, body?: object) => shop.staff("POST", path, body === undefined ? {} : { body });
const until = async (id: string, fields: object): Promise<Body> => {
  await expect.poll(() => get(id), patiently).toMatchObject(fields);
  return get(id);
};
const eventsOf = (order: Body): string[] => order.timeline.map((entry: Body) => entry.event);
const reserved = async (productId: number) => (await shop.stockOf(productId)).reserved;

async function place(token?: string, quantity = 2): Promise<{ id: string; productId: number }> {
  const product = await shop.addProduct({ price: "10.00", initial_quantity: 5 });
  const placed = await shop.alice("POST", "/orders", {
    body: {
      items: [{ product_id: product.id, quantity }],
      payment_method: "credit_card",
      ...(token === undefined ? {} : { payment_token: token }),
    },
  });
  expect(placed, JSON.stringify(placed.body)).toMatchObject({
    status: 201,
    body: { status: "PENDING", payment_status: "requested" },
  });
  return { id: placed.body.id, productId: product.id };
}

it("confirms an order as soon as its card is charged, and ships and returns it in parts", async () => {
  const { id, productId } = await place(undefined, 3);
  expect(await reserved(productId)).toBe(3);
  const paid = await until(id, { status: "CONFIRMED", payment_status: "captured", expires_at: null });
  expect(eventsOf(paid)).toEqual(["placed", "payment_changed", "confirmed"]);
  const first = await post(`/orders/${id}/ship`, {
    items: [{ line: 1, quantity: 2 }],
    carrier: "DHL",
    tracking_number: "JD014600003",
    tracking_url: "https://dhl.example/JD014600003",
  });
  expect(first).toMatchObject({
    status: 201,
    body: {
      order: { status: "PROCESSING", fulfilment: "partly" },
      shipment: { tracking_number: "JD014600003", items: [{ line: 1, quantity: 2 }] },
    },
  });
  const tooMany = await post(`/orders/${id}/ship`, { items: [{ line: 1, quantity: 2 }] });
  expect(tooMany).toMatchObject({ status: 422, body: { code: "quantity_exceeds_open" } });
  expect(await post(`/orders/${id}/deliver`, { shipment_id: first.body.shipment.id })).toMatchObject({
    status: 200,
    body: { fulfilment: "partly" },
  });
  const returned = await post(`/orders/${id}/returns`, {
    items: [{ line: 1, quantity: 1, restock: false }],
    reason: "broken",
  });
  expect(returned).toMatchObject({
    status: 201,
    body: { credit_note: { total: "12.00", refunded: "12.00", items: [{ restocked: false }] } },
  });
  expect(await post(`/orders/${id}/ship`)).toMatchObject({
    status: 201,
    body: { order: { status: "COMPLETED", fulfilment: "shipped" } },
  });
  expect(await shop.stockOf(productId)).toMatchObject({ on_hand: 2, reserved: 0 });
  await until(id, { payment_status: "partly_refunded", payment: { refunded: "12.00" } });
  expect(await post(`/orders/${id}/deliver`)).toMatchObject({ body: { fulfilment: "delivered" } });
  const rest = await post(`/orders/${id}/refunds`, { reason: "lost on the way" });
  expect(rest).toMatchObject({ status: 201, body: { credit_note: { total: "24.00" } } });
  await until(id, { payment_status: "refunded", credited: "36.00" });
  expect(await post(`/orders/${id}/refunds`, { reason: "again" })).toMatchObject({
    status: 422,
    body: { code: "credit_exceeds_open" },
  });
});

it("makes one order of one key, however often it is sent, and pays one order once", async () => {
  const product = await shop.addProduct({ price: "10.00", initial_quantity: 5 });
  const items = [{ product_id: product.id, quantity: 1 }];
  const request = {
    headers: { "idempotency-key": "order-1" },
    body: { items, payment_method: "credit_card", payment_token: "tok_declined" },
  };
  const answers = await Promise.all([1, 2, 3].map(() => shop.alice("POST", "/orders", request)));
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
  const ids = new Set(answers.map(({ body }) => body.id));
  expect(ids.size).toBe(1);
  expect(await reserved(product.id)).toBe(1);
  const other = { ...request, body: { ...request.body, payment_token: "tok_ok" } };
  expect((await shop.alice("POST", "/orders", other)).status).toBe(422);
  const [id = ""] = ids;
  await until(id, { payment_status: "failed" });
  const pay = () => shop.alice("POST", `/orders/${id}/pay`, { body: { payment_method: "credit_card" } });
  const paid = await Promise.all([pay(), pay(), pay()]);
  expect(paid.filter(({ status }) => status === 200)).toHaveLength(1);
  const order = await until(id, { status: "CONFIRMED" });
  expect(order.payments).toMatchObject([{ captured: "0.00" }, { captured: "12.00" }]);
  expect((await shop.alice("GET", "/orders/none")).status).toBe(400);
  expect((await shop.alice("GET", "/orders/7")).body.code).toBe("order_not_found");
});

it("leaves an order whose card was declined to be paid with another", async () => {
  const { id, productId } = await place("tok_declined");
  await until(id, {
    status: "PENDING",
    payment_status: "failed",
    payment: { failure_code: "card_declined" },
  });
  expect(await post(`/orders/${id}/ship`)).toMatchObject({ status: 409, body: { code: "order_not_paid" } });
  const again = await shop.alice("POST", `/orders/${id}/pay`, { body: { payment_method: "credit_card" } });
  expect(again).toMatchObject({ status: 200, body: { status: "PENDING", payment_status: "requested" } });
  const paid = await until(id, { status: "CONFIRMED" });
  expect(paid.payments).toMatchObject([{ status: "failed" }, { status: "captured" }]);
  expect(await reserved(productId)).toBe(2);
  expect(await shop.alice("POST", `/orders/${id}/pay`)).toMatchObject({
    status: 409,
    body: { code: "order_paid" },
  });
  expect((await shop.bob("POST", `/orders/${id}/pay`)).status).toBe(404);
});

it("cancels an order that nobody paid, and one that was paid, whose money goes back first", async () => {
  const unpaid = await place("tok_declined");
  await until(unpaid.id, { payment_status: "failed" });
  const cancelled = await shop.alice("POST", `/orders/${unpaid.id}/cancel`, { body: { reason: "too slow" } });
  expect(cancelled).toMatchObject({ status: 200, body: { status: "CANCELLED", cancel_pending: false } });
  expect(await reserved(unpaid.productId)).toBe(0);

  const paid = await place();
  await until(paid.id, { status: "CONFIRMED" });
  const asked = await shop.alice("POST", `/orders/${paid.id}/cancel`);
  expect(asked).toMatchObject({
    status: 200,
    body: { status: "CONFIRMED", cancel_pending: true, payment_status: "cancelling" },
  });
  expect(await reserved(paid.productId)).toBe(0);
  const done = await until(paid.id, { status: "CANCELLED", payment_status: "refunded" });
  expect(done).toMatchObject({ cancel_pending: false, payment: { captured: "24.00", refunded: "24.00" } });
  expect(await shop.alice("POST", `/orders/${paid.id}/cancel`)).toMatchObject({
    status: 409,
    body: { code: "order_state_forbids" },
  });
  expect((await shop.bob("POST", `/orders/${paid.id}/cancel`)).status).toBe(404);
});

it("failure 14: an order cancelled while its card is being charged waits, and what was charged goes back", async () => {
  const { id, productId } = await place("tok_late_webhooks");
  const asked = await shop.alice("POST", `/orders/${id}/cancel`, { body: { reason: "changed my mind" } });
  expect(asked).toMatchObject({ status: 200, body: { status: "PENDING", cancel_pending: true } });
  expect(await reserved(productId)).toBe(0);
  expect(await shop.alice("POST", `/orders/${id}/pay`)).toMatchObject({
    status: 409,
    body: { code: "order_cancel_pending" },
  });
  const done = await until(id, { status: "CANCELLED" });
  expect(done.payment.captured).toBe(done.payment.refunded);
  expect(eventsOf(done)).toContain("cancel_requested");
  expect(eventsOf(done).at(-1)).toBe("cancelled");
});

it("gives money back that comes for an order after it has ended", async () => {
  const { id } = await place("tok_3ds");
  const waiting = await until(id, { payment_status: "action_required" });
  const page = new URL(waiting.payment.action_url).pathname;
  expect(await shop.alice("POST", `/orders/${id}/cancel`)).toMatchObject({ body: { cancel_pending: true } });
  await shop.app.call("POST", page, { body: {} });
  const done = await until(id, { status: "CANCELLED" });
  expect(done.payment.captured).toBe(done.payment.refunded);
});

it("changes lines and addresses before payment, prices and stock as of now, and afterwards what its card allows", async () => {
  const { id, productId } = await place("tok_declined");
  await until(id, { payment_status: "failed" });
  const other = await shop.addProduct({ price: "5.00", initial_quantity: 1 });
  const items = [
    { product_id: productId, quantity: 4 },
    { product_id: other.id, quantity: 1 },
  ];
  const edited = await shop.alice("PATCH", `/orders/${id}`, {
    body: { items, shipping_address: { street: "1 New Street", city: "Anytown" } },
  });
  expect(edited).toMatchObject({ status: 200, body: { status: "PENDING", net: "45.00", total: "54.00" } });
  expect(await reserved(productId)).toBe(4);
  expect(await reserved(other.id)).toBe(1);
  const tooMany = await shop.alice("PATCH", `/orders/${id}`, {
    body: { items: [{ product_id: other.id, quantity: 2 }] },
  });
  expect(tooMany).toMatchObject({
    status: 422,
    body: { code: "insufficient_stock", errors: [{ field: "items[0].quantity" }] },
  });
  expect(await reserved(productId)).toBe(4);
  const { version } = edited.body;
  const stale = { headers: { "if-match": `"${version - 1}"` }, body: { reference: "PO 7" } };
  expect((await shop.alice("PATCH", `/orders/${id}`, stale)).body.code).toBe("version_mismatch");
  await shop.alice("POST", `/orders/${id}/pay`, { body: { payment_method: "credit_card" } });
  await until(id, { status: "CONFIRMED", shipping_address: { street: "1 New Street" } });
  const more = items.map((item, index) => ({ ...item, quantity: item.quantity + (index === 0 ? 1 : 0) }));
  const charged = await shop.alice("PATCH", `/orders/${id}`, { body: { items: more } });
  expect(charged).toMatchObject({ status: 200, body: { status: "CONFIRMED" } });
  await until(id, { due: "0.00", payment_status: "captured" });
  expect(await shop.alice("PATCH", `/orders/${id}`, { body: { shipping_address: null } })).toMatchObject({
    status: 200,
    body: {},
  });
  await post(`/orders/${id}/ship`);
  const late = await shop.alice("PATCH", `/orders/${id}`, { body: { shipping_address: { city: "X" } } });
  expect(late).toMatchObject({ status: 409, body: { code: "order_shipped" } });
});

it("lets customers cancel until the warehouse has the order, and staff until something is shipped", async () => {
  const { id } = await place();
  await until(id, { status: "CONFIRMED" });
  expect(await shop.alice("POST", `/orders/${id}/steps`, { body: { to: "QUEUED" } })).toMatchObject({
    status: 403,
  });
  expect(await post(`/orders/${id}/steps`, { to: "QUEUED", note: "for today" })).toMatchObject({
    status: 200,
    body: { status: "QUEUED" },
  });
  expect(await shop.alice("POST", `/orders/${id}/cancel`)).toMatchObject({
    status: 403,
    body: { code: "order_change_not_allowed" },
  });
  expect(await post(`/orders/${id}/steps`, { to: "COMPLETED" })).toMatchObject({
    status: 409,
    body: { code: "order_not_shipped" },
  });
  await post(`/orders/${id}/steps`, { to: "PROCESSING" });
  expect(await post(`/orders/${id}/steps`, { to: "QUEUED" })).toMatchObject({
    status: 409,
    body: { code: "order_state_forbids" },
  });
  expect(await post(`/orders/${id}/cancel`, { reason: "sold out" })).toMatchObject({ status: 200 });
  await until(id, { status: "CANCELLED" });
});

it("failure 23: a chargeback shows on the order as money at risk", async () => {
  const { id } = await place("tok_dispute");
  await until(id, { status: "CONFIRMED", payment_status: "disputed", payment: { at_risk: "24.00" } });
});

it("leaves nothing that does not agree", async () => {
  expect((await verifyOrders(shop.app.db)).differences).toEqual([]);
});
