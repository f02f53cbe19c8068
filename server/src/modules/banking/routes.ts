// Banking's routes, by resource.
import type { Routes } from "../../http/index.ts";
import type { Vault } from "../../runtime/vault/vault.ts";
import { addAccountRoutes } from "./accounts/account-routes.ts";
import { addAssetRoutes } from "./asset-routes.ts";
import { addExchangeRoutes } from "./exchange/exchange-routes.ts";
import { addHoldRoutes } from "./holds/hold-routes.ts";
import { learnCurrencies } from "./learn-currencies.ts";
import type { MoneyServices } from "./money-services.ts";
import { addSecureRoutes } from "./secure-records/secure-routes.ts";
import { addHistoryRoutes } from "./transactions/history-routes.ts";
import { addTransactionRoutes } from "./transactions/transaction-routes.ts";

export interface BankingServices extends MoneyServices {
  readonly vault: Vault;
  /** API_KEY_V1: signs secure transaction records. */
  readonly recordKey: string | Buffer | undefined;
}

export function bankingRoutes(services: BankingServices): Routes {
  return (server) => {
    server.addHook("preHandler", learnCurrencies(services.assets));
    addAssetRoutes(server, services);
    addAccountRoutes(server, services);
    addHistoryRoutes(server, services);
    addTransactionRoutes(server, services);
    addSecureRoutes(server, services);
    addHoldRoutes(server, services);
    addExchangeRoutes(server, services);
  };
}
