// Orders follow their payments: what a provider tells of a payment moves its order in the same commit. Money that arrives for
// an order that has ended goes back by itself, and the timeline says so.
import { AppError } from "../../../values/app-error.ts";
import type { Desk } from "../../desk/index.ts";
import { unitAccounts } from "../../inventory/index.ts";
import {
  cancelPayment,
  type Payment,
  type PaymentChange,
  type PaymentListener,
  statusOf,
} from "../../payments/index.ts";
import { stopShipping } from "../fulfilment/stop-shipping.ts";
import { holdsOf, type Order } from "../order.ts";
import { selectOrder } from "../order-read-store.ts";
import { ORDERS } from "../order-store.ts";
import type { OrderServices } from "../services.ts";
import { factsOf } from "./order-facts.ts";
import { saveOrder } from "./save-order.ts";
import { isFinal } from "./states.ts";

/** What giving a late payment back takes, beside what the payment's own command took. */
const STAMPS_OF_RETURN = 10;

/**
 * Fills the port of payments. Most changes need the order's row alone, and its stock is not locked: that of an order that ends is free
 * before its money is back. Where money went back by itself, the stock is read when the command is built anew.
 */
export function followPayments({ db, assets }: Pick<OrderServices, "db" | "assets">): PaymentListener {
  return {
    prepare: async ({ orderId }, { isAgain }) => {
      const order = orderId === null || !isAgain ? undefined : await selectOrder(db, orderId);
      const { holdIds, accountIds } = holdsOf(order ?? { lines: [] });
      return {
        needs: orderId === null ? [] : [{ reader: ORDERS, ids: [orderId] }],
        scope: {
          accountIds: holdIds.length === 0 ? [] : [...accountIds, unitAccounts(assets).sold],
          holdIds,
          stampCount: STAMPS_OF_RETURN + holdIds.length,
        },
      };
    },
    onChange: (desk, change) => {
      const order =
        change.after.orderId === null ? undefined : desk.rows.of(ORDERS).get(change.after.orderId);
      return order === undefined ? undefined : follow(desk, order, change);
    },
  };
}

function follow(desk: Desk, order: Order, { after, actorId }: PaymentChange): AppError | undefined {
  if (isUnwanted(order, after)) return returnMoney(desk, order, after);
  const change = { event: "payment_changed", note: `${after.provider}: ${statusOf(after)}`, actorId };
  if (after.id !== order.paymentId) {
    saveOrder(desk, order, { ...change, payment: "another" });
    return undefined;
  }
  const kept = stopShipping(desk, { order, payment: after }, { actorId });
  if (kept instanceof AppError) return kept;
  const { lines, shippingStop } = kept.order;
  const set = { lines, shippingStop };
  const changed = shippingStop === order.shippingStop ? "same" : "progress";
  saveOrder(desk, order, { ...change, set, payment: kept.payment, lines: changed });
  return undefined;
}

/** Money for an order that has ended without a sale, or that another payment has paid. */
function isUnwanted(order: Order, payment: Payment): boolean {
  if (payment.cancelRequested) return false;
  const hasMoney = !factsOf(order, payment).isGivenBack && payment.authorizedMinor > 0n;
  const isEnded = isFinal(order.state) && order.state !== "COMPLETED";
  return hasMoney && (isEnded || payment.id !== order.paymentId);
}

function returnMoney(desk: Desk, order: Order, payment: Payment): AppError | undefined {
  const reason = `order ${order.id} is ${order.state}`;
  const returned = cancelPayment(desk, payment, { actorId: "system", reason });
  if (returned instanceof AppError) return returned;
  saveOrder(desk, order, {
    event: "late_payment_returned",
    note: reason,
    actorId: "system",
    payment: returned.id === order.paymentId ? returned : "another",
  });
  return undefined;
}
