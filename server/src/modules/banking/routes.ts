// Banking's routes, by resource.
import type { Routes } from "../../gateway/index.ts";
import type { Sql } from "../../runtime/database.ts";
import type { Vault } from "../../runtime/vault.ts";
import type { Assets } from "../ledger/index.ts";
import { addAccountRoutes } from "./account-routes.ts";
import { addAssetRoutes } from "./asset-routes.ts";
import type { CommandDesk } from "./command-desk.ts";
import { addExchangeRoutes } from "./exchange-routes.ts";
import { addHistoryRoutes } from "./history-routes.ts";
import { addHoldRoutes } from "./hold-routes.ts";
import type { StepUpLimits } from "./large-payment.ts";
import { learnCurrencies } from "./learn-currencies.ts";
import { addSecureRoutes } from "./secure-routes.ts";
import { addTransactionRoutes } from "./transaction-routes.ts";

export interface BankingServices {
  readonly db: Sql;
  readonly vault: Vault;
  readonly assets: Assets;
  readonly desk: CommandDesk;
  /** API_KEY_V1: signs secure transaction records. */
  readonly apiKey: string | undefined;
  readonly stepUpLimits: StepUpLimits;
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
