import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestShop, type TestShop } from "../../shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterAll(() => shop?.app.stop());

interface Sold {
  readonly orderId: string;
  readonly account: string;
}

/** An order of 12.00, paid from a balance and shipped unless told otherwise. */
async function sell({ isShipped = true } = {}): Promise<Sold> {
  const product = await shop.addProduct({ price: "10.00" });
  const account = await shop.openAccount("alice", "100.00");
  const items = [{ product_id: product.id, quantity: 1 }];
  const order = { items, payment_method: "balance", account_id: account };
  const { body } = await shop.alice("POST", "/orders", { body: order });
  if (isShipped) await expectDone(shop.staff("POST", `/orders/${body.id}/ship`));
  return { orderId: body.id, account };
}

async function expectDone(answer: ReturnType<TestShop["staff"]>) {
  const { status, body } = await answer;
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  return body;
}

async function transactionsOf(account: string, type: string) {
  const { items } = (await shop.staff("GET", `/transactions?account_id=${account}&type=${type}`)).body;
  return items;
}

/** A credit note of 5.00 to Alice that names no order, and what it paid. */
async function giveGoodwill(account: string) {
  const body = {
    items: [{ description: "Goodwill", quantity: 1, unit_price: "5.00" }],
    currency: "USD",
    customer_id: "alice",
    external_customer: true,
    account_id: account,
    reason: "sorry",
  };
  const note = await expectDone(shop.staff("POST", "/credit-notes", { body }));
  const [paid] = await transactionsOf(account, "ORDER_REFUND");
  return { note, paid };
}

function refusedFor(type: string, id: string) {
  return { status: 422, body: { code: "owned_by_another", owned_by: { type, id } } };
}

