import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PERMISSIONS } from "../../../src/http/permissions.ts";
import type { TestAnswer } from "../../app.ts";
import { openTestShop, type ShopCaller, type TestShop } from "../../shop.ts";

/** A block of three outgoing in a minute, and of whatever is above 500.00. */
const RISK_RULES = JSON.stringify([
  { rule: "many_in_short_time", count: 3, seconds: 60, block: true },
  { rule: "large_amount", above: "500", block: true },
]);

let shop: TestShop;
let guarded: TestShop;
/** One request a minute that moves money. */
let limited: TestShop;
let key: { owner: string; as: ShopCaller };
beforeAll(async () => {
  guarded = await openTestShop({ RISK_RULES });
  shop = await openTestShop({ RISK_RULES: "[]", STEP_UP_LIMITS: '{"USD":"100"}' });
  limited = await openTestShop({ RISK_RULES: "[]", RATE_LIMIT_MONEY: "1" });
  key = await openKey(shop);
});
afterAll(async () => {
  await shop?.app.stop();
  await guarded?.app.stop();
  await limited?.app.stop();
});

interface Payer {
  readonly at: TestShop;
  /** Whose account it is. */
  readonly owner: string;
  readonly as: ShopCaller;
  readonly account: string;
  readonly productId: number;
}

/** With 400.00, beside a product of 1.20. */
async function openPayer(at: TestShop, as: ShopCaller, owner = "alice"): Promise<Payer> {
  const account = await at.openAccount(owner, "400.00");
  const { id: productId } = await at.addProduct({ price: "1.00", initial_quantity: 1_000_000 });
  return { at, as, owner, account, productId };
}

async function customerOf({ app }: TestShop, name: string): Promise<ShopCaller> {
  const token = await app.token("customer", name);
  return (method, path, request = {}) => app.call(method, `/api/v1${path}`, { ...request, token });
}

function balanceIn({ balance, held }: TestAnswer["body"]) {
  return { balance, held };
}

