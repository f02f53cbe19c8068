// Brings up inventory: the directory of stock accounts, the watch over what batches do to stock, and its upkeep.
import type { Routes } from "./gateway/index.ts";
import type { CommandDesk } from "./modules/banking/index.ts";
import { noteAvailability } from "./modules/catalog/index.ts";
import {
  createStockDirectory,
  inventoryRoutes,
  type StockDirectory,
  startStockWatch,
  sweepStock,
} from "./modules/inventory/index.ts";
import { startSchedule } from "./modules/jobs/index.ts";
import type { Assets } from "./modules/ledger/index.ts";
import type { Sql } from "./runtime/database.ts";
import type { Log } from "./runtime/log.ts";

const SWEEP_SECONDS = 300;

export interface Inventory {
  readonly stockOf: StockDirectory["stockOf"];
  /** For the desk: tells of stock accounts that a commit has changed. */
  readonly notice: (accountIds: readonly number[]) => void;
  readonly routes: (desk: CommandDesk) => Routes;
  readonly stop: () => Promise<void>;
}

export function openInventory({ db, log, assets }: { db: Sql; log: Log; assets: Assets }): Inventory {
  const directory = createStockDirectory(db);
  const watch = startStockWatch({ db, log, directory, noteAvailability });
  const sweep = (signal: AbortSignal) => sweepStock({ db, noteAvailability }, signal);
  const schedule = startSchedule({
    db,
    log,
    tasks: [{ name: "sweep_stock", everySeconds: SWEEP_SECONDS, run: sweep }],
  });
  return {
    stockOf: directory.stockOf,
    notice: watch.notice,
    routes: (desk) => inventoryRoutes({ db, assets, desk }),
    stop: async () => {
      await schedule.stop();
      await watch.stop();
    },
  };
}
