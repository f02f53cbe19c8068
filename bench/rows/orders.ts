// Products for the bench's orders, in the currency of its accounts and cheap enough that none runs dry; and what one very long
// order takes.
import { randomUUID } from "node:crypto";
import type { Figure } from "../figures.ts";
import type { OrderShape } from "../load/order-traffic.ts";
import { findMedian } from "../measure.ts";
import { mintAdminToken, mintCustomerTokens } from "../tokens.ts";
import type { Workbench } from "../workbench.ts";

export const ORDER_PRODUCTS = 10_000;
const PER_REQUEST = 1_000;
const STOCK = 1_000_000_000;
const PRICE = "0.01";
const LONG_ORDER_LINES = 600;
const LONG_ORDER_MS = 150;
const LONG_ORDER_TRIES = 11;

/** Rows of orders by what is bought: among all products, or one that everybody wants. */
export type Purchase = { readonly lines: number; readonly isFlash?: true; readonly readsOfTen?: number };

/** Adds the products and returns their ids. */
export async function addOrderProducts(bench: Workbench): Promise<number[]> {
  const token = await mintAdminToken(bench.serverOptions.jwtSecret);
  const ids: number[] = [];
  while (ids.length < ORDER_PRODUCTS) {
    const products = Array.from({ length: PER_REQUEST }, (_, index) => ({
      sku: `ORDER-${ids.length + index}`,
      name: `Thing ${ids.length + index}`,
      price: PRICE,
      currency: bench.accounts.currency,
      tax_class: "zero",
      initial_quantity: STOCK,
    }));
    const answer = await post<{ products: { id: number }[] }>(bench, token, {
      path: "/products/batch",
      body: { products },
    });
    ids.push(...answer.products.map(({ id }) => id));
  }
  await bench.sql`VACUUM ANALYZE`;
  return ids;
}

export function shapeOrders(
  { lines, isFlash, readsOfTen = 0 }: Purchase,
  productIds: readonly number[],
): OrderShape {
  return { productIds: isFlash === true ? productIds.slice(0, 1) : productIds, lines, readsOfTen };
}

/** One order of 600 lines in one request, on a server that does nothing else. */
export async function measureLongOrder(bench: Workbench, productIds: readonly number[]): Promise<Figure[]> {
  const [token = ""] = await mintCustomerTokens(bench.serverOptions.jwtSecret);
  const items = productIds.slice(0, LONG_ORDER_LINES).map((id) => ({ product_id: id, quantity: 1 }));
  const [accountId] = bench.accounts.ids;
  const { currency } = bench.accounts;
  const body = { items, payment_method: "balance", account_id: accountId, currency };
  const tries: number[] = [];
  for (let count = 0; count < LONG_ORDER_TRIES; count += 1) {
    const startedAt = performance.now();
    await post(bench, token, { path: "/orders", body });
    tries.push(performance.now() - startedAt);
  }
  const label = `an order of ${LONG_ORDER_LINES} lines in one request, median`;
  return [{ label, value: findMedian(tries) ?? 0, unit: "ms", target: { atMost: LONG_ORDER_MS } }];
}

/** What a customer reads of their own. */
export type Own = "balance" | "order";
const OWN_ORDERS = 500;

/** Paths of the first customer: balances of their accounts, and orders that are placed for it. */
export async function listOwn(
  bench: Workbench,
  productIds: readonly number[],
): Promise<Readonly<Record<Own, readonly string[]>>> {
  const tokens = await mintCustomerTokens(bench.serverOptions.jwtSecret);
  const { ids, currency } = bench.accounts;
  const accounts = ids.filter((_, index) => index % tokens.length === 0);
  const orders: string[] = [];
  while (orders.length < OWN_ORDERS) {
    const items = [{ product_id: productIds[orders.length % productIds.length], quantity: 1 }];
    const account = accounts[orders.length % accounts.length];
    const body = { items, payment_method: "balance", account_id: account, currency };
    const { id } = await post<{ id: string }>(bench, tokens[0] ?? "", { path: "/orders", body });
    orders.push(id);
  }
  return {
    balance: accounts.map((id) => `/api/v1/accounts/${id}/balance`),
    order: orders.map((id) => `/api/v1/orders/${id}`),
  };
}

async function post<Answer>(
  bench: Workbench,
  token: string,
  { path, body }: { path: string; body: object },
): Promise<Answer> {
  const answer = await fetch(`http://127.0.0.1:${bench.server.port}/api/v1${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "idempotency-key": randomUUID(),
    },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as Answer;
}
