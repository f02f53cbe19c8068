// Brings up inventory: the directory of stock accounts, the watch over what batches do to stock, and its upkeep.
import type { Config } from "../config/config.ts";
import type { Routes } from "../http/index.ts";
import { noteAvailability } from "../modules/catalog/index.ts";
import type { CommandDesk } from "../modules/desk/index.ts";
import {
  callDueOrders,
  createStockCheck,
  createStockDirectory,
  createSupplier,
  inventoryRoutes,
  type PurchasingContext,
  reorderLowStock,
  type StockCheck,
  type StockDirectory,
  type Supplier,
  startStockWatch,
  sweepStock,
} from "../modules/inventory/index.ts";
import { startSchedule, type Task } from "../modules/jobs/index.ts";
import type { Assets } from "../modules/ledger/index.ts";
import type { Sql } from "../runtime/database.ts";
import type { Log } from "../runtime/log.ts";

const SWEEP_SECONDS = 300;
const REORDER_SECONDS = 60;

export interface Inventory {
  readonly stockOf: StockDirectory["stockOf"];
  /** For the desk: tells of stock accounts that a commit has changed. */
  readonly notice: (accountIds: readonly number[]) => void;
  /** Asks the stock system elsewhere; undefined where there is none. */
  readonly checkStock: StockCheck | undefined;
  readonly routes: (desk: CommandDesk) => Routes;
  readonly stop: () => Promise<void>;
}

/** @param config for the supplier and the stock system elsewhere, where there are any */
export function openInventory(
  config: Config,
  { db, log, assets }: { db: Sql; log: Log; assets: Assets },
): Inventory {
  const directory = createStockDirectory(db);
  const watch = startStockWatch({ db, log, directory, noteAvailability });
  const sweep = (signal: AbortSignal) => sweepStock({ db, noteAvailability }, signal);
  const supplier = openSupplier(config);
  const schedule = startSchedule({
    db,
    log,
    tasks: [
      { name: "sweep_stock", everySeconds: SWEEP_SECONDS, run: sweep },
      ...(supplier === undefined ? [] : [describeReordering(config, { db, log, supplier })]),
    ],
  });
  return {
    stockOf: directory.stockOf,
    notice: watch.notice,
    checkStock: openStockCheck(config, { db, log }),
    routes: (desk) =>
      inventoryRoutes({ db, assets, desk, noteAvailability, isSupplied: supplier !== undefined }),
    stop: async () => {
      await schedule.stop();
      await watch.stop();
    },
  };
}

/** Undefined where VENDOR_API_URL is not set. */
export function openSupplier(config: Config): Supplier | undefined {
  const { VENDOR_API_URL: url, VENDOR_API_TOKEN: token, REQUEST_TIMEOUT: timeoutMs } = config;
  return url === undefined || token === undefined ? undefined : createSupplier({ url, token, timeoutMs });
}

/** How long the calls about one order take at most: four tries, the pauses between, and the wait for a turn. */
export function leaseSecondsOf(config: Config): number {
  return Math.ceil((config.REQUEST_TIMEOUT * 4) / 1_000) + 60;
}

function describeReordering(
  config: Config,
  context: Pick<PurchasingContext, "db" | "log" | "supplier">,
): Task {
  const purchasing = { ...context, leaseSeconds: leaseSecondsOf(config) };
  const run = async (signal: AbortSignal) => {
    const reordered = await reorderLowStock(context.db);
    return { reordered, asked: await callDueOrders(purchasing, signal) };
  };
  return { name: "reorder_stock", everySeconds: REORDER_SECONDS, run };
}

function openStockCheck(config: Config, { db, log }: { db: Sql; log: Log }): StockCheck | undefined {
  const url = config.INVENTORY_SERVICE_URL;
  if (url === undefined) return undefined;
  const onFailure = config.INVENTORY_SERVICE_FAILURE === "accept" ? "accept" : "refuse";
  return createStockCheck({ db, url, timeoutMs: config.REQUEST_TIMEOUT, onFailure, log });
}
