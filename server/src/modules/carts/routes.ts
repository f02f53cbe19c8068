// The routes of carts, by resource.
import type { Routes } from "../../http/index.ts";
import type { OrderServices } from "../orders/index.ts";
import { addCartRoutes } from "./cart-routes.ts";
import { addCheckoutRoutes } from "./checkout-routes.ts";

export function cartRoutes(services: OrderServices): Routes {
  return (server) => {
    addCartRoutes(server, services);
    addCheckoutRoutes(server, services);
  };
}
