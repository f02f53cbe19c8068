// Verifies carts: each ordered cart matches the order that it names, and holds products that exist. An order does not
// know its cart, so the link is the cart's own unique column. Carts that were never ordered are no longer checked.
import type { Sql } from "../../runtime/database.ts";
import { inReadTransaction, type Tx } from "../../runtime/transaction.ts";
import type { Difference } from "../../values/difference.ts";
import {
  addTotals,
  type BoughtItem,
  type BoughtOrder,
  findBoughtOrders,
  findMissingProduct,
} from "../orders/index.ts";
import { priceAccepted } from "./price-cart.ts";
import * as store from "./verify-carts-store.ts";

export type CartDifference = Difference<"order_carts", "cartId" | "orderId">;
type Found = Promise<CartDifference | undefined>;

const check = "order_carts";
const PAGE = 2_000;

/**
 * Locks nothing. At most one difference of each kind.
 * @param since stamp up to which carts were found to match their orders earlier; default 0
 */
export async function verifyCarts(
  db: Sql,
  { since = 0 }: { since?: number } = {},
): Promise<CartDifference[]> {
  return inReadTransaction(db, async (tx) => {
    const found = [
      await findWrongOrder(tx, since),
      await findWrongMerge(tx),
      await findUnknownProduct(tx, since),
    ];
    return found.filter((difference) => difference !== undefined);
  });
}

async function findWrongOrder(tx: Tx, since: number): Found {
  for (let afterOrderId = since; ; ) {
    const carts = await store.selectOrderedCarts(tx, { afterOrderId, limit: PAGE });
    const orders = await findBoughtOrders(
      tx,
      carts.map(({ orderId }) => orderId),
    );
    for (const cart of carts) {
      const { id: cartId, orderId } = cart;
      const wrong = describeWrong(cart, orders.get(orderId));
      if (wrong !== undefined)
        return { check, what: `cart ${cartId} became order ${orderId}, which ${wrong}`, cartId, orderId };
    }
    if (carts.length < PAGE) return undefined;
    afterOrderId = carts.at(-1)?.orderId ?? 0;
  }
}

function describeWrong(cart: store.OrderedCart, order: BoughtOrder | undefined): string | undefined {
  if (order === undefined) return "does not exist";
  if (order.currency !== cart.currency) return "is in another currency";
  if (order.couponCode !== cart.couponCode) return "names another coupon";
  if (cart.userId !== null && order.customerId !== cart.userId) return "is somebody else's";
  if (order.wasEdited) return undefined;
  if (!isSameGoods(cart.items, order.items)) return "is of other goods";
  const accepted = addTotals(priceAccepted(cart.items, cart.discountMinor)).gross;
  return accepted === order.total ? undefined : "charges something else than the buyer accepted";
}

function isSameGoods(put: readonly BoughtItem[], bought: readonly BoughtItem[]): boolean {
  const name = ({ productId, quantity }: BoughtItem) => `${quantity} of ${productId}`;
  const [a, b] = [put.map(name).toSorted(), bought.map(name).toSorted()];
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

async function findWrongMerge(tx: Tx): Found {
  const found = await store.selectWrongMerge(tx);
  if (found === undefined) return undefined;
  const cartId = Number(found.id);
  const what = `cart ${cartId} was merged into cart ${found.merged_into}, which is nobody's`;
  return { check, what, cartId };
}

async function findUnknownProduct(tx: Tx, since: number): Found {
  const missing = await findMissingProduct(tx, await store.selectCartProducts(tx, since));
  if (missing === undefined) return undefined;
  const { cartId, productId } = missing;
  return { check, what: `cart ${cartId} holds product ${productId}, which does not exist`, cartId };
}
