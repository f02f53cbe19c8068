// Orders follow their payments: a provider's report of a payment moves its order in the same commit. Money that arrives for
// an ended order goes back by itself, and the timeline says so. Money that a payment gave back is credited to its order.
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
import { leaveCreditNote } from "../credit-notes/build-credit-note.ts";
import type { CreditNoteKind } from "../credit-notes/credit-note.ts";
import { CREDIT_NOTES } from "../credit-notes/credit-note-store.ts";
import { followReturns, STAMPS_OF_NOTES } from "../credit-notes/follow-returns.ts";
import { stopShipping } from "../fulfilment/stop-shipping.ts";
import { holdsOf, type Order } from "../order.ts";
import { selectOrdersById } from "../order-read-store.ts";
import { ORDERS } from "../order-store.ts";
import type { OrderServices } from "../services.ts";
import { factsOf } from "./order-facts.ts";
import { saveOrder } from "./save-order.ts";
import { isFinal } from "./states.ts";

/** What giving a late payment back needs, besides what the payment's own command needs. */
const STAMPS_OF_RETURN = 10;

/**
 * Implements the payments' listener. Most changes need only the order's row. Its stock is not locked: an ended order's stock
 * is freed before its money is back. Where money went back by itself, the stock is read when the command is built anew.
 */
export function followPayments({ db, assets }: Pick<OrderServices, "db" | "assets">): PaymentListener {
  return {
    prepare: async ({ orderId }, { isAgain }) => {
      const order =
        orderId === null || !isAgain ? undefined : (await selectOrdersById(db, [orderId])).get(orderId);
      const { holdIds, accountIds } = holdsOf(order ?? { lines: [] });
      const ids = orderId === null ? [] : [orderId];
      return {
        needs: [{ reader: ORDERS, ids }, ...(isAgain ? [{ reader: CREDIT_NOTES, ids }] : [])],
        scope: {
          accountIds: holdIds.length === 0 ? [] : [...accountIds, unitAccounts(assets).sold],
          holdIds,
          stampCount: STAMPS_OF_RETURN + STAMPS_OF_NOTES + holdIds.length,
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

function follow(desk: Desk, order: Order, { after, returned, actorId }: PaymentChange): AppError | undefined {
  if (isUnwanted(order, after)) return returnMoney(desk, order, after);
  if (after.id !== order.paymentId) {
    saveOrder(desk, order, { ...tellPayment(after), actorId, payment: "another" });
    return undefined;
  }
  const followed = after.cancelRequested
    ? { order, notes: [] }
    : followReturns(desk, order, { payment: after, returned, actorId });
  if (followed instanceof AppError) return followed;
  const kept = stopShipping(desk, { order: followed.order, payment: after }, { actorId });
  if (kept instanceof AppError) return kept;
  for (const note of followed.notes) leaveCreditNote(desk, note);
  const told = followed.notes.at(-1);
  saveOrder(desk, order, {
    ...(told === undefined ? tellPayment(after) : { event: EVENT_OF_NOTE[told.kind], note: told.reason }),
    set: kept.order,
    actorId,
    payment: kept.payment,
    lines: kept.order.lines === order.lines ? "same" : "progress",
  });
  return undefined;
}

function tellPayment(payment: Payment): { event: string; note: string } {
  return { event: "payment_changed", note: `${payment.provider}: ${statusOf(payment)}` };
}

const EVENT_OF_NOTE: Readonly<Record<CreditNoteKind, string>> = {
  refund: "refunded",
  return: "returned",
  cancellation: "units_cancelled",
  credit: "refunded",
  chargeback: "charged_back",
  reversal: "refund_failed",
};

/** Money for an order that has ended without a sale, or that another payment has already paid. */
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
