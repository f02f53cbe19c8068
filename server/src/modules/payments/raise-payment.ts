// Makes a payment ask for more than it was opened over: units were added to what it is for.
import type { AppError } from "../../values/app-error.ts";
import type { Desk } from "../desk/index.ts";
import { allOrError, type Money } from "./book-money.ts";
import { releasePaymentHold } from "./capture-payment.ts";
import { paymentsError } from "./errors.ts";
import { holdBalance } from "./open-payment.ts";
import { authorizedLeft, type Payment } from "./payment.ts";
import { appendEvent, savePayment } from "./payment-rows.ts";

/**
 * Raises a payment to an amount, of all that it is to take: decide-time, scope as for capturing. Of a balance what is missing of it
 * is held at once; an invoice is over more. Leaves a payment as it is that is to take so much already.
 * Refuses `payment_not_raised` of a card, and what the ledger refuses (`insufficient_funds`, `account_frozen`, ...).
 */
export function raisePayment(
  desk: Desk,
  payment: Payment,
  { amountMinor, taxMinor, actorId }: Money & { actorId: string },
): Payment | AppError {
  if (payment.provider !== "manual" && payment.provider !== "balance")
    return paymentsError("payment_not_raised");
  return allOrError(desk, () => {
    const asked =
      payment.amountMinor >= amountMinor ? payment : ask(desk, payment, { amountMinor, taxMinor, actorId });
    const raised = payment.provider === "balance" ? holdMore(desk, asked, { amountMinor, actorId }) : asked;
    return raised === payment ? payment : savePayment(desk, raised);
  });
}

/** Notes what a payment asks for from now on; never less tax than was taken. The caller saves it. */
export function ask(
  desk: Desk,
  payment: Payment,
  { amountMinor, taxMinor: tax, actorId }: Money & { actorId: string },
): Payment {
  const taxMinor = tax > payment.taxCapturedMinor ? tax : payment.taxCapturedMinor;
  const money = { amountMinor, taxMinor };
  return appendEvent(desk, { ...payment, ...money }, { ...money, type: "amount_changed", actorId });
}

/** One hold is all that is set aside for a payment. */
function holdMore(
  desk: Desk,
  payment: Payment,
  { amountMinor: all, actorId }: { amountMinor: bigint; actorId: string },
): Payment {
  const left = authorizedLeft(payment);
  const amountMinor = all - payment.capturedMinor - left;
  if (amountMinor <= 0n) return payment;
  if (left > 0n) releasePaymentHold(desk, payment);
  const holdId = holdBalance(desk, payment, { amountMinor: left + amountMinor, actorId }).id;
  return appendEvent(desk, { ...payment, holdId }, { type: "authorized", amountMinor, actorId });
}
