// Finds orders to the supplier.

import type { AnySql } from "../../../runtime/database.ts";
import { cutPage } from "../../../values/cut-page.ts";
import { inventoryError } from "../errors.ts";
import { type PurchaseOrder, selectPurchaseOrder, selectPurchaseOrders } from "./purchase-order-store.ts";

/** Newest first. */
export async function findPurchaseOrders(
  sql: AnySql,
  { beforeId, limit }: { readonly beforeId?: number | undefined; readonly limit: number },
): Promise<{ readonly orders: readonly PurchaseOrder[]; readonly nextCursor: number | undefined }> {
  const found = await selectPurchaseOrders(sql, { beforeId, limit: limit + 1 });
  const { page, last } = cutPage(found, limit);
  return { orders: page, nextCursor: last?.id };
}

/** @throws AppError `not_found/purchase_order_not_found` */
export async function getPurchaseOrder(sql: AnySql, id: number): Promise<PurchaseOrder> {
  const order = await selectPurchaseOrder(sql, id);
  if (order === undefined) throw inventoryError("purchase_order_not_found");
  return order;
}
