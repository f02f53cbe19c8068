// Compares orders with the uses of coupons, in both directions: each order that names a coupon has its use, no other order has
// one. A use has been returned where its order ended, or is about to, without ever being confirmed; for a confirmed order it may
// have been, depending on the shop's setting at the time; for no other order.
import type { VerifySubject } from "../../ledger/index.ts";
import { type CouponUse, findUses } from "../../promotions/index.ts";
import type { Found } from "./verify-difference.ts";
import { type CouponOrder, selectCouponOrders } from "./verify-pages-store.ts";

const PAGE = 5_000;

export async function checkUses({ tx }: VerifySubject): Found {
  for (let afterId = 0; ; ) {
    const orders = await selectCouponOrders(tx, { afterId, limit: PAGE });
    const isLast = orders.length < PAGE;
    const untilId = isLast ? Number.MAX_SAFE_INTEGER : (orders.at(-1)?.id ?? 0);
    const uses = await findUses(tx, { afterId, untilId });
    for (const order of orders) {
      const wrong = findWrongUse(order, uses.get(order.id));
      if (wrong !== undefined)
        return { check: "order_coupons", what: `order ${order.id} ${wrong}`, orderId: order.id };
      uses.delete(order.id);
    }
    const [stray] = uses.values();
    if (stray !== undefined) {
      const what = `coupon ${stray.code} has a use of order ${stray.orderId}, which does not name it`;
      return { check: "order_coupons", what, orderId: stray.orderId };
    }
    if (isLast) return undefined;
    afterId = untilId;
  }
}

function findWrongUse(order: CouponOrder, use: CouponUse | undefined): string | undefined {
  const { couponCode, customerId, hasEnded, wasConfirmed } = order;
  if (use?.code !== couponCode)
    return `names coupon ${couponCode} and has ${use ? `a use of ${use.code}` : "no use of it"}`;
  if (use.customerId !== customerId)
    return `is of ${customerId}, and its use of ${couponCode} of ${use.customerId}`;
  if (use.isReturned && !hasEnded) return `has returned its use of ${couponCode}, and has not ended`;
  const keepsWrongly = hasEnded && !wasConfirmed && !use.isReturned;
  return keepsWrongly ? `ended before it was confirmed and keeps its use of ${couponCode}` : undefined;
}
