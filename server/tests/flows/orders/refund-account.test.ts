import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { TestAnswer } from "../../app.ts";
import { openTestShop, type ShopCaller, type TestShop } from "../../shop.ts";
import { findDifferences } from "../../verified.ts";

let shop: TestShop;
let operator: ShopCaller;
let service: ShopCaller;
beforeAll(async () => {
  shop = await openTestShop({ ENABLE_FRAUD_CHECK: "false" });
  const as = async (role: "operator" | "service", name: string): Promise<ShopCaller> => {
    const token = await shop.app.token(role, name);
    return (method, path, request = {}) => shop.app.call(method, `/api/v1${path}`, { ...request, token });
  };
  operator = await as("operator", "olga");
  service = await as("service", "till");
});
afterEach(async () => {
  expect(await findDifferences(shop.app.db)).toEqual([]);
});
afterAll(() => shop?.app.stop());

type Body = TestAnswer["body"];
type AccountState = "open" | "frozen" | "closed";

async function done(answer: Promise<TestAnswer>): Promise<Body> {
  const { status, body } = await answer;
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  return body;
}

interface Sold {
  readonly id: string;
  readonly paymentId: string;
  /** The account that paid. */
  readonly account: string;
}

/** Two units of 12.00 of Alice's, charged; shipped unless they are to be cancelled. The account that paid is then in that state. */
async function sell(
  state: AccountState,
  { isShipped = true, payer = "alice" }: { isShipped?: boolean; payer?: string } = {},
): Promise<Sold> {
  const product = await shop.addProduct({ price: "10.00" });
  const account = await shop.openAccount(payer, "24.00");
  const { id, payment } = await shop.buy(account, product.id, 2);
  if (isShipped) await done(shop.staff("POST", `/orders/${id}/ship`));
  else await done(shop.staff("POST", `/payments/${payment.id}/capture`));
  if (state !== "open") await done(shop.staff("PATCH", `/accounts/${account}`, { body: { state } }));
  return { id, paymentId: payment.id, account };
}

/** Gives money of the sale back; answers what went to the account named. */
interface Door {
  readonly isShipped: boolean;
  readonly amount: string;
  readonly give: (by: ShopCaller, sold: Sold, to: object) => Promise<TestAnswer>;
}

const DOORS: Readonly<Record<string, Door>> = {
  "POST /payments/{id}/refunds": {
    isShipped: true,
    amount: "5.00",
    give: (by, { paymentId }, to) =>
      by("POST", `/payments/${paymentId}/refunds`, { body: { amount: "5.00", ...to } }),
  },
  "POST /orders/{id}/refunds": {
    isShipped: true,
    amount: "5.00",
    give: (by, { id }, to) =>
      by("POST", `/orders/${id}/refunds`, { body: { amount: "5.00", reason: "late", ...to } }),
  },
  "POST /orders/{id}/returns": {
    isShipped: true,
    amount: "12.00",
    give: (by, { id }, to) => {
      const body = { items: [{ line: 1, quantity: 1 }], reason: "back", ...to };
      return by("POST", `/orders/${id}/returns`, { body });
    },
  },
  "POST /orders/{id}/cancel": {
    isShipped: false,
    amount: "24.00",
    give: (by, { id }, to) => by("POST", `/orders/${id}/cancel`, { body: { reason: "no", ...to } }),
  },
  "POST /orders/{id}/cancel with items": {
    isShipped: false,
    amount: "12.00",
    give: (by, { id }, to) => {
      const body = { items: [{ line: 1, quantity: 1 }], ...to };
      return by("POST", `/orders/${id}/cancel`, { body });
    },
  },
  "PATCH /orders/{id} to fewer units": {
    isShipped: false,
    amount: "12.00",
    give: async (by, { id }, to) => {
      const { items } = (await by("GET", `/orders/${id}`)).body;
      const kept = [{ product_id: items[0].product_id, quantity: 1 }];
      return by("PATCH", `/orders/${id}`, { body: { items: kept, ...to } });
    },
  },
};
const FIELD = { field: "refund_to_account_id", pointer: "#/refund_to_account_id" };
const refund = (by: ShopCaller, { id }: Sold, to: string) =>
  by("POST", `/orders/${id}/refunds`, {
    body: { amount: "5.00", reason: "late", refund_to_account_id: to },
  });

describe.each(Object.entries(DOORS))("F6-8 %s", (_name, { isShipped, amount, give }) => {
  it.each(["closed", "frozen"] as const)(
    "refuses an account that is %s, and names the field that leads on",
    async (state) => {
      const sold = await sell(state, { isShipped });
      const refused = await give(shop.staff, sold, {});
      expect(refused, JSON.stringify(refused.body)).toMatchObject({
        status: 422,
        body: { code: `account_${state}`, account_id: sold.account, errors: [FIELD] },
      });
      expect(refused.body.detail).toContain(`account ${sold.account}, which paid, is ${state}`);
    },
  );

  it("gives the money to another account of who paid", async () => {
    const sold = await sell("closed", { isShipped });
    const to = await shop.openAccount("alice");
    await done(give(shop.staff, sold, { refund_to_account_id: to }));
    expect(await shop.balanceOf(to)).toMatchObject({ balance: amount });
    const payment = (await shop.staff("GET", `/payments/${sold.paymentId}`)).body;
    expect(payment).toMatchObject({ refunded: amount });
    expect(payment.attempts.at(-1)).toMatchObject({ act: "refund", refund_to_account_id: to });
    const event = payment.events.findLast(({ type }: Body) => type === "refunded");
    expect(event).toMatchObject({ account_id: to });
    expect((await shop.staff("GET", `/transactions/${event.transaction_id}`)).body).toMatchObject({
      type: "ORDER_REFUND",
      amount,
      owned_by: { type: "order", id: sold.id },
    });
    const order = (await shop.staff("GET", `/orders/${sold.id}`)).body;
    if (order.status !== "CANCELLED") expect(order.credit_notes.at(-1)).toMatchObject({ account_id: to });
  });

  it("goes to the account that paid where that is named, and where none is", async () => {
    const sold = await sell("open", { isShipped });
    await done(give(shop.staff, sold, { refund_to_account_id: sold.account }));
    expect(await shop.balanceOf(sold.account)).toMatchObject({ balance: amount });
    const { attempts } = (await shop.staff("GET", `/payments/${sold.paymentId}`)).body;
    expect(attempts.at(-1)).toMatchObject({ refund_to_account_id: null });
  });
});

