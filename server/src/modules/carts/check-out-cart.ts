// Checks a cart out: the order is placed like any other, and the cart is closed in the same commit, under the lock of its
// row. Another checkout of the same cart, later or at the same moment, is answered with the order that it has become.
import type { Actor } from "../../values/actor.ts";
import { SYSTEM_ACTOR } from "../../values/actor.ts";
import type { AppError } from "../../values/app-error.ts";
import { invalidField } from "../../values/app-error.ts";
import { readEmailAddress } from "../../values/email-address.ts";
import { readAll } from "../../values/read-input.ts";
import { findProductsForSale, PRODUCTS } from "../catalog/index.ts";
import { type CommandOutcome, type Desk, rereadFirst, submitRereading } from "../desk/index.ts";
import type { Address, CheckoutInput, OrderCaller, OrderServices } from "../orders/index.ts";
import {
  buildPlacingCommand,
  describeOrder,
  getAddresses,
  getOrderDetail,
  getOrderWithPayment,
  type NewOrder,
  type PlacingExtension,
  readOrder,
} from "../orders/index.ts";
import { claimDiscount } from "../promotions/index.ts";
import { type FullCart, refuseClosed } from "./cart.ts";
import { CARTS, ORDERED_CARTS } from "./cart-store.ts";
import { cartError } from "./errors.ts";
import { buyerOf, type CartReader, claimOf, describeCart, getCart } from "./get-cart.ts";
import { type CartView, type PriceServices, worthOf } from "./price-cart.ts";

export interface Checkout {
  readonly cartId: number;
  readonly reader: CartReader;
  readonly input: CheckoutInput;
  /** The versions the cart may have; undefined: any. */
  readonly versions: readonly number[] | undefined;
}

/**
 * Places the order of a cart. Locks the cart, and what placing locks. Refuses what placing refuses, `cart_closed` (with the
 * order that it has become), `cart_changed`, `cart_empty`, `cart_prices_changed`; for guests, goods without an address.
 * @throws AppError `not_found/cart_not_found`, `invalid/…` naming the field
 */
export function checkOutCart(
  services: OrderServices,
  caller: OrderCaller,
  checkout: Checkout,
): Promise<CommandOutcome> {
  return submitRereading(services.desk, async () => {
    const cart = await getCart(services.db, checkout.reader, checkout.cartId);
    const order = readCheckout(services, caller.actor, { cart, checkout });
    if (caller.actor.kind === "guest") await checkHasAddress(services, cart, order);
    return buildPlacingCommand(services, caller, {
      ...order,
      extension: consumeCart(services, cart, checkout),
    });
  });
}

/**
 * The order that the cart had already become when its checkout was refused; undefined where there is none. Whoever may see the
 * cart may see its order.
 */
export async function findEarlierOrder(services: OrderServices, outcome: CommandOutcome) {
  const refused = "refused" in outcome ? outcome.refused : undefined;
  const orderId = refused?.code === "cart_closed" ? refused.details["order_id"] : undefined;
  if (typeof orderId !== "string") return undefined;
  const id = Number(orderId);
  const [found, addresses] = await Promise.all([
    getOrderWithPayment(services, SYSTEM_ACTOR, id),
    getAddresses(services, id),
  ]);
  return describeOrder(services.assets, { ...found, addresses });
}

/** @throws AppError `not_found/cart_not_found`, `not_found/cart_not_ordered` */
export async function getOrderOfCart(services: OrderServices, reader: CartReader, cartId: number) {
  const { orderId } = await getCart(services.db, reader, cartId);
  if (orderId === null) throw cartError("cart_not_ordered");
  return getOrderDetail(services, SYSTEM_ACTOR, orderId);
}

