// Brings up orders: their services, the jobs that move them on, and what payments tell them.
import { type Config, ConfigError } from "../config/config.ts";
import type { Routes } from "../http/index.ts";
import { cartRoutes, cartTasks } from "../modules/carts/index.ts";
import type { CommandDesk } from "../modules/desk/index.ts";
import type { StockCheck, StockDirectory } from "../modules/inventory/index.ts";
import { startSchedule } from "../modules/jobs/index.ts";
import type { Assets } from "../modules/ledger/index.ts";
import { type OrderServices, orderRoutes, orderTasks, readTaxRates } from "../modules/orders/index.ts";
import type { ProviderName } from "../modules/payments/index.ts";
import { couponRoutes } from "../modules/promotions/index.ts";
import type { Sql } from "../runtime/database.ts";
import type { Log } from "../runtime/log.ts";
import type { Vault } from "../runtime/vault/vault.ts";
import { openScreening } from "./open-screening.ts";

export interface OrdersOptions {
  readonly db: Sql;
  readonly log: Log;
  readonly vault: Vault;
  readonly desk: CommandDesk;
  readonly assets: Assets;
  readonly stockOf: StockDirectory["stockOf"];
  readonly checkStock?: StockCheck | undefined;
  readonly cardProvider: ProviderName | undefined;
}

export interface OpenedOrders {
  readonly services: OrderServices;
  readonly routes: readonly Routes[];
  readonly stop: () => Promise<void>;
}

/** @throws ConfigError where TAX_RATE or TAX_CLASSES cannot be read */
export function openOrders(config: Config, { log, ...parts }: OrdersOptions): OpenedOrders {
  const taxRates = readTaxRates({ taxRate: config.TAX_RATE, taxClasses: config.TAX_CLASSES });
  if (typeof taxRates === "string") throw new ConfigError([taxRates]);
  const services: OrderServices = {
    ...parts,
    taxRates,
    screen: openScreening(config, parts),
    settings: {
      defaultCurrency: config.DEFAULT_CURRENCY,
      unpaidSeconds: config.ORDER_UNPAID_SECONDS,
      invoiceSeconds: config.ORDER_INVOICE_SECONDS,
      reviewSeconds: config.ORDER_REVIEW_SECONDS,
      graceSeconds: config.ORDER_GRACE_SECONDS,
      cartExpiryDays: config.CART_EXPIRY_DAYS,
    },
  };
  const schedule = startSchedule({
    db: parts.db,
    log,
    tasks: [...orderTasks(services), ...cartTasks(services)],
  });
  const { db, assets } = parts;
  const coupons = couponRoutes({ db, assets, defaultCurrency: config.DEFAULT_CURRENCY });
  return { services, routes: [coupons, orderRoutes(services), cartRoutes(services)], stop: schedule.stop };
}
