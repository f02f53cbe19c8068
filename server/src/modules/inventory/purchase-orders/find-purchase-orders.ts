// Finds orders to the supplier.

import type { AnySql } from "../../../runtime/database.ts";
import { type Page, type PageBounds, toPage } from "../../../values/page.ts";
import { inventoryError } from "../errors.ts";
import { type PurchaseOrder, selectPurchaseOrder, selectPurchaseOrders } from "./purchase-order-store.ts";

/** Newest first. */
export async function findPurchaseOrders(
  sql: AnySql,
  { cursor: beforeId, limit }: PageBounds,
): Promise<Page<PurchaseOrder>> {
  const found = await selectPurchaseOrders(sql, { beforeId, limit: limit + 1 });
  return toPage(found, limit, ({ id }) => id);
}

/** @throws AppError `not_found/purchase_order_not_found` */
export async function getPurchaseOrder(sql: AnySql, id: number): Promise<PurchaseOrder> {
  const order = await selectPurchaseOrder(sql, id);
  if (order === undefined) throw inventoryError("purchase_order_not_found");
  return order;
}
