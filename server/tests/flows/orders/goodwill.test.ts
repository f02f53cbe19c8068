import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openTestShop, type TestShop } from "../../shop.ts";
import { findDifferences } from "../../verified.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterAll(() => shop?.app.stop());
afterEach(async () => expect(await findDifferences(shop.app.db)).toEqual([]));

interface Sold {
  readonly id: string;
  readonly account: string;
}

/** Paid from a balance of 100.00 and shipped: one line for each price without tax, of so many units. */
async function sell(...lines: readonly { price: string; quantity: number }[]): Promise<Sold> {
  const account = await shop.openAccount("alice", "100.00");
  const items: object[] = [];
  for (const { price, quantity } of lines)
    items.push({ product_id: (await shop.addProduct({ price })).id, quantity });
  const body = {
    items,
    customer_id: "alice",
    external_customer: true,
    payment_method: "balance",
    account_id: account,
  };
  const placed = await shop.staff("POST", "/orders", { body });
  expect(placed.status, JSON.stringify(placed.body)).toBe(201);
  expect((await shop.staff("POST", `/orders/${placed.body.id}/ship`)).status).toBe(201);
  return { id: placed.body.id, account };
}

async function refund(id: string, amount: string) {
  const { status, body } = await shop.staff("POST", `/orders/${id}/refunds`, {
    body: { amount, reason: "late" },
  });
  expect(status, JSON.stringify(body)).toBe(201);
  return body.credit_note;
}

/** What a return of so many units of a line pays back. */
async function giveBack(id: string, line: number, quantity = 1): Promise<string> {
  const body = { items: [{ line, quantity }], reason: "unwanted" };
  const answer = await shop.staff("POST", `/orders/${id}/returns`, { body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body.credit_note.refunded;
}

describe("F6-13 a refund that names no line", () => {
  it("is every line's by what it is worth, and each gives back the rest later", async () => {
    const { id, account } = await sell({ price: "10.00", quantity: 1 }, { price: "10.00", quantity: 1 });
    const note = await refund(id, "12.00");
    expect(note).toMatchObject({
      total: "12.00",
      tax: "2.00",
      items: [
        { order_line: 1, total: "6.00", tax: "1.00" },
        { order_line: 2, total: "6.00", tax: "1.00" },
      ],
    });
    expect(await giveBack(id, 1)).toBe("6.00");
    expect(await giveBack(id, 2)).toBe("6.00");
    expect(await shop.balanceOf(account)).toMatchObject({ balance: "100.00" });
  });

  it("leaves no cent over where it does not divide, whatever comes back in which order", async () => {
    const { id, account } = await sell(
      { price: "3.33", quantity: 3 },
      { price: "0.07", quantity: 2 },
      { price: "11.11", quantity: 1 },
    );
    expect((await refund(id, "5.01")).items).toHaveLength(3);
    await giveBack(id, 2, 1);
    await refund(id, "0.99");
    await giveBack(id, 3);
    await giveBack(id, 1, 2);
    await giveBack(id, 2, 1);
    await giveBack(id, 1, 1);
    expect(await shop.balanceOf(account)).toMatchObject({ balance: "100.00" });
    const more = await shop.staff("POST", `/orders/${id}/refunds`, { body: { amount: "0.01", reason: "x" } });
    expect(more).toMatchObject({ status: 422, body: { code: "credit_exceeds_open" } });
  });

  it("lowers what each unit of a line gives back, and not that of the last to nothing", async () => {
    const { id } = await sell({ price: "10.00", quantity: 2 });
    await refund(id, "12.00");
    expect(await giveBack(id, 1)).toBe("6.00");
    expect(await giveBack(id, 1)).toBe("6.00");
  });

  it("pays first for goods that came back without their money", async () => {
    const { id } = await sell({ price: "10.00", quantity: 1 }, { price: "10.00", quantity: 1 });
    const body = { items: [{ line: 1, quantity: 1 }], refund: false, reason: "to be looked at" };
    await shop.staff("POST", `/orders/${id}/returns`, { body });
    expect((await refund(id, "12.00")).items).toMatchObject([{ order_line: 1, total: "12.00" }]);
    expect(await giveBack(id, 2)).toBe("12.00");
  });
});
