// What a verification checks of carts: that each that was ordered is the order that it names, and holds products that exist. An
// order does not know its cart, so the way back is the cart's own column, unique. What came to nothing is looked at no more.

import { findMissingProduct } from "../orders/verify/verify-checks.ts";
import type { Found, Subject } from "../orders/verify/verify-difference.ts";
import * as store from "./verify-carts-store.ts";

const check = "order_carts";

export async function checkCarts({ tx, since }: Subject): Found {
  const found = await store.findWrongCart(tx, since);
  if (found === undefined) return undefined;
  const [cartId, orderId] = [Number(found.id), Number(found.order_id)];
  return { check, what: `cart ${cartId} became order ${orderId}, which ${found.wrong}`, cartId, orderId };
}

export async function checkMergedCarts({ tx }: Subject): Found {
  const found = await store.findWrongMerge(tx);
  if (found === undefined) return undefined;
  const cartId = Number(found.id);
  return {
    check,
    what: `cart ${cartId} was merged into cart ${found.merged_into}, which is nobody's`,
    cartId,
  };
}

export async function checkCartProducts({ tx, since }: Subject): Found {
  const missing = await findMissingProduct(tx, await store.readCartProducts(tx, since));
  if (missing === undefined) return undefined;
  const { cartId, productId } = missing;
  return { check, what: `cart ${cartId} holds product ${productId}, which does not exist`, cartId };
}
