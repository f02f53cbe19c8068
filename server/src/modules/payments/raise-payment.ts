// Makes a payment ask for more than it was opened over, because units were added to the order.
import type { AppError } from "../../values/app-error.ts";
import type { Desk } from "../desk/index.ts";
import { allOrError, type Money } from "./book-money.ts";
import { releasePaymentHold } from "./capture-payment.ts";
import { holdBalance } from "./open-payment.ts";
import { authorizedLeft, type Payment } from "./payment.ts";
import { appendEvent, savePayment } from "./payment-rows.ts";

/**
 * Raises a payment to a total amount: decide-time, scope as for capturing. A balance's missing part
 * is held at once; an invoice's amount grows. A payment that already asks for as much stays as it is.
 * Not for a card. Refuses what the ledger refuses (`insufficient_funds`, `account_frozen`, ...).
 */
export function raisePayment(
  desk: Desk,
  payment: Payment,
  { amountMinor, taxMinor, actorId }: Money & { actorId: string },
): Payment | AppError {
  if (payment.provider !== "manual" && payment.provider !== "balance")
    throw new Error("a card is not raised: it takes a further charge");
  return allOrError(desk, () => {
    const asked =
      payment.amountMinor >= amountMinor ? payment : ask(desk, payment, { amountMinor, taxMinor, actorId });
    const raised = payment.provider === "balance" ? holdMore(desk, asked, { amountMinor, actorId }) : asked;
    return raised === payment ? payment : savePayment(desk, raised);
  });
}

/** Sets what a payment asks for from now on; never less tax than was taken. The caller saves it. */
export function ask(
  desk: Desk,
  payment: Payment,
  { amountMinor, taxMinor: tax, actorId }: Money & { actorId: string },
): Payment {
  const taxMinor = tax > payment.taxCapturedMinor ? tax : payment.taxCapturedMinor;
  const money = { amountMinor, taxMinor };
  return appendEvent(desk, { ...payment, ...money }, { ...money, type: "amount_changed", actorId });
}

/** A payment sets all its money aside in one hold. */
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
