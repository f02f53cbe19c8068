// The routes of orders, by resource.
import type { Routes } from "../../gateway/index.ts";
import { addCreditRoutes } from "./credit-routes.ts";
import { addFulfilmentRoutes } from "./fulfilment-routes.ts";
import { addOrderRoutes } from "./order-routes.ts";
import type { OrderServices } from "./services.ts";

export function orderRoutes(services: OrderServices): Routes {
  return (server) => {
    addOrderRoutes(server, services);
    addFulfilmentRoutes(server, services);
    addCreditRoutes(server, services);
  };
}
