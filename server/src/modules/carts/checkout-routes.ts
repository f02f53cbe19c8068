// Routes of a cart's end: checking it out, and reading the order that it has become, which guests may do with the cart's token.
import { addRoute, type HttpServer, readCaller, send } from "../../http/index.ts";
import { readVersions } from "../../http/version.ts";
import type { OrderServices } from "../orders/index.ts";
import { CheckoutInput, OrderDetail, OrderShape } from "../orders/index.ts";
import { readCartCaller } from "./cart-caller.ts";
import { FOR_GUESTS } from "./cart-routes.ts";
import { checkOutCart, findEarlierOrder, getOrderOfCart } from "./check-out-cart.ts";
import { CartParams } from "./schemas.ts";

export function addCheckoutRoutes(server: HttpServer, services: OrderServices): void {
  server.post(
    "/carts/:id/checkout",
    {
      config: FOR_GUESTS.config,
      schema: {
        tags: FOR_GUESTS.tags,
        security: FOR_GUESTS.security,
        headers: FOR_GUESTS.headers,
        operationId: "checkOutCart",
        summary: "Order what is in the cart",
        description:
          "The cart is consumed in the same commit as the order is placed. Checked out again it answers 200 with the " +
          "order that it has become. With If-Match only that version of the cart.",
        params: CartParams,
        body: CheckoutInput,
        response: { 200: OrderShape, 201: OrderShape },
      },
    },
    async (request, reply) => {
      const { cartId, reader } = readCartCaller(services, request);
      const versions = readVersions(request.headers["if-match"]);
      const checkout = { cartId, reader, versions, input: request.body };
      const outcome = await checkOutCart(services, readCaller(request), checkout);
      const earlier = await findEarlierOrder(services, outcome);
      return earlier === undefined ? send(reply, outcome) : reply.code(200).send(earlier);
    },
  );

  addRoute(server, {
    url: "/carts/:id/order",
    ...FOR_GUESTS,
    operationId: "getCartOrder",
    summary: "The order that the cart has become",
    params: CartParams,
    answer: OrderDetail,
    run: async (request) => {
      const { cartId, reader } = readCartCaller(services, request);
      return getOrderOfCart(services, reader, cartId);
    },
  });
}
