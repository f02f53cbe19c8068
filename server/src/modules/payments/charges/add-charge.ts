// Charges a card once more for an order of which more became due: a payment of its own, which adds to the order's first.
import { AppError } from "../../../values/app-error.ts";
import type { Desk } from "../../desk/index.ts";
import { allOrError } from "../book-money.ts";
import { paymentsError } from "../errors.ts";
import { type OpenPaymentRequest, openPayment } from "../open-payment.ts";
import type { Payment } from "../payment.ts";
import { savePayment } from "../payment-rows.ts";
import { closeFailed } from "./act-on-charges.ts";
import { chargesOf, type WholePayment, wholeOf } from "./whole-payment.ts";

/** As the database's CHECK says. */
const CHARGES_MAX = 50;

/**
 * Opens a further charge: decide-time, with all charges locked and the scope of opening a payment. Earlier ones that failed are
 * closed. Refuses `payment_not_raised` where there are as many as there may be, and what opening a payment refuses.
 */
export function addCharge(
  desk: Desk,
  payment: WholePayment,
  request: OpenPaymentRequest,
): WholePayment | AppError {
  const [first, ...others] = chargesOf(payment);
  if (first === undefined || first.chargeCount >= CHARGES_MAX) return paymentsError("payment_not_raised");
  return allOrError(desk, () => {
    const further: Payment[] = [];
    for (const charge of others) {
      const closed = closeFailed(desk, charge, request.actor.id);
      if (closed instanceof AppError) return closed;
      further.push(closed);
    }
    const added = openPayment(desk, { ...request, addsTo: first.id });
    if (added instanceof AppError) return added;
    const counted = savePayment(desk, { ...first, chargeCount: first.chargeCount + 1 });
    return wholeOf([counted, ...further, added]);
  });
}
