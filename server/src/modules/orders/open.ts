// Opens orders: their services, their scheduled tasks, and their listener for payments.
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/env-file.ts";
import type { BankingModule } from "../banking/open.ts";
import type { CommandDesk } from "../desk/index.ts";
import type { InventoryModule } from "../inventory/open.ts";
import type { LedgerModule } from "../ledger/open.ts";
import type { Check, Module } from "../module.ts";
import type { PaymentModule } from "../payments/open.ts";
import type { RiskModule } from "../risk/open.ts";
import { ORDER_EXPORT, ORDER_LINE_EXPORT } from "./analytics/order-exports.ts";
import { followPayments } from "./changing/follow-payments.ts";
import { ORDERS_ENCRYPTED } from "./encrypted-tables.ts";
import { orderTasks } from "./jobs.ts";
import { setOrderEndsBack } from "./order-write-store.ts";
import { openScreening } from "./placing/open-screening.ts";
import { readTaxRates, type TaxRates } from "./placing/tax-rates.ts";
import { orderRoutes } from "./routes.ts";
import type { OrderServices, OrderSettings } from "./services.ts";
import { verifyOrders } from "./verify/verify-orders.ts";

export interface OrderModuleSettings {
  readonly taxRates: TaxRates;
  readonly settings: OrderSettings;
}

interface Lower {
  readonly ledger: LedgerModule;
  readonly desk: CommandDesk;
  readonly risk: RiskModule;
  readonly banking: BankingModule;
  readonly inventory: InventoryModule;
  readonly payments: PaymentModule;
}

const CHECK: Check = {
  kind: "orders",
  run: async (db, { since, onProgress }) => {
    const { differences } = await verifyOrders(db, {
      since,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    return { differences };
  },
};

export const orders: Module<"orders", OrderModuleSettings, Lower, OrderServices> = {
  name: "orders",
  readSettings,
  encrypted: ORDERS_ENCRYPTED,
  exports: [ORDER_EXPORT, ORDER_LINE_EXPORT],
  checks: [CHECK],
  setTimesBack: setOrderEndsBack,
  open: ({ db, vault }, settings, { ledger: { assets }, desk, risk, banking, inventory, payments }) => {
    const services: OrderServices = {
      db,
      vault,
      desk,
      assets,
      ...inventory,
      ...settings,
      moneyGuard: banking.moneyGuard,
      cardProvider: payments.cardProvider,
      screen: openScreening(risk.fraudCheck, { db, vault, assets }),
    };
    payments.tell(followPayments(services));
    return { services, routes: [orderRoutes(services)], tasks: orderTasks(services) };
  },
};

function readSettings(config: Config): OrderModuleSettings {
  const taxRates = readTaxRates({ taxRate: config.TAX_RATE, taxClasses: config.TAX_CLASSES });
  if (typeof taxRates === "string") throw new ConfigError([taxRates]);
  return {
    taxRates,
    settings: {
      defaultCurrency: config.DEFAULT_CURRENCY,
      unpaidSeconds: config.ORDER_UNPAID_SECONDS,
      invoiceSeconds: config.ORDER_INVOICE_SECONDS,
      reviewSeconds: config.ORDER_REVIEW_SECONDS,
      graceSeconds: config.ORDER_GRACE_SECONDS,
      timeZone: config.SHOP_TIME_ZONE,
      returnsCoupons: config.COUPON_RETURN_ON_CANCEL,
      cartExpiryDays: config.CART_EXPIRY_DAYS,
    },
  };
}
