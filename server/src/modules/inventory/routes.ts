// Inventory's routes, by resource.
import type { Routes } from "../../http/index.ts";
import type { Sql } from "../../runtime/database.ts";
import type { CommandDesk } from "../desk/index.ts";
import type { Assets } from "../ledger/index.ts";
import type { WatchOptions } from "./bookings/watch-stock.ts";
import { addPurchaseOrderRoutes } from "./purchase-orders/purchase-order-routes.ts";
import { addLocationRoutes } from "./stock/location-routes.ts";
import { addStockReadRoutes } from "./stock/stock-read-routes.ts";
import { addStockRoutes } from "./stock/stock-routes.ts";

export interface InventoryServices {
  readonly db: Sql;
  readonly assets: Assets;
  readonly desk: CommandDesk;
  /** Whether orders can be sent to a supplier. */
  readonly isSupplied?: boolean;
  /** Tells the catalog what orders may take, in the transaction that changed it. */
  readonly noteAvailability?: WatchOptions["noteAvailability"];
}

export function inventoryRoutes(services: InventoryServices): Routes {
  return (server) => {
    addLocationRoutes(server, services);
    addStockRoutes(server, services);
    addStockReadRoutes(server, services);
    addPurchaseOrderRoutes(server, services);
  };
}
