// Who asks for which cart: somebody signed in, or a guest, who shows the cart's token in the header Cart-Token.

import type { FastifyRequest } from "fastify";
import { AppError } from "../../values/app-error.ts";
import { readId } from "../../values/read-input.ts";
import { isCartToken } from "./cart-token.ts";
import { cartError } from "./errors.ts";
import type { CartReader, CartServices } from "./get-cart.ts";

/**
 * A guest who shows the cart's token is known by the cart from here on: keys and the trail name it.
 * @throws AppError `unauthenticated` where neither token was sent, `not_found/cart_not_found` where the cart's is wrong
 */
export function readCartCaller(
  { vault }: Pick<CartServices, "vault">,
  request: FastifyRequest,
): { cartId: number; reader: CartReader } {
  const cartId = readId((request.params as { id: string }).id, "id");
  const token = request.headers["cart-token"];
  const isProven = typeof token === "string" && isCartToken(vault, cartId, token);
  if (request.actor.kind === "guest") {
    if (token === undefined)
      throw new AppError("unauthenticated", "unauthenticated", {
        message: "send the cart's Cart-Token, or Authorization: Bearer <token>",
      });
    if (!isProven) throw cartError("cart_not_found");
    request.actor = { ...request.actor, id: `cart:${cartId}`, name: `guest of cart ${cartId}` };
  }
  return { cartId, reader: { actor: request.actor, provenId: isProven ? cartId : undefined } };
}
