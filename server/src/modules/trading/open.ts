// Opens trading: instruments, quotes and trade orders, and the tasks that fill what was left behind and end what is over.
import type { BankingModule } from "../banking/open.ts";
import type { CommandDesk } from "../desk/index.ts";
import type { LedgerModule } from "../ledger/open.ts";
import type { Check, Module } from "../module.ts";
import { tradingRoutes } from "./routes.ts";
import type { TradingServices, TradingSettings } from "./services.ts";
import { expireTradeOrders } from "./trade-orders/end-order.ts";
import { fillLeftBehind } from "./trade-orders/fill-fired.ts";
import { verifyTrading } from "./verify/verify-trading.ts";

const SWEEP_SECONDS = 5;

interface Lower {
  readonly ledger: LedgerModule;
  readonly desk: CommandDesk;
  readonly banking: BankingModule;
}

const CHECK: Check = {
  kind: "trades",
  run: async (db, { since }) => ({ differences: await verifyTrading(db, { since }) }),
};

export const trading: Module<"trading", TradingSettings, Lower, TradingServices> = {
  name: "trading",
  readSettings: (config) => ({
    defaultCurrency: config.DEFAULT_CURRENCY,
    openOrdersMax: config.TRADING_OPEN_ORDERS_MAX,
    ordersPerMinuteMax: config.TRADING_ORDERS_PER_MINUTE,
  }),
  checks: [CHECK],
  open: ({ db }, settings, { ledger: { assets }, desk, banking }) => {
    const services: TradingServices = { db, desk, assets, moneyGuard: banking.moneyGuard, settings };
    return {
      services,
      routes: [tradingRoutes(services)],
      tasks: [
        { name: "fill_fired_trade_orders", everySeconds: SWEEP_SECONDS, run: () => fillLeftBehind(services) },
        { name: "expire_trade_orders", everySeconds: SWEEP_SECONDS, run: () => expireTradeOrders(services) },
      ],
    };
  },
};
