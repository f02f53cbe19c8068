// Opens the catalog: products and searching them. Inventory, a higher module, opens the stock of new products.
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/env-file.ts";
import type { LedgerModule } from "../ledger/open.ts";
import type { Module } from "../module.ts";
import type { StockOpener } from "./products/add-products.ts";
import type { ProductDefaults } from "./read-input.ts";
import { catalogRoutes } from "./routes.ts";
import { countWords } from "./search/search-store.ts";
import { setLanguage } from "./search/set-language.ts";

/** How common a word is changes slowly, so this is counted rarely. */
const COUNT_WORDS_SECONDS = 1_800;

export interface CatalogSettings {
  readonly defaults: ProductDefaults;
  readonly imageLimitBytes: number;
  /** A language tag: names are sorted by its rules, and words are reduced to their stems by it. */
  readonly language: string;
}

export interface CatalogModule {
  /** Opens the stock of new products, in the transaction that adds them. */
  readonly openStockBy: (opener: StockOpener) => void;
}

export const catalog: Module<"catalog", CatalogSettings, { ledger: LedgerModule }, CatalogModule> = {
  name: "catalog",
  readSettings: (config: Config) => ({
    defaults: { currency: config.DEFAULT_CURRENCY, priceIncludesTax: config.PRICES_INCLUDE_TAX },
    imageLimitBytes: config.PRODUCT_IMAGE_LIMIT_BYTES,
    language: config.SHOP_LANGUAGE,
  }),
  open: async ({ db, log }, settings, { ledger: { assets } }) => {
    const { language, defaults, imageLimitBytes } = settings;
    const { currency } = defaults;
    if (assets.byCode(currency)?.kind !== "money")
      throw new ConfigError([`DEFAULT_CURRENCY must be a currency that the ledger knows, not "${currency}"`]);
    await setLanguage({ db, log }, language);
    const openers: StockOpener[] = [];
    const onProductsCreated: StockOpener = async (tx, stock, actor) => {
      for (const open of openers) await open(tx, stock, actor);
    };
    return {
      services: { openStockBy: (opener) => void openers.push(opener) },
      routes: [catalogRoutes({ db, assets, defaults, imageLimitBytes, onProductsCreated })],
      tasks: [{ name: "count_words", everySeconds: COUNT_WORDS_SECONDS, run: () => countWords(db) }],
    };
  },
};
