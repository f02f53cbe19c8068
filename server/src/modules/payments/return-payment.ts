// Gives money of a payment back: void (authorized but not captured money), refund (captured money), and cancel, which
// does whichever is needed as soon as the attempts under way are final.
import type { AppError } from "../../values/app-error.ts";
import type { Desk } from "../desk/index.ts";
import type { Attempt } from "./attempts/attempt.ts";
import { beginAttempt, noteAttempt } from "./attempts/begin-attempt.ts";
import { allOrError, bookReturn, type Money } from "./book-money.ts";
import { releasePaymentHold } from "./capture-payment.ts";
import { paymentsError } from "./errors.ts";
import { isInFlight, type Payment, refundableOf, taxOfReturn, voidableOf } from "./payment.ts";
import { appendEvent, savePayment } from "./payment-rows.ts";
import { refuseAmount } from "./providers/refuse-amount.ts";
import { nameRefundAccount } from "./refund-account.ts";

/**
 * Gives back what is authorized and not captured: decide-time, scope as for capturing. A balance is free at once; a card's
 * void is an attempt. An unpaid invoice is closed, and so is a card that waits for its customer.
 * Refuses `nothing_to_void`, `payment_in_flight`, and what the ledger refuses.
 */
export function voidPayment(
  desk: Desk,
  payment: Payment,
  { actorId }: { actorId: string },
): Payment | AppError {
  const isOpenInvoice =
    payment.provider === "manual" && payment.capturedMinor === 0n && !payment.cancelRequested;
  if (isOpenInvoice || isAbandoned(payment)) return cancelPayment(desk, payment, { actorId });
  if (voidableOf(payment) <= 0n)
    return paymentsError(isInFlight(payment) ? "payment_in_flight" : "nothing_to_void");
  return allOrError(desk, () => savePayment(desk, voidRest(desk, payment, actorId)));
}

function voidRest(desk: Desk, payment: Payment, actorId: string): Payment {
  const amountMinor = voidableOf(payment);
  if (payment.provider !== "balance")
    return beginAttempt(desk, payment, { act: "void", amountMinor, taxMinor: 0n, actorId }).payment;
  releasePaymentHold(desk, payment);
  return appendEvent(desk, { ...payment, holdId: null }, { type: "voided", amountMinor, actorId });
}

export interface RefundRequest {
  /** Minor units; undefined: all that can be refunded. */
  readonly amountMinor?: bigint | undefined;
  /** The tax contained in the amount; undefined: the payment's share. */
  readonly taxMinor?: bigint | undefined;
  readonly reason?: string | undefined;
  /** For a balance: the account that gets it, as `checkRefundAccount` allows; undefined: the one that paid. */
  readonly refundTo?: number | undefined;
  readonly actorId: string;
}

type ReturnBy = Pick<RefundRequest, "actorId" | "refundTo">;

export interface Refunded {
  readonly payment: Payment;
  /** The refund's own row and state. */
  readonly refund: Attempt;
}

/**
 * Refunds captured money, wholly or in part, until none is left: decide-time, scope as for capturing. A balance gets
 * it at once; a card's refund is an attempt.
 * Refuses `refund_exceeds_captured`, `tax_exceeds_payment`, `amount_not_payable`, and what the ledger refuses (`account_frozen`, `account_closed`).
 */
export function refundPayment(desk: Desk, payment: Payment, request: RefundRequest): Refunded | AppError {
  const amountMinor = request.amountMinor ?? refundableOf(payment);
  if (amountMinor <= 0n || amountMinor > refundableOf(payment))
    return paymentsError("refund_exceeds_captured");
  const taxMinor = request.taxMinor ?? taxOfReturn(payment, amountMinor);
  if (
    taxMinor < 0n ||
    taxMinor > amountMinor ||
    taxMinor > payment.taxCapturedMinor - payment.taxReturnedMinor
  )
    return paymentsError("tax_exceeds_payment");
  const refused = refuseAmount(desk, payment, { amountMinor, isCharge: false, field: "amount" });
  if (refused !== undefined) return refused;
  return allOrError(desk, () => {
    const refunded = refund(desk, payment, { ...request, amountMinor, taxMinor });
    return { ...refunded, payment: savePayment(desk, refunded.payment) };
  });
}

