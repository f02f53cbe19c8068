// Banking's routes, by resource.
import type { Routes } from "../../gateway/index.ts";
import type { Sql } from "../../runtime/database.ts";
import type { Vault } from "../../runtime/vault.ts";
import type { Assets } from "../ledger/index.ts";
import { addAccountRoutes } from "./account-routes.ts";
import type { CommandDesk } from "./command-desk.ts";
import { addTransactionRoutes } from "./transaction-routes.ts";

export interface BankingServices {
  readonly db: Sql;
  readonly vault: Vault;
  readonly assets: Assets;
  readonly desk: CommandDesk;
}

export function bankingRoutes(services: BankingServices): Routes {
  return (server) => {
    addAccountRoutes(server, services);
    addTransactionRoutes(server, services);
  };
}
