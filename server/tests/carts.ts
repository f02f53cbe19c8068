// Carts at a test's desk, without HTTP: Alice's, a guest's, and what each does with theirs.
import { type CartEdit, changeCart, changeCartCoupon } from "../src/modules/carts/change-cart.ts";
import { type Checkout, checkOutCart, findEarlierOrder } from "../src/modules/carts/check-out-cart.ts";
import { type CartReader, getCart, presentCart } from "../src/modules/carts/get-cart.ts";
import { openCart } from "../src/modules/carts/open-cart.ts";
import type { CartDocument } from "../src/modules/carts/schemas.ts";
import type { CheckoutInput } from "../src/modules/orders/index.ts";
import type { KeyedRequest } from "../src/runtime/idempotency.ts";
import { type Actor, GUEST } from "../src/values/actor.ts";
import { answerOf } from "./desk.ts";
import { openTestOrders, type TestOrders, type TestOrdersOptions } from "./orders.ts";
import { run } from "./refusal.ts";

/** A cart, and who may see it. */
export interface TestCart {
  readonly cartId: number;
  readonly reader: CartReader;
}

export interface TestCarts extends TestOrders {
  /** The actor's open cart in USD: a guest's is a new one each time. */
  readonly open: (actor: Actor) => Promise<TestCart>;
  /** Runs a change of a cart and returns the cart as it is shown then. @throws the refusal */
  readonly change: (
    cart: TestCart,
    edit: CartEdit,
    options?: { versions?: readonly number[]; key?: KeyedRequest },
  ) => Promise<CartDocument>;
  /** Names a coupon and returns the cart as it is shown then. @throws the refusal */
  readonly name: (cart: TestCart, couponCode: string | null) => Promise<CartDocument>;
  readonly show: (cart: TestCart) => Promise<CartDocument>;
  /** Returns the order, or that which the cart had become. @throws the refusal */
  readonly checkOut: (
    cart: TestCart,
    input?: Partial<CheckoutInput>,
    options?: Partial<Pick<Checkout, "versions">> & { key?: KeyedRequest },
  ) => Promise<ReturnType<typeof JSON.parse>>;
  /** Its time is past. */
  readonly letPass: (cartId: number, days?: number) => Promise<unknown>;
}

export async function openTestCarts(options: TestOrdersOptions = {}): Promise<TestCarts> {
  const shop = await openTestOrders(options);
  const { db, services } = shop;
  return {
    ...shop,
    open: async (actor) => {
      const { id } = await run(db, async (tx) => {
        const { cart } = await openCart(tx, actor, { currency: "USD", expiryDays: 30 });
        return { id: cart.id };
      });
      if (actor.kind !== "guest") return { cartId: id, reader: { actor } };
      return { cartId: id, reader: { actor: { ...GUEST, id: `cart:${id}` }, provenId: id } };
    },
    change: ({ cartId, reader }, edit, { versions, key } = {}) =>
      run(
        db,
        async (tx) => {
          const parts = { ...services, ...reader };
          return presentCart(tx.sql, parts, await changeCart(tx, parts, { cartId, versions, edit }));
        },
        key,
      ),
    name: ({ cartId, reader }, couponCode) =>
      run(db, async (tx) => {
        const parts = { ...services, ...reader };
        return presentCart(tx.sql, parts, await changeCartCoupon(tx, parts, { cartId, couponCode }));
      }),
    show: async ({ cartId, reader }) =>
      presentCart(db, { ...services, ...reader }, await getCart(db, reader, cartId)),
    checkOut: async ({ cartId, reader }, input = {}, { versions, key } = {}) => {
      const { actor } = reader;
      const guests = { email: "grace@example.com", shipping_address: { city: "Anytown" } };
      const of = actor.kind === "guest" ? guests : {};
      const checkout = { cartId, reader, versions, input: { payment_method: "invoice", ...of, ...input } };
      const outcome = await checkOutCart(services, { actor, key }, checkout as Checkout);
      return (await findEarlierOrder(services, outcome)) ?? answerOf(outcome);
    },
    letPass: (cartId, days = 0) =>
      db`UPDATE carts.carts SET expires_at = now() - make_interval(days => ${days}, secs => 1) WHERE id = ${cartId}`,
  };
}
