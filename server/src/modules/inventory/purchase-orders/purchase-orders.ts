// Orders to the supplier: an order is written down first, a job sends it under the order's own key, and follows it until the
// goods arrive. Where a call failed, the job asks about the order with the same key; it never sends it under a new one.
import type { Sql } from "../../../runtime/database.ts";
import type { Log } from "../../../runtime/log.ts";
import { inTransaction, type Tx } from "../../../runtime/transaction.ts";
import { findProductsForSale } from "../../catalog/index.ts";
import { appendEvents } from "../../jobs/index.ts";
import { lookAtProducts } from "../bookings/watch-stock.ts";
import { inventoryError } from "../errors.ts";
import { unknownProduct } from "../stock/read-stock-input.ts";
import { type Supplier, SupplierError, type SupplierOrder } from "../supplier/supplier.ts";
import type { PurchaseOrder, PurchaseOrderOutcome } from "./purchase-order-store.ts";
import * as store from "./purchase-order-store.ts";

const REORDERS_PER_LOOK = 500;
const CALLS_PER_LOOK = 100;
/** How often an order that the supplier has is looked at. */
const FOLLOW_SECONDS = 900;
const RETRY_SECONDS = 60;
/** The supplier refuses the token: a person must change it. */
const REFUSED_CALLER = new Set([401, 403]);

export interface PurchasingContext {
  readonly db: Sql;
  readonly supplier: Supplier;
  readonly log: Pick<Log, "warn">;
  /** How long the calls about one order may take at most. */
  readonly leaseSeconds: number;
}

/** Orders by hand, where a supplier is configured. @throws AppError `supplier_not_configured`, and as `addPurchaseOrder` */
export async function orderByHand(
  tx: Tx,
  { isSupplied, ...wanted }: WantedGoods & { readonly isSupplied: boolean },
): Promise<PurchaseOrder> {
  if (!isSupplied) throw inventoryError("supplier_not_configured");
  return addPurchaseOrder(tx, wanted);
}

export interface WantedGoods {
  readonly productId: number;
  readonly quantity: number;
}

/** Writes an order down, to be sent. @throws AppError `not_found/product_not_found`, `not_found/stock_not_found` naming the field */
export async function addPurchaseOrder(tx: Tx, { productId, quantity }: WantedGoods): Promise<PurchaseOrder> {
  const product = (await findProductsForSale(tx.sql, [productId])).get(productId);
  if (product === undefined) throw unknownProduct("product_id", productId);
  const order = await store.insertPurchaseOrder(tx, { productId, quantity, sku: product.sku });
  if (order !== undefined) return order;
  const reason = `no stock of product ${productId} is kept`;
  throw inventoryError("stock_not_found", { message: reason, fields: [{ field: "product_id", reason }] });
}

/**
 * Orders products that are low and have a quantity to reorder, once: the next order of a product waits until this one is
 * received. Where the supplier refused, nothing is ordered again until the stock has recovered and become low again.
 */
export async function reorderLowStock(db: Sql): Promise<number> {
  return inTransaction(db, async (tx) => {
    // The alert may be older than a receipt that the watch has not processed yet.
    const alerted = await store.selectReorders(tx, REORDERS_PER_LOOK);
    await lookAtProducts(
      tx,
      alerted.map(({ productId }) => productId),
      undefined,
    );
    const low = await store.selectReorders(tx, REORDERS_PER_LOOK);
    const products = await findProductsForSale(
      tx.sql,
      low.map(({ productId }) => productId),
    );
    const orders = low.flatMap(({ productId, quantity }) => {
      const product = products.get(productId);
      return product?.status === "active" ? [{ productId, quantity, sku: product.sku }] : [];
    });
    return orders.length === 0 ? 0 : store.insertReorders(tx, orders);
  });
}

/** Sends and follows all orders that are due. Several processes share the work. Returns how many were looked at. */
export async function callDueOrders(context: PurchasingContext, signal?: AbortSignal): Promise<number> {
  let count = 0;
  while (signal?.aborted !== true) {
    const { leaseSeconds } = context;
    const due = await store.claimDue(context.db, { limit: CALLS_PER_LOOK, leaseSeconds });
    if (due.length === 0) break;
    await Promise.all(due.map((order) => callAbout(context, order, signal)));
    count += due.length;
  }
  return count;
}

/** Sends an order, or asks for its state, and saves the answer. */
export async function callAbout(
  { db, supplier, log }: PurchasingContext,
  order: PurchaseOrder,
  signal?: AbortSignal,
): Promise<PurchaseOrder> {
  const outcome = await askSupplier(supplier, order, signal);
  if (outcome.lastError !== null)
    log.warn(
      { purchase_order: order.id, "error.message": outcome.lastError },
      "the supplier was asked in vain",
    );
  return inTransaction(db, async (tx) => {
    const isKept = await store.updatePurchaseOrder(tx, outcome);
    const isNews = outcome.state !== order.state;
    if (isKept && isNews) {
      const payload = JSON.stringify(describePurchaseOrder({ ...order, ...outcome }));
      await appendEvents(tx, [{ topic: `purchase_order.${outcome.state}`, payload }]);
    }
    return { ...order, ...outcome };
  });
}

async function askSupplier(
  supplier: Supplier,
  order: PurchaseOrder,
  signal: AbortSignal | undefined,
): Promise<PurchaseOrderOutcome> {
  const { id, supplierReference, carrier, trackingNumber, expectedAt } = order;
  const known = { id, supplierReference, carrier, trackingNumber, expectedAt };
  try {
    const found =
      supplierReference === null
        ? await supplier.placeOrder(order, signal)
        : await supplier.getOrder(supplierReference, order, signal);
    return toOutcome(order, found);
  } catch (error) {
    if (!(error instanceof SupplierError)) throw error;
    const isRefused = error.outcome === "refused" && !REFUSED_CALLER.has(error.status ?? 0);
    const lastError = error.message.slice(0, 500);
    if (isRefused && supplierReference === null)
      return { ...known, state: "refused", lastError, nextSeconds: null };
    const isUnknown = error.outcome === "unknown" && supplierReference === null;
    return { ...known, state: isUnknown ? "unknown" : order.state, lastError, nextSeconds: RETRY_SECONDS };
  }
}

function toOutcome({ id }: PurchaseOrder, found: SupplierOrder): PurchaseOrderOutcome {
  const isMoving = found.status === "accepted" || found.status === "shipped";
  return {
    id,
    state: found.status,
    supplierReference: found.id,
    carrier: found.carrier ?? null,
    trackingNumber: found.trackingNumber ?? null,
    expectedAt: found.expectedAt ?? null,
    lastError: null,
    nextSeconds: isMoving ? FOLLOW_SECONDS : null,
  };
}

export function describePurchaseOrder(order: Omit<PurchaseOrder, "key">) {
  return {
    id: order.id,
    product_id: order.productId,
    sku: order.sku,
    quantity: order.quantity,
    automatic: order.isAutomatic,
    status: order.state,
    supplier_reference: order.supplierReference,
    carrier: order.carrier,
    tracking_number: order.trackingNumber,
    expected_at: order.expectedAt?.toISOString() ?? null,
    received_quantity: order.receivedQuantity,
    last_error: order.lastError,
    created_at: order.createdAt.toISOString(),
  };
}