describe("F6-1 what an order owns is moved by its commands alone", () => {
  it("refuses to reverse its sale, and refunds it once", async () => {
    const { orderId, account } = await sell();
    const [sale] = await transactionsOf(account, "ORDER_PAYMENT");
    expect(await shop.staff("POST", `/transactions/${sale.id}/reverse`)).toMatchObject(
      refusedFor("order", orderId),
    );
    expect(await shop.balanceOf(account)).toMatchObject({ balance: "88.00" });
    await expectDone(shop.staff("POST", `/orders/${orderId}/refunds`, { body: { reason: "broken" } }));
    const [refund] = await transactionsOf(account, "ORDER_REFUND");
    expect(await shop.staff("POST", `/transactions/${refund.id}/reverse`)).toMatchObject(
      refusedFor("order", orderId),
    );
    expect(await shop.balanceOf(account)).toMatchObject({ balance: "100.00" });
  });

  it("refuses to capture or release the hold of its money, and ships it then", async () => {
    const { orderId, account } = await sell({ isShipped: false });
    const { items } = (await shop.staff("GET", `/holds?account_id=${account}`)).body;
    for (const act of ["capture", "release"])
      expect(await shop.staff("POST", `/holds/${items[0].id}/${act}`)).toMatchObject(
        refusedFor("order", orderId),
      );
    await expectDone(shop.staff("POST", `/orders/${orderId}/ship`));
    expect(await shop.balanceOf(account)).toMatchObject({ balance: "88.00", held: "0.00" });
  });

  it("refuses to release or capture the hold of its stock, and to reverse what came back", async () => {
    const { orderId } = await sell({ isShipped: false });
    const [line] = await shop.app.db<{ hold_ids: bigint[] }[]>`
      SELECT hold_ids FROM orders.lines WHERE order_id = ${orderId}`;
    for (const act of ["capture", "release"])
      expect(await shop.staff("POST", `/holds/${line?.hold_ids[0]}/${act}`)).toMatchObject(
        refusedFor("order", orderId),
      );
    await expectDone(shop.staff("POST", `/orders/${orderId}/ship`));
    const body = { items: [{ line: 1, quantity: 1 }], reason: "wrong size" };
    await expectDone(shop.staff("POST", `/orders/${orderId}/returns`, { body }));
    const [back] = await shop.app.db<{ id: bigint }[]>`
      SELECT max(stock_journal_id) AS id FROM orders.credit_note_lines`;
    expect(await shop.staff("POST", `/transactions/${back?.id}/reverse`)).toMatchObject(
      refusedFor("order", orderId),
    );
  });

  it("refuses to reverse what was paid outside", async () => {
    const product = await shop.addProduct({ price: "10.00" });
    const items = [{ product_id: product.id, quantity: 1 }];
    const order = { items, payment_method: "invoice", customer_id: "alice", external_customer: true };
    const { body: placed } = await shop.staff("POST", "/orders", { body: order });
    await expectDone(shop.staff("POST", `/orders/${placed.id}/pay`));
    const [captured] = await shop.app.db<{ id: bigint }[]>`
      SELECT max(journal_id) AS id FROM payments.events WHERE type = 'captured'`;
    expect(await shop.staff("POST", `/transactions/${captured?.id}/reverse`)).toMatchObject(
      refusedFor("order", placed.id),
    );
  });

  it("refuses to reverse what a credit note paid out", async () => {
    const account = await shop.openAccount("alice", "1.00");
    const { note, paid } = await giveGoodwill(account);
    expect(await shop.staff("POST", `/transactions/${paid.id}/reverse`)).toMatchObject(
      refusedFor("credit_note", note.id),
    );
  });

  it("names whose it is: in a transaction, in a hold, and in lists of holds", async () => {
    const { orderId, account } = await sell({ isShipped: false });
    const owned_by = { type: "order", id: orderId };
    const { items } = (await shop.staff("GET", `/holds?account_id=${account}`)).body;
    expect(items).toMatchObject([{ owned_by }]);
    const holdId = items[0].id;
    expect((await shop.alice("GET", `/holds/${holdId}`)).body).toMatchObject({ owned_by });
    expect((await shop.alice("GET", `/transactions/${holdId}`)).body).toMatchObject({ owned_by });
    await expectDone(shop.staff("POST", `/orders/${orderId}/ship`));
    const [sale] = await transactionsOf(account, "ORDER_PAYMENT");
    expect((await shop.alice("GET", `/transactions/${sale.id}`)).body).toMatchObject({ owned_by });
    await expectDone(shop.staff("POST", `/orders/${orderId}/refunds`, { body: { reason: "broken" } }));
    const [refund] = await transactionsOf(account, "ORDER_REFUND");
    expect((await shop.staff("GET", `/transactions/${refund.id}`)).body).toMatchObject({ owned_by });
  });

  it("names a credit note that names no order, and nobody where nobody owns it", async () => {
    const account = await shop.openAccount("alice", "9.00");
    const { note, paid } = await giveGoodwill(account);
    const owned_by = { type: "credit_note", id: note.id };
    expect((await shop.staff("GET", `/transactions/${paid.id}`)).body).toMatchObject({ owned_by });
    const [deposit] = await transactionsOf(account, "DEPOSIT");
    expect((await shop.staff("GET", `/transactions/${deposit.id}`)).body).toMatchObject({ owned_by: null });
    const hold = { account_id: account, amount: "1.00", currency: "USD" };
    const placed = await expectDone(shop.staff("POST", "/holds", { body: hold }));
    expect(placed).toMatchObject({ owned_by: null });
    expect((await shop.staff("GET", `/holds/${placed.id}`)).body).toMatchObject({ owned_by: null });
  });

  it("still lets staff reverse what nobody owns", async () => {
    const account = await shop.openAccount("alice", "7.00");
    const [deposit] = await transactionsOf(account, "DEPOSIT");
    expect(await shop.staff("POST", `/transactions/${deposit.id}/reverse`)).toMatchObject({ status: 201 });
  });
});
