// Fits a payment to what is due, where that has become less since it was opened: money held for the difference is free at once.
import type { AppError } from "../../values/app-error.ts";
import type { Desk } from "../desk/index.ts";
import { allOrError, type Money } from "./book-money.ts";
import { releasePaymentHold } from "./capture-payment.ts";
import { holdBalance } from "./open-payment.ts";
import { authorizedLeft, isGivenBack, type Payment, voidableOf } from "./payment.ts";
import { appendEvent, savePayment } from "./payment-rows.ts";
import { ask } from "./raise-payment.ts";
import { cancelPayment, voidPayment } from "./return-payment.ts";

type Due = Money & { readonly actorId: string };

/**
 * Fits a payment to the total it is to take: decide-time, scope as for capturing. A balance's hold is reduced to that, and the
 * payment asks for no more. A card's rest is voided once nothing more is to be captured, because part of an authorization can be
 * captured but not given back; a failed one is closed, as late money would be too much. An invoice over zero is closed; else it
 * stays as it was sent, because the payer may still pay all of it. A payment that is being cancelled stays as it is.
 * Refuses what the ledger refuses.
 */
export function fitPayment(desk: Desk, payment: Payment, due: Due): Payment | AppError {
  if (payment.cancelRequested) return payment;
  if (payment.provider === "balance") return fitBalance(desk, payment, due);
  const isOver =
    payment.provider === "manual" ? due.amountMinor === 0n : due.amountMinor < payment.amountMinor;
  if (isOver && isGivenBack(payment) && payment.capturedMinor === 0n)
    return cancelPayment(desk, payment, { actorId: due.actorId, reason: "less is due" });
  const isTaken = due.amountMinor <= payment.capturedMinor + payment.capturingMinor;
  const isVoided = payment.provider !== "manual" && isTaken && voidableOf(payment) > 0n;
  return isVoided ? voidPayment(desk, payment, due) : payment;
}

function fitBalance(desk: Desk, payment: Payment, due: Due): Payment | AppError {
  return allOrError(desk, () => {
    const fitted = freeBalance(desk, lower(desk, payment, due), due);
    return fitted === payment ? payment : savePayment(desk, fitted);
  });
}

/** Never more than before: to take more, a payment is raised. What was taken stays asked for. */
function lower(desk: Desk, payment: Payment, due: Due): Payment {
  const { capturedMinor: taken } = payment;
  const amountMinor = due.amountMinor > taken ? due.amountMinor : taken;
  if (amountMinor >= payment.amountMinor || amountMinor === 0n) return payment;
  return ask(desk, payment, { ...due, amountMinor });
}

function freeBalance(desk: Desk, payment: Payment, { amountMinor: due, actorId }: Due): Payment {
  const rest = due > payment.capturedMinor ? due - payment.capturedMinor : 0n;
  const amountMinor = authorizedLeft(payment) - rest;
  if (amountMinor <= 0n) return payment;
  releasePaymentHold(desk, payment);
  const freed = appendEvent(desk, { ...payment, holdId: null }, { type: "voided", amountMinor, actorId });
  if (rest === 0n) return freed;
  return { ...freed, holdId: holdBalance(desk, freed, { amountMinor: rest, actorId }).id };
}
