// F6-10: goods were stopped because their money went back, and the refund came to nothing: staff refund again, or go on with the order.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { TestAnswer } from "../../app.ts";
import { openTestShop, type TestShop } from "../../shop.ts";
import { findDifferences } from "../../verified.ts";

const patiently = { timeout: 20_000, interval: 25 };
let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop({ PAYMENT_SANDBOX_DELAY_MS: "50", PAYMENT_POLL_MS: "25" });
});
afterEach(async () => {
  expect(await findDifferences(shop.app.db)).toEqual([]);
});
afterAll(() => shop?.app.stop());

type Body = TestAnswer["body"];
const read = async (id: string): Promise<Body> => (await shop.staff("GET", `/orders/${id}`)).body;

async function until(id: string, fields: object): Promise<Body> {
  await expect.poll(() => read(id), patiently).toMatchObject(fields);
  return read(id);
}

/** Two lines, paid by a card whose refunds fail; the named lines were refunded in vain, or all without names. */
async function refundInVain(lines: readonly number[] = []) {
  const products = [
    await shop.addProduct({ initial_quantity: 3 }),
    await shop.addProduct({ initial_quantity: 3 }),
  ];
  const { id } = await shop.done("POST", "/orders", {
    items: products.map((product) => ({ product_id: product.id, quantity: 2 })),
    customer_id: "alice",
    external_customer: true,
    payment_method: "credit_card",
    payment_token: "tok_refund_fails",
  });
  const order = await until(id, { status: "CONFIRMED" });
  const items = lines.map((line) => ({ line, amount: order.items[line - 1].total }));
  const refund = { reason: "sold out", ...(items.length === 0 ? {} : { items }) };
  await shop.done("POST", `/orders/${id}/refunds`, refund);
  await until(id, { credited: "0.00", payment: { refunded: "0.00" } });
  return { id, refund, products: products.map((product) => product.id as number) };
}

const reserved = async (productId: number | undefined) => (await shop.stockOf(productId ?? 0)).reserved;

describe("F6-10 a refund that came to nothing", () => {
  it("leaves its line stopped until staff go on with it: its units are reserved and shipped", async () => {
    const { id, products } = await refundInVain([1]);
    expect(await read(id)).toMatchObject({ items: [{ shipping_stop: "refunded" }, { shipping_stop: null }] });
    expect(await reserved(products[0])).toBe(0);
    const lifted = await shop.done("POST", `/orders/${id}/reserve`);
    expect(lifted).toMatchObject({
      shipping_stop: null,
      items: [{ shipping_stop: null, short: 0 }, { short: 0 }],
    });
    expect(await reserved(products[0])).toBe(2);
    expect((await shop.staff("POST", `/orders/${id}/reserve`)).body.code).toBe("nothing_short");
    await shop.done("POST", `/orders/${id}/ship`);
    await until(id, { status: "COMPLETED", items: [{ shipped: 2 }, { shipped: 2 }] });
  });

  it("leaves its order stopped until then, with what is gone from stock short", async () => {
    const { id, products } = await refundInVain();
    const refused = await shop.staff("POST", `/orders/${id}/ship`);
    expect(refused).toMatchObject({ status: 409, body: { code: "shipping_stopped" } });
    await shop.done("POST", `/orders`, {
      items: [{ product_id: products[0], quantity: 2 }],
      payment_method: "invoice",
    });
    const lifted = await shop.done("POST", `/orders/${id}/reserve`);
    expect(lifted).toMatchObject({ shipping_stop: null, items: [{ short: 1 }, { short: 0 }] });
    expect(await reserved(products[1])).toBe(2);
    const shipped = await shop.done("POST", `/orders/${id}/ship`);
    expect(shipped.order.items).toMatchObject([{ shipped: 1 }, { shipped: 2 }]);
  });

  it("is begun again, and what has come back is not lifted", async () => {
    const { id, refund } = await refundInVain([2]);
    await shop.done("POST", `/orders/${id}/refunds`, refund);
    await until(id, { credited: "0.00", payment: { refunded: "0.00" } });
    const { credit_notes } = await read(id);
    expect(credit_notes.map(({ kind }: Body) => kind)).toEqual(["refund", "reversal", "refund", "reversal"]);
    const paid = await shop.openAccount("alice", "100.00");
    const product = await shop.addProduct();
    const other = await shop.buy(paid, product.id, 1);
    await shop.done("POST", `/orders/${other.id}/refunds`, { reason: "sold out" });
    const stopped = await shop.staff("POST", `/orders/${other.id}/reserve`);
    expect(stopped).toMatchObject({ status: 409, body: { code: "shipping_stopped" } });
    expect((await shop.alice("POST", `/orders/${id}/reserve`)).status).toBe(403);
  });

  it("is gone on with once, by two at once", async () => {
    const { id, products } = await refundInVain([1]);
    const answers = await Promise.all([1, 2].map(() => shop.staff("POST", `/orders/${id}/reserve`)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(await reserved(products[0])).toBe(2);
  });
});