function refund(desk: Desk, payment: Payment, request: RefundRequest & Money): Refunded {
  if (payment.provider === "sandbox" || payment.provider === "stripe") {
    const begun = beginAttempt(desk, payment, { ...request, act: "refund" });
    return { payment: begun.payment, refund: begun.attempt };
  }
  const { refundTo, reason: detail } = request;
  const accountId = refundTo === payment.accountId ? undefined : refundTo;
  const attempt = noteAttempt(desk, payment, { ...request, accountId, act: "refund" });
  const returned = { ...request, accountId, type: "refunded", attemptId: attempt.id, detail } as const;
  try {
    return { payment: noteReturn(desk, payment, returned), refund: attempt };
  } catch (error) {
    throw nameRefundAccount(error, refundTo);
  }
}

/** Books what was returned and appends the event. The caller saves the payment. @throws AppError as `bookReturn` */
export function noteReturn(
  desk: Desk,
  payment: Payment,
  returned: Money & {
    type: "refunded" | "dispute_lost";
    actorId: string;
    accountId?: number | undefined;
    attemptId?: number | undefined;
    detail?: string | undefined;
  },
): Payment {
  const journal = bookReturn(desk, payment, returned);
  return appendEvent(desk, payment, { ...returned, journalId: journal.id });
}

/**
 * Cancels: decide-time, scope as for capturing. All authorized money is voided and all captured money refunded: at once
 * where possible; where an attempt is under way, as soon as its outcome is known. `isGivenBack` says when it is done;
 * until then the payment's status is `cancelling`. Cancelling again changes nothing.
 * Refuses what the ledger refuses for a balance's refund (`account_frozen`, `account_closed`).
 */
export function cancelPayment(
  desk: Desk,
  payment: Payment,
  { actorId, reason, refundTo }: ReturnBy & { reason?: string },
): Payment | AppError {
  if (payment.cancelRequested) return payment;
  return allOrError(desk, () => {
    const asked = appendEvent(desk, payment, {
      type: "cancel_requested",
      amountMinor: payment.amountMinor,
      actorId,
      detail: reason,
    });
    return savePayment(
      desk,
      giveBack(desk, { ...asked, cancelRequested: true }, { actorId, reason, refundTo }),
    );
  });
}

/**
 * Begins to return all money of a cancelled payment that no attempt under way is about to return. The caller saves it.
 * @throws AppError what the ledger refuses
 */
export function giveBack(
  desk: Desk,
  payment: Payment,
  { actorId, reason = "cancelled", refundTo }: ReturnBy & { reason?: string | undefined },
): Payment {
  // While a capture is under way, it is unknown which part to void and which to refund.
  if (payment.capturingMinor > 0n) return payment;
  if (isWaiting(payment)) return voidUnauthorized(desk, payment, actorId);
  const voided = voidableOf(payment) > 0n ? voidRest(desk, payment, actorId) : payment;
  const amountMinor = refundableOf(voided);
  if (amountMinor === 0n) return voided;
  const taxMinor = taxOfReturn(voided, amountMinor);
  return refund(desk, voided, { amountMinor, taxMinor, actorId, reason, refundTo }).payment;
}

/** A card that is not authorized yet at a provider that has answered: unless it is voided, the customer may still confirm it. */
function isWaiting(payment: Payment): boolean {
  return payment.authorizingMinor > 0n && payment.providerReference !== null && payment.voidingMinor === 0n;
}

/** It waits for the customer, who may never come. */
export function isAbandoned(payment: Payment): boolean {
  return isWaiting(payment) && payment.actionUrl !== null && !payment.cancelRequested;
}

function voidUnauthorized(desk: Desk, payment: Payment, actorId: string): Payment {
  const amountMinor = payment.authorizingMinor;
  return beginAttempt(desk, payment, { act: "void", amountMinor, taxMinor: 0n, actorId }).payment;
}
