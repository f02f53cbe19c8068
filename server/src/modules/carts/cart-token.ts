// The token of a guest's cart: an HMAC of its id, so that it cannot be guessed and need not be stored in the database.
import { timingSafeEqual } from "node:crypto";
import type { Vault } from "../../runtime/vault/vault.ts";

export function makeCartToken(vault: Pick<Vault, "blindIndex">, cartId: number): string {
  return vault.blindIndex(`carts.cart_token:${cartId}`).toString("base64url");
}

/** Takes the same time however many characters of the token are right. */
export function isCartToken(vault: Pick<Vault, "blindIndex">, cartId: number, token: string): boolean {
  const [expected, given] = [makeCartToken(vault, cartId), token].map((text) => Buffer.from(text));
  return expected !== undefined && expected.length === given?.length && timingSafeEqual(expected, given);
}
