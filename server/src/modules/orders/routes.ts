// The routes of orders, by resource.
import type { Routes } from "../../http/index.ts";
import { addCartRoutes } from "../carts/cart-routes.ts";
import { addCheckoutRoutes } from "../carts/checkout-routes.ts";
import { addAnalyticsRoutes } from "./analytics/analytics-routes.ts";
import { addCreditRoutes } from "./credit-notes/credit-routes.ts";
import { addFulfilmentRoutes } from "./fulfilment/fulfilment-routes.ts";
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