describe("F6-8 who may name which account", () => {
  async function expectRefused(answer: Promise<TestAnswer>, code = "refund_account_not_allowed") {
    const { status, body } = await answer;
    expect({ status, body }, JSON.stringify(body)).toMatchObject({
      status: code === "account_not_found" ? 404 : 422,
      body: { code, errors: [FIELD] },
    });
  }

  it("staff another account of who paid, whatever state the one that paid is in", async () => {
    for (const state of ["open", "frozen", "closed"] as const)
      await done(refund(service, await sell(state), await shop.openAccount("alice")));
  });

  it("nobody another's while the account that paid is open", async () => {
    const sold = await sell("open");
    for (const by of [shop.staff, operator, service])
      await expectRefused(refund(by, sold, await shop.openAccount("bob")));
  });

  it("an operator another's where the account that paid is closed or frozen, on the trail; no program, and never their own", async () => {
    const sold = await sell("closed");
    const bobs = await shop.openAccount("bob");
    await expectRefused(refund(service, sold, bobs));
    await expectRefused(refund(operator, sold, await shop.openAccount("olga")));
    await done(refund(operator, sold, bobs));
    await done(refund(shop.staff, await sell("frozen"), bobs));
    expect(await shop.balanceOf(bobs)).toMatchObject({ balance: "10.00" });
    const trail = async () =>
      (await shop.staff("GET", `/audit?event=order.refund&resource_id=${sold.id}`)).body.items;
    await expect.poll(trail, { timeout: 30_000 }).toContainEqual(
      expect.objectContaining({
        outcome: "success",
        actor_id: "olga",
        details: expect.objectContaining({ refund_to_account_id: bobs }),
      }),
    );
  });

  it("nobody one that takes nothing, is in another currency, is the house's, or is none", async () => {
    const sold = await sell("closed");
    const shut = await shop.openAccount("alice");
    await done(shop.staff("PATCH", `/accounts/${shut}`, { body: { state: "closed" } }));
    expect(await refund(shop.staff, sold, shut)).toMatchObject({
      status: 422,
      body: { code: "account_closed", account_id: shut, errors: [FIELD] },
    });
    const euros = { owner_id: "alice", external_owner: true, currency: "EUR" };
    const { id } = await done(shop.staff("POST", "/accounts", { body: euros }));
    await expectRefused(refund(shop.staff, sold, id), "asset_mismatch");
    const [house] = await shop.app.db<{ id: bigint }[]>`
      SELECT min(id) AS id FROM ledger.accounts WHERE system`;
    for (const none of [String(house?.id), "999999999"])
      await expectRefused(refund(shop.staff, sold, none), "account_not_found");
    const malformed = await refund(shop.staff, sold, "x");
    expect(malformed).toMatchObject({ status: 400, body: { errors: [FIELD] } });
  });

  it("customers who cancel an account of their own, unless the one that paid was not theirs, or is frozen", async () => {
    const cancel = (sold: Sold, to: string, by = shop.alice) =>
      by("POST", `/orders/${sold.id}/cancel`, { body: { refund_to_account_id: to } });
    const [own, bobs] = [await shop.openAccount("alice"), await shop.openAccount("bob")];
    const sold = await sell("closed", { isShipped: false });
    await expectRefused(cancel(sold, bobs), "account_not_found");
    expect((await cancel(sold, bobs, shop.bob)).body.code).toBe("order_not_found");
    expect(await cancel(sold, own)).toMatchObject({ status: 200, body: { status: "CANCELLED" } });
    expect(await shop.balanceOf(own)).toMatchObject({ balance: "24.00" });
    const ofBob = await sell("closed", { isShipped: false, payer: "bob" });
    await expectRefused(cancel(ofBob, own), "account_not_found");
    await expectRefused(cancel(await sell("frozen", { isShipped: false }), own));
  });

  it("nobody any for what was not paid from a balance", async () => {
    const product = await shop.addProduct({ price: "10.00" });
    const items = [{ product_id: product.id, quantity: 1 }];
    const own = await shop.openAccount("alice");
    const invoice = { items, customer_id: "alice", external_customer: true, payment_method: "invoice" };
    const { id, payment } = await done(shop.staff("POST", "/orders", { body: invoice }));
    await done(shop.staff("POST", `/orders/${id}/pay`));
    await expectRefused(refund(shop.staff, { id, paymentId: payment.id, account: own }, own));
    const card = { items, customer_id: "alice", external_customer: true, payment_method: "credit_card" };
    const sold = await done(shop.staff("POST", "/orders", { body: card }));
    const read = async () => (await shop.staff("GET", `/orders/${sold.id}`)).body.status;
    await expect.poll(read, { timeout: 20_000 }).toBe("CONFIRMED");
    const body = { amount: "1.00", refund_to_account_id: own };
    await expectRefused(shop.staff("POST", `/payments/${sold.payment.id}/refunds`, { body }));
  });
});
