import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestShop, type TestShop } from "../../shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
  await shop.staff("POST", "/exchange-rates", { body: { base: "USD", quote: "EUR", rate: "0.9" } });
});
afterAll(() => shop?.app.stop());

interface Listed {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly account_id: string | null;
  readonly to_account_id: string | null;
  readonly amount: string;
  readonly currency: string;
}

/** What a completed transaction changed of the account, in hundredths, as its document says. */
function changeOf(account: string, { type, status, account_id, to_account_id, amount }: Listed): number {
  if (status !== "COMPLETED") return 0;
  const minor = Math.round(Number(amount) * 100);
  const isIn = to_account_id === account || (type === "DEPOSIT" && account_id === account);
  return isIn ? minor : -minor;
}

describe("F6-2 the amount of a transaction is what it moved of the account that looks", () => {
  it("adds up to the balance, whatever was booked on it", async () => {
    const [dollars, { body: euros }] = [
      await shop.openAccount("alice", "100.00"),
      await shop.staff("POST", "/accounts", {
        body: { owner_id: "alice", external_owner: true, currency: "EUR" },
      }),
    ];
    const product = await shop.addProduct({ price: "10.00" });
    const items = [{ product_id: product.id, quantity: 1 }];
    const order = { items, payment_method: "balance", account_id: dollars };
    const { body: placed } = await shop.alice("POST", "/orders", { body: order });
    await shop.staff("POST", `/orders/${placed.id}/ship`);
    await shop.staff("POST", `/orders/${placed.id}/refunds`, { body: { amount: "7.00", reason: "late" } });
    const exchange = { account_id: dollars, to_account_id: euros.id, amount: "20.00" };
    const { body: exchanged } = await shop.alice("POST", "/exchanges", { body: exchange });
    await shop.alice("POST", "/exchanges", { body: { ...exchange, amount: "10.00" } });
    const reversed = await shop.staff("POST", `/transactions/${exchanged.id}/reverse`);
    expect(reversed).toMatchObject({ status: 201, body: { amount: "18.00", currency: "EUR" } });
    for (const account of [dollars, euros.id]) {
      const { items: listed } = (await shop.staff("GET", `/transactions?account_id=${account}`)).body;
      const { balance, currency } = await shop.balanceOf(account);
      const sum = listed.reduce((total: number, each: Listed) => total + changeOf(account, each), 0);
      expect((sum / 100).toFixed(2), JSON.stringify(listed)).toBe(balance);
      expect(new Set(listed.map((each: Listed) => each.currency))).toEqual(new Set([currency]));
    }
    const { items: refunds } = (await shop.alice("GET", "/transactions?type=ORDER_REFUND")).body;
    expect(refunds).toMatchObject([{ amount: "7.00", account_id: null, to_account_id: dollars }]);
    expect((await shop.alice("GET", `/transactions/${refunds[0].id}`)).body).toMatchObject({
      amount: "7.00",
    });
    expect((await shop.staff("GET", `/transactions/${refunds[0].id}`)).body).toMatchObject({
      amount: "7.00",
    });
  });
});
