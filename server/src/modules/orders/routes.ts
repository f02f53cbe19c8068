// The routes of orders, by resource.
import type { Routes } from "../../http/index.ts";
import { addAnalyticsRoutes } from "./analytics/analytics-routes.ts";
import { addCreditRoutes } from "./credit-notes/credit-routes.ts";
import { addFulfilmentRoutes } from "./fulfilment/fulfilment-routes.ts";
import { addReservedRoutes } from "./fulfilment/reserved-routes.ts";
import { addOrderRoutes } from "./order-routes.ts";
import type { OrderServices } from "./services.ts";

export function orderRoutes(services: OrderServices): Routes {
  return (server) => {
    addOrderRoutes(server, services);
    addFulfilmentRoutes(server, services);
    addReservedRoutes(server, services);
    addCreditRoutes(server, services);
    addAnalyticsRoutes(server, services);
  };
}
