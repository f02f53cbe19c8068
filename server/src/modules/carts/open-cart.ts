// Opens a cart: a guest gets a new one each time, a user their single open cart.
import type { Tx } from "../../runtime/transaction.ts";
import type { Actor } from "../../values/actor.ts";
import type { FullCart } from "./cart.ts";
import { insertCart, lockCarts, selectLines, selectOpenCartId } from "./cart-store.ts";

/** Also tells whether the cart is new. Locks the user's open cart. */
export async function openCart(
  tx: Tx,
  actor: Actor,
  { currency, expiryDays }: { readonly currency: string; readonly expiryDays: number },
): Promise<{ cart: FullCart; isNew: boolean }> {
  const userId = actor.kind === "guest" ? null : actor.id;
  const openId = userId === null ? undefined : await selectOpenCartId(tx, userId);
  const open = openId === undefined ? undefined : (await lockCarts(tx, [openId])).get(openId);
  if (open?.state === "open")
    return { cart: { ...open, lines: await selectLines(tx.sql, open.id) }, isNew: false };
  const cart = await insertCart(tx, { userId, currency, expiryDays });
  return { cart: { ...cart, lines: [] }, isNew: true };
}
