// Changes how a product's stock is kept: when to raise an alert, and how many units may be sold before they arrive.

import { checkVersion } from "../../../http/version.ts";
import type { Tx } from "../../../runtime/transaction.ts";
import { AppError } from "../../../values/app-error.ts";
import { buildTouchCommand } from "../../desk/index.ts";
import { changeAccount } from "../../ledger/index.ts";
import { lookAtProducts } from "../bookings/watch-stock.ts";
import { inventoryError } from "../errors.ts";
import type { InventoryServices } from "../routes.ts";
import { getStockAccounts, type ProductStock, readLevels } from "./find-stock.ts";
import * as store from "./stock-store.ts";

/** Undefined leaves a setting as it is. */
export interface StockChange {
  /** Null: no alerts. */
  readonly lowStockThreshold?: number | null | undefined;
  /** Units to order from the supplier when an alert is raised; null: none. */
  readonly reorderQuantity?: number | null | undefined;
  /** Units that may be sold before they arrive, at the location that orders take from first. */
  readonly backorderLimit?: number | undefined;
  /** The versions the product's stock may have; any other is refused. */
  readonly versions?: readonly number[] | undefined;
}

/** Ends reservations that have expired, so that they do not block the change. @throws as `changeStock` */
export async function prepareStockChange(
  { db, desk }: Pick<InventoryServices, "db" | "desk">,
  productId: number,
): Promise<void> {
  const accounts = await getStockAccounts(db, productId);
  await desk.submit(buildTouchCommand(accounts.map(({ accountId }) => accountId)));
}

/**
 * Changes the settings and returns the stock after the change. Locks the item, and the account where its limit changes.
 * @throws AppError `not_found/stock_not_found`, `conflict/version_mismatch`, `refused/backorder_in_use`
 */
export async function changeStock(
  tx: Tx,
  { noteAvailability }: Pick<InventoryServices, "noteAvailability">,
  { productId, change, actorId }: { productId: number; change: StockChange; actorId: string },
): Promise<ProductStock> {
  const accounts = await store.selectStock(tx, [productId]);
  const first = accounts.find(({ sells }) => sells) ?? accounts[0];
  if (first !== undefined && change.backorderLimit !== undefined)
    await setBackorderLimit(tx, { accountId: first.accountId, limit: change.backorderLimit, actorId });
  const [item] = await store.lockItems(tx, [productId]);
  if (item === undefined) throw inventoryError("stock_not_found", { product_id: productId });
  checkVersion(item.version, change.versions);
  const { lowStockThreshold = item.lowStockThreshold, reorderQuantity = item.reorderQuantity } = change;
  await store.updateSettings(tx, productId, { lowStockThreshold, reorderQuantity });
  await lookAtProducts(tx, [productId], noteAvailability);
  const [after] = await readLevels(tx, await store.lockItems(tx, [productId]));
  if (after === undefined) throw new Error("a locked item is gone");
  return after;
}

async function setBackorderLimit(
  tx: Tx,
  { accountId, limit, actorId }: { accountId: number; limit: number; actorId: string },
): Promise<void> {
  try {
    const request = { actorId, creditLimit: BigInt(limit) };
    await changeAccount(tx, accountId, { request, check: () => undefined });
  } catch (error) {
    if (error instanceof AppError && error.code === "limit_in_use")
      throw inventoryError("backorder_in_use", {
        fields: [{ field: "backorder_limit", reason: "more than that is sold and not there yet" }],
      });
    throw error;
  }
}
