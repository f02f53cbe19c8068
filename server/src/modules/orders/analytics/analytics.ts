// What was sold in a period, and what was given back: in total, by day or month, customer, category and product. Money is
// summed in whole minor units of one currency. An order counts on the day it was placed, once it is
// confirmed and unless it is cancelled; a credit note counts on its own day, if it names no order or one that counts.
// So the parts add up to the total.
import type { Sql } from "../../../runtime/database.ts";
import { inReadTransaction, type Tx } from "../../../runtime/transaction.ts";
import { divideHalfEven } from "../../../values/money.ts";
import { findOffsets } from "../../../values/time-zone.ts";
import { findProductLabels, type ProductLabel } from "../../catalog/index.ts";
import {
  type LineSales,
  type OrderSales,
  type SalesOrder,
  type SalesSpan,
  selectLineSales,
  selectOrderSales,
} from "./analytics-store.ts";

export type { LineSales, OrderSales, SalesSpan } from "./analytics-store.ts";

export interface PeriodSales extends OrderSales {
  /** "2026-11-21", or "2026-11". */
  readonly period: string;
}
export interface CustomerSales extends OrderSales {
  /** Null: no named customer, such as guests. */
  readonly customerId: string | null;
}
export interface ProductSales extends LineSales {
  /** Null: services, and lines without a product. */
  readonly productId: number | null;
  readonly label: ProductLabel | undefined;
}
export interface CategorySales extends LineSales {
  /** Null: products without a category, and services. */
  readonly categoryId: number | null;
  readonly name: string | null;
}

/** The total of a period; zero where nothing was sold. */
export async function getSales(db: Sql, span: SalesSpan): Promise<OrderSales> {
  const [sales] = await inReadTransaction(db, (tx) => selectOrderSales(tx, span, { by: "all" }));
  return sales?.sales ?? NOTHING_ORDERED;
}

/** The periods, in the time zone, in which something was sold or given back, oldest first. */
export async function findSalesByPeriod(
  db: Sql,
  span: SalesSpan,
  { unit, timeZone }: { readonly unit: "day" | "month"; readonly timeZone: string },
): Promise<PeriodSales[]> {
  const by = findOffsets(timeZone, span);
  const days = await inReadTransaction(db, (tx) => selectOrderSales(tx, span, { by }));
  const byPeriod = new Map<string, OrderSales>();
  for (const { key, sales } of days) {
    const date = new Date(Number(key) * 86_400_000).toISOString();
    const period = date.slice(0, unit === "day" ? 10 : 7);
    const before = byPeriod.get(period);
    byPeriod.set(period, before === undefined ? sales : addSales(before, sales));
  }
  return [...byPeriod]
    .map(([period, sales]) => ({ period, ...sales }))
    .sort((a, b) => (a.period < b.period ? -1 : 1));
}

/** Customers with the most revenue first. */
export async function findSalesByCustomer(db: Sql, span: SalesSpan, limit: number): Promise<CustomerSales[]> {
  const rows = await inReadTransaction(db, (tx) => selectOrderSales(tx, span, { by: "customer", limit }));
  return rows.map(({ key, sales }) => ({ customerId: key === "" ? null : key, ...sales }));
}

/** Products with the highest revenue, or the most units sold, first. */
export async function findTopProducts(
  db: Sql,
  span: SalesSpan,
  order: { readonly sort: SalesOrder; readonly limit: number },
): Promise<ProductSales[]> {
  return inReadTransaction(db, async (tx) => {
    const rows = await selectLineSales(tx, span, order);
    const labels = await findLabels(tx, rows);
    return rows.map(({ productId, sales }) => ({ productId, label: labels.get(productId ?? 0), ...sales }));
  });
}

/** By the category that a product stands in now, those with the highest revenue first. */
export async function findSalesByCategory(db: Sql, span: SalesSpan): Promise<CategorySales[]> {
  return inReadTransaction(db, async (tx) => {
    const rows = await selectLineSales(tx, span, { sort: "revenue", limit: null });
    const labels = await findLabels(tx, rows);
    const byCategory = new Map<number | null, CategorySales>();
    for (const { productId, sales } of rows) {
      const label = labels.get(productId ?? 0);
      const categoryId = label?.categoryId ?? null;
      const before = byCategory.get(categoryId);
      const sum = before === undefined ? sales : addSales<LineSales>(before, sales);
      byCategory.set(categoryId, { categoryId, name: label?.categoryName ?? null, ...sum });
    }
    return [...byCategory.values()].sort((a, b) => Number(revenueOf(b) - revenueOf(a)));
  });
}

/** What was sold less what was given back. */
export function revenueOf({ gross, credited }: Pick<OrderSales, "gross" | "credited">): bigint {
  return gross - credited;
}

/** The same without tax. */
export function netRevenueOf({ net, creditedNet }: Pick<OrderSales, "net" | "creditedNet">): bigint {
  return net - creditedNet;
}

/** Minor units, rounded half to even; undefined where nothing was ordered. */
export function averageOf({ gross, orders }: Pick<OrderSales, "gross" | "orders">): bigint | undefined {
  return orders === 0n ? undefined : divideHalfEven(gross, orders);
}

const NOTHING_ORDERED: OrderSales = {
  orders: 0n,
  units: 0n,
  net: 0n,
  tax: 0n,
  gross: 0n,
  creditNotes: 0n,
  unitsCredited: 0n,
  creditedNet: 0n,
  credited: 0n,
};

/** Adds each sum of the one to the same sum of the other. */
function addSales<Sales extends { readonly [key in keyof Sales]: unknown }>(one: Sales, other: Sales): Sales {
  const sums = Object.entries(other).map(([name, value]) => {
    const before = one[name as keyof Sales];
    return [name, typeof value === "bigint" && typeof before === "bigint" ? before + value : value];
  });
  return { ...one, ...Object.fromEntries(sums) };
}

function findLabels(
  tx: Tx,
  rows: readonly { readonly productId: number | null }[],
): Promise<ReadonlyMap<number, ProductLabel>> {
  return findProductLabels(
    tx.sql,
    rows.flatMap(({ productId }) => productId ?? []),
  );
}
