// Reads carts: whose they are, what is in them at today's prices, and how they are shown.
import type { Query } from "../../runtime/transaction.ts";
import { type Actor, actsForAll } from "../../values/actor.ts";
import { AppError, asHidden } from "../../values/app-error.ts";
import { findProductsForSale, type ProductForSale } from "../catalog/index.ts";
import type { Assets } from "../ledger/index.ts";
import type { OrderServices } from "../orders/index.ts";
import { amountWriter } from "../orders/index.ts";
import { checkCoupon, type OrderWorth } from "../promotions/index.ts";
import type { Cart, CartLine, FullCart } from "./cart.ts";
import { selectCart, selectLines } from "./cart-store.ts";
import { cartError } from "./errors.ts";
import type { CartDocument } from "./schemas.ts";

/** Who asks for a cart: somebody signed in, or a guest who showed its token. */
export interface CartReader {
  readonly actor: Actor;
  /** The cart whose token was shown, and was right. */
  readonly provenId?: number | undefined;
}

export type CartServices = Pick<OrderServices, "db" | "vault" | "assets" | "settings">;

/** A guest's cart is whose token it is, a user's the user's; staff sees all. @throws AppError `not_found/cart_not_found` */
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

/** What a cart is shown with. */
export interface CartView {
  readonly products: ReadonlyMap<number, ProductForSale>;
  /** What the coupon takes off, or why it would be refused; undefined without one, and where the cart is closed. */
  readonly discount: bigint | AppError | undefined;
}

/** The cart as it is shown now, at the catalog's prices. */
export async function presentCart(sql: Query, assets: Assets, cart: FullCart): Promise<CartDocument> {
  return describeCart(assets, cart, await viewCart(sql, assets, cart));
}

export async function viewCart(sql: Query, assets: Assets, cart: FullCart): Promise<CartView> {
  const ids = cart.lines.map((line) => line.productId);
  const products = await findProductsForSale(sql, ids);
  const { couponCode: code, userId: customerId } = cart;
  if (code === null || cart.state !== "open") return { products, discount: undefined };
  return {
    products,
    discount: await checkCoupon(sql, { code, customerId }, worthOf(assets, cart, products)),
  };
}

/** What of the cart can be bought, at the catalog's prices. */
export function worthOf(assets: Assets, cart: FullCart, products: CartView["products"]): OrderWorth {
  const subtotalMinor = cart.lines.reduce(
    (sum, line) => sum + totalOf(cart, line, products.get(line.productId)),
    0n,
  );
  const { currency } = cart;
  return { currency, subtotalMinor, write: amountWriter(assets, currency) };
}

/** Prices are the catalog's of now; a line says where that is not the price that the buyer accepted. */
export function describeCart(assets: Assets, cart: FullCart, { products, discount }: CartView): CartDocument {
  const { subtotalMinor, write: format } = worthOf(assets, cart, products);
  const described = cart.lines.map((line) =>
    describeLine(cart, { line, product: products.get(line.productId), format }),
  );
  return {
    id: String(cart.id),
    user_id: cart.userId,
    state: cart.state,
    currency: cart.currency,
    version: cart.version,
    lines: described,
    subtotal: format(subtotalMinor),
    coupon_code: cart.couponCode,
    discount: format(typeof discount === "bigint" ? discount : 0n),
    coupon_problem: discount instanceof AppError ? { code: discount.code, detail: discount.message } : null,
    prices_changed: described.some((line) => line.price_changed),
    order_id: cart.orderId === null ? null : String(cart.orderId),
    merged_into: cart.mergedInto === null ? null : String(cart.mergedInto),
    created_at: cart.createdAt.toISOString(),
    changed_at: cart.changedAt.toISOString(),
    expires_at: cart.expiresAt.toISOString(),
  };
}

/** Whether the product can go into an order of this cart. */
export function isForSale(cart: Pick<Cart, "currency">, product: ProductForSale | undefined): boolean {
  return product?.status === "active" && product.currency === cart.currency;
}

function totalOf(cart: Cart, line: CartLine, product: ProductForSale | undefined): bigint {
  return product !== undefined && isForSale(cart, product) ? product.priceMinor * BigInt(line.quantity) : 0n;
}

function describeLine(
  cart: Cart,
  {
    line,
    product,
    format,
  }: { line: CartLine; product: ProductForSale | undefined; format: (minor: bigint) => string },
): CartDocument["lines"][number] {
  const sold = product !== undefined && isForSale(cart, product) ? product : undefined;
  return {
    product_id: line.productId,
    sku: product?.sku ?? null,
    name: product?.name ?? null,
    quantity: line.quantity,
    is_for_sale: sold !== undefined,
    unit_price: sold === undefined ? null : format(sold.priceMinor),
    accepted_price: format(line.unitPriceMinor),
    price_changed: sold !== undefined && sold.priceMinor !== line.unitPriceMinor,
    price_includes_tax: sold === undefined ? null : sold.priceIncludesTax,
    total: format(totalOf(cart, line, product)),
  };
}
