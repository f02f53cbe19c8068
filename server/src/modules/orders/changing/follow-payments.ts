// Orders follow their payments: a provider's report of a payment moves its order in the same commit. Money that arrives for
// an ended order goes back by itself, and the timeline says so. Money that a payment gave back is credited to its order.
import { AppError } from "../../../values/app-error.ts";
import { type Desk, rereadFirst } from "../../desk/index.ts";
import { unitAccounts } from "../../inventory/index.ts";
import {
  cancelCharges,
  findPaymentsOfOrders,
  findWhole,
  isGivenBack,
  PAYMENTS,
  type Payment,
  type PaymentChange,
  type PaymentListener,
  selectCharges,
  statusOf,
  type WholePayment,
} from "../../payments/index.ts";
import { leaveCreditNote } from "../credit-notes/build-credit-note.ts";
import type { CreditNoteKind } from "../credit-notes/credit-note.ts";
import { CREDIT_NOTES } from "../credit-notes/credit-note-store.ts";
import { followReturns, STAMPS_OF_NOTES } from "../credit-notes/follow-returns.ts";
import { stopShipping } from "../fulfilment/stop-shipping.ts";
import { findOrder } from "../get-order.ts";
import { holdsOf, type Order } from "../order.ts";
import { ORDERS } from "../order-store.ts";
import type { OrderServices } from "../services.ts";
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
    prepare: async (payment, { isAgain }) => {
      const { orderId } = payment;
      const order = orderId === null || !isAgain ? undefined : await findOrder(db, orderId);
      const { holdIds, accountIds } = holdsOf(order ?? { lines: [] });
      const ids = orderId === null ? [] : [orderId];
      const charges = await findCharges(db, payment);
      return {
        needs: [
          { reader: ORDERS, ids },
          { reader: PAYMENTS, ids: charges.map(({ id }) => id) },
          ...(isAgain ? [{ reader: CREDIT_NOTES, ids }] : []),
        ],
        scope: {
          accountIds: holdIds.length === 0 ? [] : [...accountIds, unitAccounts(assets).sold],
          holdIds,
          stampCount: STAMPS_OF_RETURN + STAMPS_OF_NOTES + holdIds.length + charges.length,
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

/** All charges of its order's payment, where it is not the only one. */
async function findCharges(db: OrderServices["db"], payment: Payment): Promise<readonly Payment[]> {
  const { id, orderId, addsTo, chargeCount } = payment;
  if (orderId === null || (addsTo === null && chargeCount === 1)) return [];
  const payments = (await findPaymentsOfOrders(db, [orderId])).get(orderId) ?? [];
  return selectCharges(payments, addsTo ?? id);
}

/** The order's payment with the change; undefined where it is another one. Refuses `rereadFirst()` where a charge was added meanwhile. */
function readWhole(desk: Desk, order: Order, { id, addsTo }: Payment): WholePayment | undefined | AppError {
  if ((addsTo ?? id) !== order.paymentId) return undefined;
  const payments = [...desk.rows.of(PAYMENTS).values()].filter(({ orderId }) => orderId === order.id);
  const charges = selectCharges(payments, order.paymentId);
  return charges.length === charges[0]?.chargeCount ? findWhole(charges, order.paymentId) : rereadFirst();
}

function follow(desk: Desk, order: Order, { after, returned, actorId }: PaymentChange): AppError | undefined {
  const whole = readWhole(desk, order, after);
  if (whole instanceof AppError) return whole;
  if (isUnwanted(order, { payment: after, whole })) return returnMoney(desk, order, after);
  if (whole === undefined) {
    saveOrder(desk, order, { ...tellPayment(after), actorId, payment: "another" });
    return undefined;
  }
  const followed = after.cancelRequested
    ? { order, notes: [] }
    : followReturns(desk, order, { payment: whole, paymentId: after.id, returned, actorId });
  if (followed instanceof AppError) return followed;
  const kept = stopShipping(desk, { order: followed.order, payment: whole }, { actorId });
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
function isUnwanted(
  order: Order,
  { payment, whole }: { payment: Payment; whole: WholePayment | undefined },
): boolean {
  if (payment.cancelRequested) return false;
  const hasMoney = !isGivenBack(payment) && payment.authorizedMinor > 0n;
  const isEnded = isFinal(order.state) && order.state !== "COMPLETED";
  return hasMoney && (isEnded || whole === undefined);
}

function returnMoney(desk: Desk, order: Order, payment: Payment): AppError | undefined {
  const reason = `order ${order.id} is ${order.state}`;
  const returned = cancelCharges(desk, payment, { actorId: "system", reason });
  if (returned instanceof AppError) return returned;
  const whole = readWhole(desk, order, returned);
  if (whole instanceof AppError) return whole;
  saveOrder(desk, order, {
    event: "late_payment_returned",
    note: reason,
    actorId: "system",
    payment: whole ?? "another",
  });
  return undefined;
}
