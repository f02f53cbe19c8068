// Puts the shop together for a running program: each module is handed what the ones above it fill in.
import { type Config, ConfigError } from "../config/config.ts";
import type { Routes } from "../http/index.ts";
import { catalogRoutes, countWords, noteAvailability, type StockOpener } from "../modules/catalog/index.ts";
import { openStocks } from "../modules/inventory/index.ts";
import { startSchedule } from "../modules/jobs/index.ts";
import type { Assets } from "../modules/ledger/index.ts";
import type { Sql } from "../runtime/database.ts";
import type { Log } from "../runtime/log.ts";

/** How common a word is changes slowly. */
const COUNT_WORDS_SECONDS = 1_800;

export interface ShopOptions {
  readonly db: Sql;
  readonly log: Log;
  readonly assets: Assets;
}

export interface OpenedShop {
  readonly routes: readonly Routes[];
  readonly stop: () => Promise<void>;
}

/** @throws ConfigError where DEFAULT_CURRENCY is no currency that the ledger knows */
export function openShop(config: Config, { db, log, assets }: ShopOptions): OpenedShop {
  const currency = config.DEFAULT_CURRENCY;
  if (assets.byCode(currency)?.kind !== "money")
    throw new ConfigError([`DEFAULT_CURRENCY must be a currency that the ledger knows, not "${currency}"`]);
  const defaults = { currency, priceIncludesTax: config.PRICES_INCLUDE_TAX };
  const tasks = [{ name: "count_words", everySeconds: COUNT_WORDS_SECONDS, run: () => countWords(db) }];
  const schedule = startSchedule({ db, log, tasks });
  const imageLimitBytes = config.PRODUCT_IMAGE_LIMIT_BYTES;
  const onProductsCreated = openStockOf(assets);
  const routes = [catalogRoutes({ db, assets, defaults, imageLimitBytes, onProductsCreated })];
  return { routes, stop: schedule.stop };
}

/** New products get their stock in the same transaction. */
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
