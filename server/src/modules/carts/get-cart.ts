// Reads carts: their owner, their content at today's prices, and how they are shown.
import type { Query } from "../../runtime/transaction.ts";
import { type Actor, actsForAll } from "../../values/actor.ts";
import { AppError, asHidden } from "../../values/app-error.ts";
import { findProductsForSale } from "../catalog/index.ts";
import type { OrderServices } from "../orders/index.ts";
import { amountWriter, formatTaxRate, listPriceOf } from "../orders/index.ts";
import { type CouponClaim, checkCoupon } from "../promotions/index.ts";
import type { Cart, FullCart } from "./cart.ts";
import { selectCart, selectLines } from "./cart-store.ts";
import { cartError } from "./errors.ts";
import { type CartView, type PricedLine, type PriceServices, priceCart, worthOf } from "./price-cart.ts";
import type { CartDocument } from "./schemas.ts";

/** Who asks for a cart: a signed-in user, or a guest who showed its token. */
export interface CartReader {
  readonly actor: Actor;
  /** The cart whose valid token was shown. */
  readonly provenId?: number | undefined;
}

export type CartServices = Pick<OrderServices, "db" | "vault" | "assets" | "taxRates" | "settings">;

/** A guest's cart is its token holder's, a user's the user's; staff see all. @throws AppError `not_found/cart_not_found` */
export function checkVisible(cart: Cart | undefined, { actor, provenId }: CartReader): Cart {
  if (cart === undefined) throw cartError("cart_not_found");
  const isTheirs = cart.userId === null ? provenId === cart.id : cart.userId === actor.id;
  if (isTheirs || actsForAll(actor)) return cart;
  throw asHidden(cartError("cart_not_found"));
}

/** @throws AppError `not_found/cart_not_found` */
export async function getCart(sql: Query, reader: CartReader, cartId: number): Promise<FullCart> {
  const cart = checkVisible(await selectCart(sql, cartId), reader);
  return { ...cart, lines: await selectLines(sql, cartId) };
}

/** The cart as it is shown now, at the catalog's prices. */
export async function presentCart(
  sql: Query,
  services: CartServices & CartReader,
  cart: FullCart,
): Promise<CartDocument> {
  return describeCart(services, cart, await viewCart(sql, services, cart));
}

export async function viewCart(
  sql: Query,
  services: CartServices & CartReader,
  cart: FullCart,
): Promise<CartView> {
  const ids = cart.lines.map((line) => line.productId);
  const products = await findProductsForSale(sql, ids);
  const claim = claimOf(cart, services.actor);
  if (claim === undefined || cart.state !== "open") return { products, discount: undefined };
  return { products, discount: await checkCoupon(sql, claim, worthOf(services, cart, products)) };
}

/** The coupon that the order will use, and the customer who then uses it. */
export function claimOf(cart: Cart, actor: Actor): CouponClaim | undefined {
  return cart.couponCode === null ? undefined : { code: cart.couponCode, customerId: buyerOf(cart, actor) };
}

/** The future owner of the order: a guest's cart may be ordered by a user who has signed in meanwhile. */
export function buyerOf(cart: Cart, actor: Actor): string | null {
  if (cart.userId !== null) return cart.userId;
  return actor.kind === "guest" || actsForAll(actor) ? null : actor.id;
}

/** Shows current prices; the cart and each line say where they differ from what the buyer accepted. */
export function describeCart(services: PriceServices, cart: FullCart, view: CartView): CartDocument {
  const prices = priceCart(services, cart, view);
  const write = amountWriter(services.assets, cart.currency);
  const { discount } = view;
  return {
    id: String(cart.id),
    user_id: cart.userId,
    state: cart.state,
    currency: cart.currency,
    version: cart.version,
    lines: prices.lines.map((line) => describeLine(line, write)),
    subtotal: write(prices.subtotal),
    coupon_code: cart.couponCode,
    discount: write(prices.discount),
    net: write(prices.now.net),
    tax: write(prices.now.tax),
    total: write(prices.now.gross),
    accepted_total: write(prices.accepted.gross),
    coupon_problem: discount instanceof AppError ? { code: discount.code, detail: discount.message } : null,
    prices_changed: prices.isChanged,
    order_id: cart.orderId === null ? null : String(cart.orderId),
    merged_into: cart.mergedInto === null ? null : String(cart.mergedInto),
    created_at: cart.createdAt.toISOString(),
    changed_at: cart.changedAt.toISOString(),
    expires_at: cart.expiresAt.toISOString(),
  };
}

function describeLine(
  { productId, quantity, product, now, accepted, isChanged }: PricedLine,
  write: (minor: bigint) => string,
): CartDocument["lines"][number] {
  return {
    product_id: productId,
    sku: product?.sku ?? null,
    name: product?.name ?? null,
    quantity,
    is_for_sale: now !== undefined,
    unit_price: now === undefined ? null : write(now.unitPrice),
    accepted_price: write(accepted.unitPrice),
    price_changed: isChanged,
    price_includes_tax: now?.includesTax ?? null,
    accepted_price_includes_tax: accepted.includesTax,
    tax_rate: now === undefined ? null : formatTaxRate(now.taxRate),
    accepted_tax_rate: formatTaxRate(accepted.taxRate),
    total: write(now === undefined ? 0n : listPriceOf({ ...now, quantity })),
    discount: write(now?.discount ?? 0n),
    net: write(now?.net ?? 0n),
    tax: write(now?.tax ?? 0n),
    gross: write(now?.gross ?? 0n),
  };
}
