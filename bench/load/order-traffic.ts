// Orders as customers place them, each paid from an account of their own; alone, or among visitors who look around.
import type { LoadAccounts, Traffic } from "./traffic.ts";
import { formatPrefix, formatRequest } from "./traffic.ts";

export interface OrderShape {
  /** Ids of the products that are bought, each line of an order another one. */
  readonly productIds: readonly number[];
  readonly lines: number;
  /** Of ten requests, how many only read: a product, or the list. */
  readonly readsOfTen: number;
}

export function createOrderTraffic({ ids, tokens, currency }: LoadAccounts, shape: OrderShape): Traffic {
  const prefixes = tokens.map((token) => formatPrefix("/api/v1/orders", token));
  const accepted = { transfers: 0, amountMinor: 0, orders: 0 };
  const isRead: boolean[] = [];
  let count = 0;
  return {
    accepted,
    nextRequest(slot) {
      count += 1;
      const reads = count % 10 < shape.readsOfTen;
      isRead[slot] = reads;
      if (reads) return formatRead(shape, count);
      const account = Math.floor(Math.random() * ids.length);
      const items = formatItems(shape);
      const body = `{"items":[${items}],"payment_method":"balance","account_id":"${ids[account]}","currency":"${currency}"}`;
      return formatRequest(prefixes[account % prefixes.length], body);
    },
    readAnswer(slot, status) {
      if (status === 201 && isRead[slot] !== true) accepted.orders += 1;
    },
  };
}

function formatItems({ productIds, lines }: OrderShape): string {
  const first = Math.floor(Math.random() * productIds.length);
  return Array.from({ length: lines }, (_, line) => {
    const productId = productIds[(first + line) % productIds.length];
    return `{"product_id":${productId},"quantity":1}`;
  }).join(",");
}

function formatRead({ productIds }: OrderShape, count: number): string {
  const id = productIds[Math.floor(Math.random() * productIds.length)];
  const path = count % 2 === 0 ? `/api/v1/products/${id}` : "/api/v1/products?limit=20";
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
}
