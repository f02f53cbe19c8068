// The commands on a payment that people and programs give directly: capture, void, refund, and telling the outcome of an
// attempt that is unknown. Each goes through the desk, and the listener is told in the same commit.
import { AppError } from "../../values/app-error.ts";
import type { CommandOutcome, Desk } from "../desk/index.ts";
import { type Attempt, isFailedRefund, isOpen, RESOLVED_AS_FAILED } from "./attempts/attempt.ts";
import { type CaptureRequest, capturePayment } from "./capture-payment.ts";
import { describeAttempt } from "./describe-payment.ts";
import { paymentsError } from "./errors.ts";
import { attemptsOf } from "./outcomes/apply-ending.ts";
import { applyOutcome } from "./outcomes/record-outcome.ts";
import type { Payment } from "./payment.ts";
import { saveAttempt } from "./payment-rows.ts";
import type { ProviderReport } from "./providers/card-provider.ts";
import { readPaymentAmount } from "./read-payment-input.ts";
import { checkRefundAccount, detailsOfRefundAccount, scopeOfRefundAccount } from "./refund-account.ts";
import { type RefundRequest, refundPayment, voidPayment } from "./return-payment.ts";
import { type PaymentCommand, type PaymentKeeper, submitChange } from "./submit-change.ts";

/** As a client sent it, in the payment's currency; undefined: the whole amount. */
interface SentAmount {
  readonly amount?: string | number | undefined;
}

/** Captures. Refuses as `capturePayment` does. @throws AppError `not_found/payment_not_found`, `invalid/invalid_request` */
export function submitCapture(
  keeper: PaymentKeeper,
  command: PaymentCommand,
  { amount, keepsRest }: SentAmount & Pick<CaptureRequest, "keepsRest">,
): Promise<CommandOutcome> {
  return submitChange(keeper, command, (known) => {
    const amountMinor = readPaymentAmount(amount, keeper.assets, known);
    const request = { amountMinor, keepsRest, actorId: command.actor.id };
    return { event: "payment.capture", change: (desk, payment) => capturePayment(desk, payment, request) };
  });
}

/** Voids. Refuses as `voidPayment` does. @throws AppError `not_found/payment_not_found` */
export function submitVoid(keeper: PaymentKeeper, command: PaymentCommand): Promise<CommandOutcome> {
  return submitChange(keeper, command, () => ({
    event: "payment.void",
    change: (desk, payment) => voidPayment(desk, payment, { actorId: command.actor.id }),
  }));
}

/**
 * Refunds; returns the payment with `refund`. Refuses as `refundPayment` and `checkRefundAccount` do.
 * @throws AppError `not_found/payment_not_found`, `invalid/invalid_request`
 */
export function submitRefund(
  keeper: PaymentKeeper,
  command: PaymentCommand,
  { amount, reason, refundTo }: SentAmount & Pick<RefundRequest, "reason" | "refundTo">,
): Promise<CommandOutcome> {
  return submitChange(keeper, command, (known) => {
    const amountMinor = readPaymentAmount(amount, keeper.assets, known);
    let refund: Attempt | undefined;
    const { actor } = command;
    return {
      event: "payment.refund",
      ...scopeOfRefundAccount(known, refundTo),
      ...detailsOfRefundAccount(refundTo),
      change: (desk, payment) => {
        const refused = checkRefundAccount(desk, payment, { actor, accountId: refundTo });
        if (refused !== undefined) return refused;
        const request = { amountMinor, reason, refundTo, actorId: actor.id };
        const refunded = refundPayment(desk, payment, request);
        if (refunded instanceof AppError) return refunded;
        refund = refunded.refund;
        return refunded.payment;
      },
      describe: (desk, payment) =>
        refund === undefined ? {} : { refund: describeAttempt(desk.assets, payment, refund) },
    };
  });
}

export interface Resolution {
  readonly attemptId: number;
  readonly outcome: "succeeded" | "failed";
  readonly providerReference?: string | undefined;
  readonly note: string;
}

/**
 * Says what became of an attempt, for a person who has found out; of a refund that failed, that it is dealt with. Should the provider report otherwise later, its report
 * adds to it like any late one. Refuses `attempt_not_open`. @throws AppError `not_found/payment_not_found`
 */
export function submitResolution(
  keeper: PaymentKeeper,
  command: PaymentCommand,
  resolution: Resolution,
): Promise<CommandOutcome> {
  return submitChange(keeper, command, () => ({
    event: "payment.resolve",
    change: (desk, payment) => resolve(desk, payment, { ...resolution, actorId: command.actor.id }),
  }));
}

function resolve(
  desk: Desk,
  payment: Payment,
  { attemptId, actorId, ...resolution }: Resolution & { actorId: string },
): Payment | AppError {
  const attempt = attemptsOf(desk, payment).find(({ id }) => id === attemptId);
  if (attempt !== undefined && isFailedRefund(attempt) && resolution.outcome === "failed") {
    saveAttempt(desk, { ...attempt, attentionSince: null, failureMessage: resolution.note });
    return payment;
  }
  if (attempt === undefined || !isOpen(attempt)) return paymentsError("attempt_not_open");
  const told = attempt.act === "refund" ? undefined : resolution.providerReference;
  const reports = toReports(payment, attempt, resolution);
  const answer = { reference: payment.providerReference ?? told, reports };
  return applyOutcome(desk, payment, { answer, attemptId, actorId });
}

/** The outcome as the provider would have reported it. */
function toReports(
  payment: Payment,
  attempt: Attempt,
  { outcome, providerReference, note }: Omit<Resolution, "attemptId">,
): ProviderReport[] {
  const { act, amountMinor, keepsRest, id } = attempt;
  if (act === "refund") {
    const code = outcome === "failed" ? RESOLVED_AS_FAILED : undefined;
    return [
      { type: "refund", reference: providerReference, attemptId: id, amountMinor, state: outcome, code },
    ];
  }
  if (outcome === "failed") {
    const type =
      act === "authorize" ? "authorization_failed" : act === "capture" ? "capture_failed" : "void_failed";
    return [{ type, code: RESOLVED_AS_FAILED, message: note }];
  }
  if (act === "void") return [{ type: "voided" }];
  if (act === "capture")
    return [{ type: "captured", totalMinor: payment.capturedMinor + amountMinor, isFinal: !keepsRest }];
  const authorized = { type: "authorized", totalMinor: amountMinor } as const;
  return payment.captureMode === "manual"
    ? [authorized]
    : [authorized, { type: "captured", totalMinor: amountMinor, isFinal: true }];
}
