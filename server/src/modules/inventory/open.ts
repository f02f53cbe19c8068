// Opens inventory: the directory of stock accounts, the watch over changes of stock, and, where they are configured, the
// supplier and the external stock system.

import type { Config } from "../../config/config.ts";
import { setTimesBack } from "../../runtime/clock-times-store.ts";
import type { Task } from "../../runtime/task.ts";
import { noteAvailability, type StockOpener } from "../catalog/index.ts";
import type { CatalogModule } from "../catalog/open.ts";
import type { CommandDesk } from "../desk/index.ts";
import type { Assets } from "../ledger/index.ts";
import type { LedgerModule } from "../ledger/open.ts";
import type { Check, Host, Module } from "../module.ts";
import { startStockWatch, sweepStock } from "./bookings/watch-stock.ts";
import { callDueOrders, reorderLowStock } from "./purchase-orders/purchase-orders.ts";
import { inventoryRoutes } from "./routes.ts";
import { openStocks } from "./stock/open-stock.ts";
import { createStockDirectory, type StockDirectory } from "./stock/stock-directory.ts";
import { createStockCheck, type StockCheck } from "./supplier/check-external-stock.ts";
import { createSupplier, type SupplierOptions } from "./supplier/supplier.ts";
import { verifyStock } from "./verify/verify-stock.ts";

const SWEEP_SECONDS = 300;
const REORDER_SECONDS = 60;
/** The most tries that one call makes. */
const TRIES = 4;

export interface InventorySettings {
  readonly supplier: SupplierOptions | undefined;
  /** The longest that the calls about one order may take: four tries, the pauses between, and the wait for a turn. */
  readonly leaseSeconds: number;
  /** The external system that counts stock too, where there is one. */
  readonly elsewhere:
    | { readonly url: string; readonly timeoutMs: number; readonly onFailure: "accept" | "refuse" }
    | undefined;
}

export interface InventoryModule {
  readonly stockOf: StockDirectory["stockOf"];
  /** Asks the external stock system; undefined where there is none. */
  readonly checkStock: StockCheck | undefined;
}

interface Lower {
  readonly ledger: LedgerModule;
  readonly desk: CommandDesk;
  readonly catalog: CatalogModule;
}

const CHECK: Check = {
  kind: "stock",
  run: async (db, { onProgress }) => ({
    differences: await verifyStock(db, onProgress === undefined ? {} : { onProgress }),
  }),
};

export const inventory: Module<"inventory", InventorySettings, Lower, InventoryModule> = {
  name: "inventory",
  readSettings: readInventorySettings,
  checks: [CHECK],
  setTimesBack: setTimesBack([{ table: "inventory.purchase_orders", due: ["due_at"] }]),
  open: (host, settings, { ledger: { assets }, desk, catalog }) => {
    const { db, log } = host;
    const directory = createStockDirectory(db);
    const watch = startStockWatch({ db, log, directory, noteAvailability });
    desk.afterCommit(({ stockIds }) => {
      if (stockIds.length > 0) watch.notice(stockIds);
    });
    catalog.openStockBy(openStockOf(assets));
    const { elsewhere } = settings;
    const isSupplied = settings.supplier !== undefined;
    return {
      services: {
        stockOf: directory.stockOf,
        checkStock: elsewhere === undefined ? undefined : createStockCheck({ db, log, ...elsewhere }),
      },
      routes: [inventoryRoutes({ db, assets, desk, noteAvailability, isSupplied })],
      tasks: [
        {
          name: "sweep_stock",
          everySeconds: SWEEP_SECONDS,
          run: (signal) => sweepStock({ db, noteAvailability }, signal),
        },
        ...listReordering(settings, host),
      ],
      close: watch.stop,
    };
  },
};

export function readInventorySettings(config: Config): InventorySettings {
  const { VENDOR_API_URL: url, VENDOR_API_TOKEN: token, SUPPLY_TIMEOUT_MS: timeoutMs } = config;
  const elsewhere = config.INVENTORY_SERVICE_URL;
  const onFailure = config.INVENTORY_SERVICE_FAILURE === "accept" ? "accept" : "refuse";
  return {
    supplier: token === undefined ? undefined : { url, token, timeoutMs },
    leaseSeconds: Math.ceil((timeoutMs * TRIES) / 1_000) + 60,
    elsewhere: elsewhere === undefined ? undefined : { url: elsewhere, timeoutMs, onFailure },
  };
}

function listReordering(
  { supplier: options, leaseSeconds }: InventorySettings,
  { db, log }: Pick<Host, "db" | "log">,
): Task[] {
  if (options === undefined) return [];
  const supplier = createSupplier(options);
  const run = async (signal: AbortSignal) => {
    const reordered = await reorderLowStock(db);
    return { reordered, asked: await callDueOrders({ db, log, supplier, leaseSeconds }, signal) };
  };
  return [{ name: "reorder_stock", everySeconds: REORDER_SECONDS, run }];
}

/** New products get their stock in the transaction that adds them. */
function openStockOf(assets: Assets): StockOpener {
  return async (tx, stock, actor) => {
    await openStocks(
      tx,
      assets,
      stock.map((product) => ({ ...product, actor })),
    );
    const available = stock.map(({ productId, initialQuantity, backorderLimit }) => ({
      productId,
      available: initialQuantity + backorderLimit,
    }));
    await noteAvailability(tx, available);
  };
}
