// A shop to try things on: the whole program with products in stock and customers with money, and the calls that its flows need.
import { expect } from "vitest";
import { signWebhook } from "../src/modules/payments/providers/sandbox/sandbox-signature.ts";
import { startTestApp, type TestAnswer, type TestApp } from "./app.ts";

export interface ShopRequest {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
/** Paths below /api/v1. */
export type ShopCaller = (method: string, path: string, request?: ShopRequest) => Promise<TestAnswer>;

export interface TestShop {
  readonly app: TestApp;
  readonly staff: ShopCaller;
  readonly alice: ShopCaller;
  readonly bob: ShopCaller;
  /** Adds a product in USD with a SKU of its own. */
  readonly addProduct: (fields?: object) => Promise<TestAnswer["body"]>;
  /** Opens an account in USD with so much on it; returns its id. */
  readonly openAccount: (owner: string, balance?: string) => Promise<string>;
  /** As staff, who must be let. */
  readonly done: (method: string, path: string, body?: object) => Promise<TestAnswer["body"]>;
  /** Returns its id. */
  readonly addLocation: (fields: object) => Promise<number>;
  /** Alice orders so many units of a product, from a balance. */
  readonly buy: (accountId: string, productId: number, quantity: number) => Promise<TestAnswer["body"]>;
  readonly stockOf: (productId: number) => Promise<TestAnswer["body"]>;
  readonly balanceOf: (accountId: string) => Promise<TestAnswer["body"]>;
}

export async function openTestShop(overrides: Readonly<Record<string, string>> = {}): Promise<TestShop> {
  const app = await startTestApp(overrides);
  const as =
    (token: string): ShopCaller =>
    (method, path, request = {}) =>
      app.call(method, `/api/v1${path}`, { ...request, token });
  const staff = as(await app.token("admin"));
  const done = async (method: string, path: string, body?: object) => {
    const answer = await staff(method, path, { body });
    expect(answer.status, `${path} ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body;
  };
  const made = (path: string, body: object) => done("POST", path, body);
  const read = async (path: string) => (await staff("GET", path)).body;
  let count = 0;
  return {
    app,
    staff,
    alice: as(await app.token("customer", "alice")),
    bob: as(await app.token("customer", "bob")),
    addProduct: (fields = {}) =>
      made("/products", {
        sku: `SKU-${++count}`,
        name: "Thing",
        price: "1.00",
        initial_quantity: 100,
        ...fields,
      }),
    openAccount: async (owner, balance) => {
      const { id } = await made("/accounts", { owner_id: owner, external_owner: true, currency: "USD" });
      const money = { account_id: id, amount: balance, currency: "USD" };
      if (balance !== undefined) await made("/transactions", { type: "deposit", ...money });
      return id;
    },
    done,
    addLocation: async (fields) => (await made("/locations", fields)).id,
    buy: (accountId, productId, quantity) =>
      made("/orders", {
        items: [{ product_id: productId, quantity }],
        customer_id: "alice",
        external_customer: true,
        payment_method: "balance",
        account_id: accountId,
      }),
    stockOf: (productId) => read(`/stock/${productId}`),
    balanceOf: (accountId) => read(`/accounts/${accountId}/balance`),
  };
}

/** The sandbox's webhook tells of an event, signed as the sandbox does. */
export async function sendSandboxEvent({ db, url }: TestApp, event: object): Promise<void> {
  const body = JSON.stringify(event);
  const [row] = await db<{ secret: string }[]>`SELECT secret FROM payments.sandbox_secrets`;
  const headers = {
    "content-type": "application/json",
    "sandbox-signature": signWebhook(body, row?.secret ?? "", Date.now()),
  };
  const answer = await fetch(`${url}/api/v1/webhooks/sandbox`, { method: "POST", headers, body });
  expect(answer.status).toBe(200);
}

/** Beside the main location, 1: orders take from the second after it, and from the third never. */
export interface ShopOfThree extends TestShop {
  readonly second: number;
  readonly third: number;
}

export async function openShopOfThree(): Promise<ShopOfThree> {
  const shop = await openTestShop();
  const second = await shop.addLocation({ code: "second", name: "Second", priority: 200 });
  const third = await shop.addLocation({ code: "third", name: "Third", sells: false });
  return { ...shop, second, third };
}
