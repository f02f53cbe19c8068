// Merges a guest's cart into the cart of the user who signs in: no line is lost, and quantities of one product add up. A user
// without an open cart takes over the guest's.
import type { Tx } from "../../runtime/transaction.ts";
import { type CappedLine, type Cart, type FullCart, mergeLines, refuseClosed } from "./cart.ts";
import {
  closeMerged,
  lockCarts,
  selectLines,
  selectOpenCartId,
  writeCoupon,
  writeLines,
} from "./cart-store.ts";
import { touchShown } from "./change-cart.ts";
import { cartError } from "./errors.ts";
import { type CartReader, type CartServices, checkVisible } from "./get-cart.ts";

/** The user's cart, and the lines of which it holds less than both carts did together. */
export type MergedCart = FullCart & { readonly capped: readonly CappedLine[] };

/**
 * Returns the user's cart with all lines. Merging a merged cart again changes nothing. Locks both carts.
 * @throws AppError `not_found/cart_not_found`, `conflict/cart_closed`, `refused/cart_full`, `refused/cart_currency_differs`
 */
export async function mergeCarts(
  tx: Tx,
  services: CartServices & CartReader,
  guestCartId: number,
): Promise<MergedCart> {
  const userId = services.actor.id;
  const { own, guest } = await lockBoth(tx, userId, guestCartId);
  if (guest !== undefined && isTheirs(guest, own)) return withLines(tx, own ?? guest);
  checkVisible(guest, services);
  if (guest === undefined || guest.userId !== null) throw cartError("cart_not_found");
  const closed = refuseClosed(guest);
  if (closed !== undefined) throw closed;
  if (own === undefined) {
    const lines = await selectLines(tx.sql, guest.id);
    return { ...(await touchShown(tx, services, { ...guest, userId, lines })), capped: [] };
  }
  return putTogether(tx, services, { own, guest });
}

/** In id order, as carts are always locked. If the user's cart was ordered since it was found, there is none. */
async function lockBoth(tx: Tx, userId: string, guestCartId: number) {
  const ownId = await selectOpenCartId(tx, userId);
  const carts = await lockCarts(tx, ownId === undefined ? [guestCartId] : [ownId, guestCartId]);
  const own = ownId === undefined ? undefined : carts.get(ownId);
  return { own: own?.state === "open" ? own : undefined, guest: carts.get(guestCartId) };
}

/** The guest's cart was merged into the user's cart, or has become it. */
function isTheirs(guest: Cart, own: Cart | undefined): own is Cart {
  return own !== undefined && (guest.mergedInto === own.id || guest.id === own.id);
}

async function putTogether(
  tx: Tx,
  services: CartServices & CartReader,
  { own, guest }: { own: Cart; guest: Cart },
): Promise<MergedCart> {
  if (own.currency !== guest.currency)
    throw cartError("cart_currency_differs", { currency: guest.currency, cart_currency: own.currency });
  const [owned, added] = [await selectLines(tx.sql, own.id), await selectLines(tx.sql, guest.id)];
  const { lines, capped } = mergeLines(owned, added);
  await writeLines(tx, own.id, lines);
  const couponCode = own.couponCode ?? guest.couponCode;
  await writeCoupon(tx, own.id, couponCode);
  await closeMerged(tx, guest.id, own.id);
  return { ...(await touchShown(tx, services, { ...own, couponCode, lines })), capped };
}

async function withLines(tx: Tx, cart: Cart): Promise<MergedCart> {
  return { ...cart, lines: await selectLines(tx.sql, cart.id), capped: [] };
}
