// A shop to try things on: the whole program with products in stock and customers with money, and the calls that its flows need.
import { expect } from "vitest";
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
  const made = async (path: string, body: object) => {
    const answer = await staff("POST", path, { body });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return answer.body;
  };
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
    stockOf: (productId) => read(`/stock/${productId}`),
    balanceOf: (accountId) => read(`/accounts/${accountId}/balance`),
  };
}
