// Who asks for which cart: a signed-in user, or a guest, who shows the cart's token in the header Cart-Token.

import type { FastifyRequest } from "fastify";
import { AppError } from "../../values/app-error.ts";
import { readId } from "../../values/read-input.ts";
import { isCartToken } from "./cart-token.ts";
import { cartError } from "./errors.ts";
import type { CartReader, CartServices } from "./get-cart.ts";

/**
 * A guest who shows a valid token is identified by the cart from here on: idempotency keys and the trail use its name.
 * @throws AppError `unauthenticated` where neither token was sent, `not_found/cart_not_found` where the cart's is wrong
 */
export function readCartCaller(
  { vault }: Pick<CartServices, "vault">,
  request: FastifyRequest,
): { cartId: number; reader: CartReader } {
  const cartId = (request.params as { id: number }).id;
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

const GUESTS_KEY_LENGTH_MIN = 20;

/**
 * Guests can only be told apart by this key: whoever guessed another guest's key would get that guest's cart.
 * @throws AppError `invalid/invalid_idempotency_key`
 */
export function checkGuestsKey(key: string | string[] | undefined): void {
  if (typeof key !== "string" || key.length >= GUESTS_KEY_LENGTH_MIN) return;
  const reason = `of a guest must be random and of at least ${GUESTS_KEY_LENGTH_MIN} characters, such as a UUID`;
  throw new AppError("invalid", "invalid_idempotency_key", {
    message: `Idempotency-Key ${reason}`,
    fields: [{ field: "Idempotency-Key", reason }],
  });
}

/** A guest's cart, named together with its token. @throws AppError `not_found/cart_not_found` where the token is wrong */
export function readProvenCart(
  { vault }: Pick<CartServices, "vault">,
  { cart_id, cart_token }: { readonly cart_id: string; readonly cart_token: string },
): number {
  const cartId = readId(cart_id, "cart_id");
  if (!isCartToken(vault, cartId, cart_token)) throw cartError("cart_not_found");
  return cartId;
}
