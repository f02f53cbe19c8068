// The routes of orders, by resource.
import type { Routes } from "../../gateway/index.ts";
import { addAnalyticsRoutes } from "./analytics-routes.ts";
import { addCheckoutRoutes } from "./cart-checkout-routes.ts";
import { addCartRoutes } from "./cart-routes.ts";
import { addCreditRoutes } from "./credit-routes.ts";
import { addFulfilmentRoutes } from "./fulfilment-routes.ts";
import { addOrderRoutes } from "./order-routes.ts";
import type { OrderServices } from "./services.ts";

export function orderRoutes(services: OrderServices): Routes {
  return (server) => {
    addOrderRoutes(server, services);
    addFulfilmentRoutes(server, services);
    addCreditRoutes(server, services);
    addCartRoutes(server, services);
    addCheckoutRoutes(server, services);
    addAnalyticsRoutes(server, services);
  };
}
