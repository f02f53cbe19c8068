// Puts the shop together for a running program: each module is handed what the ones above it fill in.
import { type Config, ConfigError } from "./config.ts";
import type { Routes } from "./gateway/index.ts";
import { catalogRoutes, noteAvailability, type StockOpener } from "./modules/catalog/index.ts";
import { openStocks } from "./modules/inventory/index.ts";
import type { Assets } from "./modules/ledger/index.ts";
import type { Sql } from "./runtime/database.ts";

export interface ShopOptions {
  readonly db: Sql;
  readonly assets: Assets;
}

export interface OpenedShop {
  readonly routes: readonly Routes[];
}

/** @throws ConfigError where DEFAULT_CURRENCY is no currency that the ledger knows */
export function openShop(config: Config, { db, assets }: ShopOptions): OpenedShop {
  const currency = config.DEFAULT_CURRENCY;
  if (assets.byCode(currency)?.kind !== "money")
    throw new ConfigError([`DEFAULT_CURRENCY must be a currency that the ledger knows, not "${currency}"`]);
  const defaults = { currency, priceIncludesTax: config.PRICES_INCLUDE_TAX };
  return { routes: [catalogRoutes({ db, assets, defaults, onProductsCreated: openStockOf(assets) })] };
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
