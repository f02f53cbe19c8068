// Makes a payment ask for what is due, where that has become less since it was opened: what is set aside for the difference is free
// at once.
import type { AppError } from "../../values/app-error.ts";
import type { Desk } from "../desk/index.ts";
import { allOrError, type Money } from "./book-money.ts";
import { releasePaymentHold } from "./capture-payment.ts";
import { holdBalance } from "./open-payment.ts";
import { authorizedLeft, isGivenBack, type Payment, voidableOf } from "./payment.ts";
import { appendEvent, savePayment } from "./payment-rows.ts";
import { cancelPayment, voidPayment } from "./return-payment.ts";

/**
 * Fits a payment to what is due: decide-time, scope as for capturing. Of a balance what is held beyond that is free; a card's rest is
 * voided once nothing more is to be captured, for less of an authorization can be captured but not given back. An invoice over
 * nothing is closed, and so is a card's payment that has failed: what came late would be too much. Else an invoice stays as it was sent,
 * for whoever pays it may pay all of it; so does what is being cancelled.
 * Refuses what the ledger refuses.
 */
export function fitPayment(
  desk: Desk,
  payment: Payment,
  { amountMinor: due, taxMinor, actorId }: Money & { actorId: string },
): Payment | AppError {
  if (payment.cancelRequested) return payment;
  const taken = payment.capturedMinor + payment.capturingMinor;
  const amountMinor = due > taken ? due : taken;
  const isLess = due < payment.amountMinor;
  const isCard = payment.provider === "sandbox" || payment.provider === "stripe";
  if (
    isLess &&
    (isCard ? isGivenBack(payment) && taken === 0n : payment.provider === "manual" && amountMinor === 0n)
  )
    return cancelPayment(desk, payment, { actorId, reason: "less is due" });
  return allOrError(desk, () => {
    const asked = ask(desk, payment, { amountMinor, taxMinor, actorId });
    const fitted = payment.provider === "balance" ? freeBalance(desk, asked, { due, actorId }) : asked;
    const saved = fitted === payment ? payment : savePayment(desk, fitted);
    return isCard && due <= taken && voidableOf(saved) > 0n ? voidPayment(desk, saved, { actorId }) : saved;
  });
}

/** Never more than it was: a payment that is to take more is raised. What was taken stays asked for. */
function ask(
  desk: Desk,
  payment: Payment,
  { amountMinor, taxMinor: wanted, actorId }: Money & { actorId: string },
): Payment {
  if (payment.provider === "manual" || amountMinor >= payment.amountMinor || amountMinor === 0n)
    return payment;
  const taxMinor = wanted > payment.taxCapturedMinor ? wanted : payment.taxCapturedMinor;
  const asked = { ...payment, amountMinor, taxMinor };
  return appendEvent(desk, asked, { type: "amount_changed", amountMinor, taxMinor, actorId });
}

function freeBalance(
  desk: Desk,
  payment: Payment,
  { due, actorId }: { due: bigint; actorId: string },
): Payment {
  const rest = due > payment.capturedMinor ? due - payment.capturedMinor : 0n;
  const amountMinor = authorizedLeft(payment) - rest;
  if (amountMinor <= 0n) return payment;
  releasePaymentHold(desk, payment);
  const freed = appendEvent(desk, { ...payment, holdId: null }, { type: "voided", amountMinor, actorId });
  return rest === 0n
    ? freed
    : { ...freed, holdId: holdBalance(desk, freed, { amountMinor: rest, actorId }).id };
}