function readCheckout(
  services: OrderServices,
  actor: Actor,
  { cart, checkout }: { cart: FullCart; checkout: Checkout },
): NewOrder {
  const { email, ...input } = checkout.input;
  const isGuest = actor.kind === "guest";
  const items = cart.lines.map(({ productId, quantity }) => ({ product_id: productId, quantity }));
  const coupon = cart.couponCode === null ? {} : { coupon_code: cart.couponCode };
  const read = readAll({
    email: () => {
      if (isGuest && email === undefined) throw invalidField("email", "is required of guests");
      return email === undefined ? undefined : readEmailAddress(email);
    },
    method: () => {
      if (isGuest && input.payment_method === "balance")
        throw invalidField("payment_method", "a balance is paid from by its owner: sign in first");
      return input.payment_method;
    },
    order: () => readOrder(services, actor, { ...input, ...coupon, items, currency: cart.currency }),
  });
  const { order } = read;
  const shippingAddress =
    read.email === undefined ? order.shippingAddress : { ...order.shippingAddress, email: read.email };
  return { ...order, shippingAddress, customerId: buyerOf(cart, actor) };
}

/** A guest's address is known from nowhere else. Products whose stock is not kept, such as downloads, need no address. */
async function checkHasAddress({ db }: OrderServices, cart: FullCart, order: NewOrder): Promise<void> {
  if ([order.shippingAddress, order.billingAddress].some(isPlace) || cart.state !== "open") return;
  const products = await findProductsForSale(
    db,
    cart.lines.map(({ productId }) => productId),
  );
  if ([...products.values()].some(({ tracksStock }) => tracksStock))
    throw invalidField(
      "shipping_address",
      "is required of guests, with the place that the goods are shipped to",
    );
}

/** A name and contact details alone do not say where a person lives. */
const PERSONAL = /^(e?_?mail|(tele)?phone|mobile|tel|fax|([a-z]+_)?name|company|recipient|title|salutation)$/;

function isPlace(address: Address | null): boolean {
  return address !== null && Object.keys(address).some((field) => !PERSONAL.test(field));
}

/** Takes the cart into the order's commit, in the version that was read. */
function consumeCart(services: PriceServices, cart: FullCart, checkout: Checkout): PlacingExtension {
  return {
    needs: [{ reader: CARTS, ids: [cart.id] }],
    check: (desk) => {
      const locked = desk.rows.of(CARTS).get(cart.id);
      if (locked === undefined) return cartError("cart_not_found");
      const closed = refuseClosed(locked);
      if (closed !== undefined) return closed;
      if (locked.version !== cart.version) return rereadFirst();
      return refuseChanged(desk, services, { cart, checkout });
    },
    onPlaced: (desk, order) => {
      const ordered = { ...cart, state: "ordered", orderId: order.id, version: cart.version + 1 } as const;
      desk.rows.of(CARTS).set(cart.id, ordered);
      desk.rows.add(ORDERED_CARTS, { id: cart.id, orderId: order.id });
    },
  };
}

function showAtDesk(
  desk: Desk,
  services: PriceServices,
  { cart, checkout }: { cart: FullCart; checkout: Checkout },
): CartView {
  const products = desk.rows.of(PRODUCTS);
  const claim = claimOf(cart, checkout.reader.actor);
  if (claim === undefined) return { products, discount: undefined };
  return { products, discount: claimDiscount(desk, claim, worthOf(services, cart, products)) };
}

/** Refuses changes that the buyer has not seen yet: they order what they saw, at the prices that they saw. */
function refuseChanged(
  desk: Desk,
  services: PriceServices,
  { cart, checkout }: { cart: FullCart; checkout: Checkout },
): AppError | undefined {
  const { versions } = checkout;
  if (cart.lines.length === 0) return cartError("cart_empty");
  const shown = describeCart(services, cart, showAtDesk(desk, services, { cart, checkout }));
  if (versions !== undefined && !versions.includes(cart.version))
    return cartError("cart_changed", { cart: shown });
  if (shown.prices_changed) return cartError("cart_prices_changed", { cart: shown });
  // Staff could order drafts elsewhere, but a line that the cart does not count is not ordered from it.
  const draft = cart.lines.find(({ productId }) => desk.rows.of(PRODUCTS).get(productId)?.status === "draft");
  return draft && cartError("product_not_for_sale", { product_id: draft.productId });
}
