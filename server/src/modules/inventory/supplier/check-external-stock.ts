// Asks the external stock system, where one is configured (INVENTORY_SERVICE_URL), before anything is reserved. It can only
// refuse: where our own ledger refuses, it cannot allow.
import { Type } from "typebox";
import { type CallPolicyOptions, createCallPolicy } from "../../../runtime/call-policy.ts";
import type { Sql } from "../../../runtime/database.ts";
import { findProductsForSale } from "../../catalog/index.ts";
import { inventoryError } from "../errors.ts";
import { callJson } from "./call-json.ts";

const Answer = Type.Object({
  items: Type.Array(Type.Object({ sku: Type.String(), available: Type.Integer({ minimum: 0 }) }), {
    maxItems: 1_000,
  }),
});

export interface WantedStock {
  readonly productId?: number | undefined;
  readonly quantity: number;
}

/** @throws AppError `refused/insufficient_stock`, `unavailable/stock_check_unavailable` */
export type StockCheck = (wanted: readonly WantedStock[]) => Promise<void>;

export interface StockCheckOptions extends Partial<Omit<CallPolicyOptions, "name">> {
  readonly db: Sql;
  readonly url: string;
  readonly timeoutMs: number;
  /** What happens to orders while the external system does not answer. */
  readonly onFailure: "refuse" | "accept";
  readonly log: { readonly warn: (fields: object, message: string) => void };
}

export function createStockCheck({ db, url, onFailure, log, ...options }: StockCheckOptions): StockCheck {
  // A customer waits, so there is only one more try.
  const policy = createCallPolicy({ name: "the stock service", retries: 1, pauseMs: 50, ...options });

  async function ask(wanted: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>> {
    const body = { items: [...wanted].map(([sku, quantity]) => ({ sku, quantity })) };
    return policy.run(async (signal) => {
      const said = await callJson({ method: "POST", url, body, answer: Answer }, signal);
      if ("refused" in said) throw new Error(`status ${said.refused.status}`);
      const available = new Map(said.answer.items.map((item) => [item.sku, item.available]));
      for (const sku of wanted.keys())
        if (!available.has(sku)) throw new Error(`its answer leaves out ${sku}`);
      return available;
    });
  }

  return async (lines) => {
    const wanted = await sumBySku(db, lines);
    if (wanted.size === 0) return;
    const available = await ask(wanted).catch((error: Error) => {
      log.warn({ err: error }, `stock could not be checked elsewhere: orders are ${onFailure}d`);
      if (onFailure === "refuse") throw inventoryError("stock_check_unavailable", { retryAfterSeconds: 5 });
      return undefined;
    });
    for (const [sku, quantity] of wanted) {
      const there = available?.get(sku) ?? quantity;
      if (there < quantity) throw inventoryError("insufficient_stock", { sku, available: there });
    }
  };
}

/** Several lines of one product become one question. */
async function sumBySku(db: Sql, lines: readonly WantedStock[]): Promise<Map<string, number>> {
  const ids = [...new Set(lines.flatMap(({ productId }) => productId ?? []))];
  const products = await findProductsForSale(db, ids);
  const wanted = new Map<string, number>();
  for (const { productId, quantity } of lines) {
    const product = productId === undefined ? undefined : products.get(productId);
    if (product?.tracksStock === true) wanted.set(product.sku, (wanted.get(product.sku) ?? 0) + quantity);
  }
  return wanted;
}
