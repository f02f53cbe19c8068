// Changes the lines of a cart under the lock of its row and, where the client names a version, only if the cart has it:
// parallel edits run one after the other, and a client that decided on an old state is shown the new one.
import type { Tx } from "../../runtime/transaction.ts";
import { AppError } from "../../values/app-error.ts";
import { findProductsForSale } from "../catalog/index.ts";
import type { SaleTerms } from "../orders/index.ts";
import {
  acceptTerms,
  addLines,
  type CartLine,
  type FullCart,
  type LineChange,
  refuseClosed,
  removeLine,
  replaceLines,
  setLine,
} from "./cart.ts";
import { lockCarts, selectLines, touchCart, writeCoupon, writeLines } from "./cart-store.ts";
import { cartError } from "./errors.ts";
import { type CartReader, type CartServices, checkVisible, presentCart, viewCart } from "./get-cart.ts";
import { discountNow, type PriceServices, termsInCart } from "./price-cart.ts";

export interface CartAccess {
  readonly cartId: number;
  /** The versions the cart may have; any other is refused. */
  readonly versions?: readonly number[] | undefined;
}

/** Makes the new lines from the cart as it is under the lock. */
export type CartEdit = (tx: Tx, services: PriceServices, cart: FullCart) => LineChange | Promise<LineChange>;

/**
 * Changes the lines and returns the changed cart. Locks the cart.
 * @throws AppError `not_found/cart_not_found`, `conflict/cart_closed`, `conflict/cart_changed` with the current cart, what the edit refuses
 */
export async function changeCart(
  tx: Tx,
  services: CartServices & CartReader,
  { edit, ...access }: CartAccess & { readonly edit: CartEdit },
): Promise<FullCart> {
  const cart = await lockOpenCart(tx, services, access);
  const lines = (await edit(tx, services, cart))(cart.lines);
  await writeLines(tx, cart.id, lines);
  return touchShown(tx, services, { ...cart, lines });
}

/** The next version of a locked cart, whose answer shows the buyer what its coupon takes off. */
export async function touchShown(
  tx: Tx,
  services: CartServices & CartReader,
  cart: FullCart,
): Promise<FullCart> {
  const discountMinor = discountNow(await viewCart(tx.sql, services, cart));
  const { cartExpiryDays: expiryDays } = services.settings;
  const touched = await touchCart(tx, cart.id, {
    expiryDays,
    userId: cart.userId ?? undefined,
    discountMinor,
  });
  return { ...touched, lines: cart.lines };
}

/**
 * Sets or removes the coupon and returns the changed cart. Locks the cart. Conditions that may still be met, such as the minimum
 * order value, are shown with the cart; everything else is refused.
 * @throws AppError as `changeCart`, and what the coupon refuses
 */
export async function changeCartCoupon(
  tx: Tx,
  services: CartServices & CartReader,
  { couponCode, ...access }: CartAccess & { readonly couponCode: string | null },
): Promise<FullCart> {
  const cart = { ...(await lockOpenCart(tx, services, access)), couponCode };
  const { discount } = await viewCart(tx.sql, services, cart);
  if (discount instanceof AppError && !MAY_COME_TRUE.includes(discount.code)) throw discount;
  await writeCoupon(tx, cart.id, couponCode);
  return touchShown(tx, services, cart);
}

const MAY_COME_TRUE: readonly string[] = ["coupon_minimum_not_reached", "coupon_needs_customer"];

async function lockOpenCart(
  tx: Tx,
  services: CartServices & CartReader,
  { cartId, versions }: CartAccess,
): Promise<FullCart> {
  const cart = await lockCart(tx, services, cartId);
  const closed = refuseClosed(cart);
  if (closed !== undefined) throw closed;
  if (versions !== undefined && !versions.includes(cart.version))
    throw cartError("cart_changed", { cart: await presentCart(tx.sql, services, cart) });
  return cart;
}

async function lockCart(tx: Tx, reader: CartReader, cartId: number): Promise<FullCart> {
  const cart = checkVisible((await lockCarts(tx, [cartId])).get(cartId), reader);
  return { ...cart, lines: await selectLines(tx.sql, cartId) };
}

/** A product and its quantity. */
export interface WantedLine {
  readonly productId: number;
  readonly quantity: number;
}

/** Adds products; a product that is already there gets more. Refuses as `priceWanted` does, and `cart_full`. */
export function addWanted(wanted: WantedLine): CartEdit {
  return async (tx, services, cart) => addLines(await priceWanted(tx, services, { cart, wanted: [wanted] }));
}

/** Replaces all lines with these. Refuses as `priceWanted` does. */
export function replaceByWanted(wanted: readonly WantedLine[]): CartEdit {
  return async (tx, services, cart) => replaceLines(await priceWanted(tx, services, { cart, wanted }));
}

/** Sets the quantity of a product in the cart. Refuses `cart_line_not_found`, and as `priceWanted` does. */
export function setWanted(wanted: WantedLine): CartEdit {
  return async (tx, services, cart) => {
    const { productId } = wanted;
    if (!cart.lines.some((line) => line.productId === productId))
      throw cartError("cart_line_not_found", { product_id: productId });
    const [line] = await priceWanted(tx, services, { cart, wanted: [wanted] });
    if (line === undefined) throw new Error("one line is priced");
    return setLine(line);
  };
}

/** Removes a product. Refuses `cart_line_not_found`. */
export function takeOut(productId: number): CartEdit {
  return () => removeLine(productId);
}

/** Replaces the accepted prices and taxes with today's. */
export function acceptTodaysPrices(): CartEdit {
  return async (tx, services, cart) => acceptTerms(await findTerms(tx, services, cart));
}

/** The lines at today's terms. @throws AppError `refused/product_not_for_sale`, `refused/cart_currency_differs` */
async function priceWanted(
  tx: Tx,
  services: PriceServices,
  { cart, wanted }: { cart: FullCart; wanted: readonly WantedLine[] },
): Promise<CartLine[]> {
  const products = await findProductsForSale(
    tx.sql,
    wanted.map((line) => line.productId),
  );
  return wanted.map(({ productId, quantity }) => {
    const product = products.get(productId);
    const accepted = termsInCart(services, cart, product);
    if (accepted !== undefined) return { productId, quantity, accepted, wasForSale: true };
    if (product?.status !== "active" || product.currency === cart.currency)
      throw cartError("product_not_for_sale", { product_id: productId });
    throw cartError("cart_currency_differs", {
      product_id: productId,
      currency: product.currency,
      cart_currency: cart.currency,
    });
  });
}

/** Today's terms of the products that can be bought. */
async function findTerms(tx: Tx, services: PriceServices, cart: FullCart): Promise<Map<number, SaleTerms>> {
  const products = await findProductsForSale(
    tx.sql,
    cart.lines.map((line) => line.productId),
  );
  return new Map(
    [...products].flatMap(([id, product]) => {
      const terms = termsInCart(services, cart, product);
      return terms === undefined ? [] : [[id, terms] as const];
    }),
  );
}