/** A person with an API key that may order and pay, and lacks payments:large. */
async function openKey({ app }: TestShop): Promise<{ owner: string; as: ShopCaller }> {
  const [username, password] = ["ada", "correct horse battery staple"];
  const body = { username, password, email: "ada@example.com" };
  const { id: owner } = (await app.call("POST", "/auth/register", { body })).body;
  const session = (await app.call("POST", "/auth/login", { body: { username, password } })).body;
  const scopes = ["transactions:write", "orders:write", "orders:read", "trading:write"];
  const made = await app.call("POST", "/api/v1/users/me/api-keys", {
    token: session.access_token,
    body: { name: "shop", scopes },
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const token = made.body.key;
  return {
    owner,
    as: (method, path, request = {}) => app.call(method, `/api/v1${path}`, { ...request, token }),
  };
}

/** Pays so many times 1.20 through a door. */
type Door = (payer: Payer, times: number) => Promise<TestAnswer>;

function amountOf(times: number): string {
  return (times * 1.2).toFixed(2);
}

const DOORS: Readonly<Record<string, Door>> = {
  placeTradeOrder: async (payer, times) =>
    payer.as("POST", "/trade-orders", { body: await purchase(payer, times) }),
  placeTradeOrderPair: async (payer, times) => {
    const order = await purchase(payer, times);
    const orders = [order, { ...order, limit_price: "1.10" }];
    return payer.as("POST", "/trade-orders/pairs", { body: { orders } });
  },
  postTransaction: ({ as, account }, times) =>
    as("POST", "/transactions", {
      body: { type: "withdrawal", account_id: account, amount: amountOf(times), currency: "USD" },
    }),
  postTransactions: ({ as, account }, times) => {
    const one = { type: "withdrawal", account_id: account, amount: amountOf(times), currency: "USD" };
    return as("POST", "/transactions/batch", { body: { mode: "atomic", transactions: [one] } });
  },
  exchangeCurrency: async ({ at, as, owner, account }, times) => {
    const rate = { base: "USD", quote: "EUR", rate: "0.9" };
    await at.staff("POST", "/exchange-rates", { body: rate });
    const { body: euros } = await at.staff("POST", "/accounts", {
      body: { owner_id: owner, external_owner: true, currency: "EUR" },
    });
    const body = { account_id: account, to_account_id: euros.id, amount: amountOf(times) };
    return as("POST", "/exchanges", { body });
  },
  placeHold: ({ as, account }, times) =>
    as("POST", "/holds", { body: { account_id: account, amount: amountOf(times), currency: "USD" } }),
  placeOrder: ({ as, account, productId }, times) =>
    as("POST", "/orders", {
      body: {
        items: [{ product_id: productId, quantity: times }],
        payment_method: "balance",
        account_id: account,
      },
    }),
  checkOutCart: async ({ as, account, productId }, times) => {
    const { body: cart } = await as("POST", "/carts", { body: { currency: "USD" } });
    const lines = [{ product_id: productId, quantity: times }];
    await as("PUT", `/carts/${cart.id}/lines`, { body: { lines } });
    const body = { payment_method: "balance", account_id: account };
    return as("POST", `/carts/${cart.id}/checkout`, { body });
  },
  payOrder: async ({ at, as, owner, account, productId }, times) => {
    const items = [{ product_id: productId, quantity: times }];
    const order = { items, customer_id: owner, external_customer: true, payment_method: "invoice" };
    const { body: placed } = await at.staff("POST", "/orders", { body: order });
    const body = { payment_method: "balance", account_id: account };
    return as("POST", `/orders/${placed.id}/pay`, { body });
  },
  changeOrder: async ({ at, as, owner, account, productId }, times) => {
    const { id: gift } = await at.addProduct({ price: "0.00" });
    const gifts = [{ product_id: gift, quantity: 1 }];
    const order = { items: gifts, customer_id: owner, external_customer: true };
    const pays = { payment_method: "balance", account_id: account };
    const { body: placed } = await at.staff("POST", "/orders", { body: { ...order, ...pays } });
    const items = [...gifts, { product_id: productId, quantity: times }];
    return as("PATCH", `/orders/${placed.id}`, { body: { items, account_id: account } });
  },
};

/** Buys at most at 1.20 a unit; without a quote it waits, and holds what it may cost. */
async function listShare({ at, owner }: Payer): Promise<string> {
  const { status } = await at.staff("GET", "/assets/SHARE");
  if (status === 404) {
    await at.staff("POST", "/assets", { body: { code: "SHARE", kind: "security", scale: 0 } });
    const body = { symbol: "SHARE-USD", name: "A share", asset: "SHARE", currency: "USD" };
    await at.staff("POST", "/instruments", { body });
  }
  await at.staff("POST", "/accounts", { body: { owner_id: owner, external_owner: true, currency: "SHARE" } });
  return (await at.staff("GET", "/instruments?symbol=SHARE-USD")).body.items[0].id;
}

async function purchase(payer: Payer, times: number) {
  const instrument_id = await listShare(payer);
  const own = `/accounts?owner_id=${payer.owner}&currency=SHARE`;
  const [units] = (await payer.at.staff("GET", own)).body.items;
  const accounts = { cash_account_id: payer.account, asset_account_id: units.id };
  const order = { instrument_id, side: "buy", type: "limit", quantity: String(times) };
  return { ...order, limit_price: "1.20", ...accounts };
}

/** Whose money moves was judged when it was set aside, or it comes in, or goes back: these are limited alone. */
const JUDGED_BEFORE: Readonly<Record<string, Door>> = {
  captureHold: async (payer, times) => payer.as("POST", `/holds/${await holdFor(payer, times)}/capture`),
  releaseHold: async (payer, times) => payer.as("POST", `/holds/${await holdFor(payer, times)}/release`),
  // Judged again, of which there is a test of its own: what it replaces counts too.
  replaceTradeOrder: replaceOrder,
};
/** RATE_LIMIT_STAFF counts staff, whatever they do. */
const OF_STAFF = ["postSecureTransaction", "carryOutCorporateAction"];

/** An order of 0.01 by staff, which is to buy so many at 1.20. */
async function replaceOrder(payer: Payer, times: number): Promise<TestAnswer> {
  const order = { ...(await purchase(payer, 1)), limit_price: "0.01" };
  const { body: placed } = await payer.at.staff("POST", "/trade-orders", { body: order });
  const body = { limit_price: "1.20", quantity: String(times) };
  return payer.as("PATCH", `/trade-orders/${placed.id}`, { body });
}

/** Set aside by staff in favor of the payer, who may take it or give it back. */
async function holdFor({ at, owner, account }: Payer, times: number): Promise<string> {
  const body = { account_id: account, to_account_id: await at.openAccount(owner), currency: "USD" };
  const placed = await at.staff("POST", "/holds", { body: { ...body, amount: amountOf(times) } });
  expect(placed.status, JSON.stringify(placed.body)).toBe(201);
  return placed.body.id;
}

/** Customers move units with these between accounts of their own alone: no money or unit leaves anybody, so nothing is judged. */
const BETWEEN_OWN = ["transferPosition"];

describe("F6-3 every door that moves a person's money", () => {
  it("stands in the table of who passes the guard, and in this test", () => {
    const moving = Object.keys(PERMISSIONS).filter((name) => PERMISSIONS[name]?.movesMoney === true);
    const known = [...Object.keys(DOORS), ...Object.keys(JUDGED_BEFORE), ...OF_STAFF, ...BETWEEN_OWN];
    expect(moving.toSorted()).toEqual(known.toSorted());
    for (const name of OF_STAFF) expect(PERMISSIONS[name]?.roles).not.toContain("customer");
  });

  it.each(Object.entries({ ...DOORS, ...JUDGED_BEFORE }))(
    "%s counts for RATE_LIMIT_MONEY, and is refused beyond it",
    async (name, door) => {
      const as = await customerOf(limited, name);
      const payer = await openPayer(limited, as, name);
      const passed = await door(payer, 1);
      expect(passed.status, JSON.stringify(passed.body)).toBeLessThan(300);
      const before = await limited.balanceOf(payer.account);
      const refused = await door(payer, 1);
      expect(refused, JSON.stringify(refused.body)).toMatchObject({
        status: 429,
        body: { code: "rate_limited", limit: "money" },
      });
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      const isHeldByStaff = name in JUDGED_BEFORE;
      if (!isHeldByStaff) expect(await limited.balanceOf(payer.account)).toMatchObject(balanceIn(before));
    },
  );

  it("one door's requests count at the others: an order leaves none for a transfer, a payment by balance or another order", async () => {
    const as = await customerOf(limited, "zoe");
    const payer = await openPayer(limited, as, "zoe");
    expect((await DOORS["placeOrder"]?.(payer, 1))?.status).toBe(201);
    for (const name of ["postTransaction", "payOrder", "checkOutCart", "placeOrder"])
      expect((await DOORS[name]?.(payer, 1))?.status, name).toBe(429);
    expect((await as("GET", "/orders")).status).toBe(200);
  });

  it.each(Object.entries(DOORS))("%s is judged by the risk rules: amount", async (_name, door) => {
    const payer = await openPayer(guarded, guarded.alice);
    const refused = await door(payer, 500);
    expect(refused.status, JSON.stringify(refused.body)).toBe(422);
    expect(JSON.stringify(refused.body)).toContain("blocked_by_risk_rule");
    const { body: flags } = await guarded.staff("GET", `/risk/flags?account_id=${payer.account}`);
    if (_name !== "postTransactions") expect(flags.items).toMatchObject([{ rule: "large_amount" }]);
    expect(await guarded.balanceOf(payer.account)).toMatchObject({ balance: "400.00", held: "0.00" });
  });

  it("replaceTradeOrder is judged again by the risk rules, and asks a person's key for payments:large", async () => {
    const payer = await openPayer(guarded, guarded.alice);
    const refused = await replaceOrder(payer, 500);
    expect(refused.body.code, JSON.stringify(refused.body)).toBe("blocked_by_risk_rule");
    expect(await guarded.balanceOf(payer.account)).toMatchObject({ balance: "400.00", held: "0.01" });
    const holder = await openPayer(shop, key.as, key.owner);
    expect((await replaceOrder(holder, 100)).body.code).toBe("large_payment_by_key");
  });

  it.each(Object.entries(DOORS))("%s counts, and is counted, among the others", async (_name, door) => {
    const payer = await openPayer(guarded, guarded.alice);
    for (const pay of [door, DOORS["postTransaction"], DOORS["placeOrder"]])
      expect((await pay?.(payer, 1))?.status).toBeLessThan(300);
    const refused = await door(payer, 1);
    expect(JSON.stringify(refused.body)).toContain("blocked_by_risk_rule");
    expect((await DOORS["postTransaction"]?.(payer, 1))?.status).toBe(422);
  });

  it.each(Object.entries(DOORS))("%s asks a person's key for payments:large", async (name, door) => {
    const payer = await openPayer(shop, key.as, key.owner);
    expect((await door(payer, 10)).status).toBeLessThan(300);
    const refused = await door(payer, 100);
    const isOwn = name === "exchangeCurrency"; // what stays with its owner does not count
    expect(refused.status, JSON.stringify(refused.body)).toBe(isOwn ? 201 : 403);
    if (!isOwn) expect(refused.body.code).toBe("large_payment_by_key");
  });
});
