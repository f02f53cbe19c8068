// The commands on a payment that people and programs give by themselves: capture, void, refund, and saying what became of an
// attempt that nobody could find out about. Each goes through the desk, and the listener hears of it in the same commit.
import type { KeyedRequest } from "../../runtime/idempotency.ts";
import type { Actor } from "../../values/actor.ts";
import { AppError } from "../../values/app-error.ts";
import type { Origin } from "../../values/origin.ts";
import {
  type BookCommand,
  type CommandOutcome,
  type Decision,
  type Desk,
  rereadFirst,
  submitRereading,
} from "../desk/index.ts";
import { ensureAsset } from "../ledger/index.ts";
import { type Attempt, isOpen, RESOLVED_AS_FAILED } from "./attempts/attempt.ts";
import { attemptsOf } from "./attempts/settle-attempt.ts";
import { type CaptureRequest, capturePayment } from "./capture-payment.ts";
import { describeAttempt } from "./describe-payment.ts";
import { paymentsError } from "./errors.ts";
import { getPayment } from "./find-payments.ts";
import { applyReport } from "./outcomes/apply-report.ts";
import { changeAndTell, commandScope, type PaymentKeeper } from "./outcomes/record-outcome.ts";
import type { Payment } from "./payment.ts";
import { PAYMENTS, savePayment } from "./payment-rows.ts";
import type { ProviderReport } from "./providers/card-provider.ts";
import { giveBack, type RefundRequest, refundPayment, voidPayment } from "./return-payment.ts";

export interface PaymentCommand {
  readonly paymentId: number;
  readonly actor: Actor;
  readonly key?: KeyedRequest | undefined;
  readonly origin?: Origin | undefined;
}

/** Captures. Refuses as `capturePayment` does, and `not_found/payment_not_found`. */
export function submitCapture(
  keeper: PaymentKeeper,
  command: PaymentCommand,
  request: Omit<CaptureRequest, "actorId">,
): Promise<CommandOutcome> {
  const actorId = command.actor.id;
  return submit(keeper, command, {
    event: "payment.capture",
    change: (desk, payment) => capturePayment(desk, payment, { ...request, actorId }),
  });
}

/** Voids. Refuses as `voidPayment` does, and `not_found/payment_not_found`. */
export function submitVoid(keeper: PaymentKeeper, command: PaymentCommand): Promise<CommandOutcome> {
  const actorId = command.actor.id;
  return submit(keeper, command, {
    event: "payment.void",
    change: (desk, payment) => voidPayment(desk, payment, { actorId }),
  });
}

/** Refunds; the answer is the payment with `refund`. Refuses as `refundPayment` does, and `not_found/payment_not_found`. */
export function submitRefund(
  keeper: PaymentKeeper,
  command: PaymentCommand,
  request: Omit<RefundRequest, "actorId">,
): Promise<CommandOutcome> {
  const actorId = command.actor.id;
  let refund: Attempt | undefined;
  return submit(keeper, command, {
    event: "payment.refund",
    change: (desk, payment) => {
      const refunded = refundPayment(desk, payment, { ...request, actorId });
      if (refunded instanceof AppError) return refunded;
      refund = refunded.refund;
      return refunded.payment;
    },
    describe: (desk, payment) =>
      refund === undefined ? {} : { refund: describeAttempt(desk.assets, payment, refund) },
  });
}

export interface Resolution {
  readonly attemptId: number;
  readonly outcome: "succeeded" | "failed";
  readonly providerReference?: string | undefined;
  readonly note: string;
}

/**
 * Says what became of an attempt, for a person who has found out. Should the provider report otherwise later, its report
 * adds to it like any late one. Refuses `attempt_not_open`, `not_found/payment_not_found`.
 */
export function submitResolution(
  keeper: PaymentKeeper,
  command: PaymentCommand,
  resolution: Resolution,
): Promise<CommandOutcome> {
  return submit(keeper, command, {
    event: "payment.resolve",
    change: (desk, payment) => resolve(desk, payment, { ...resolution, actorId: command.actor.id }),
  });
}

function resolve(
  desk: Desk,
  payment: Payment,
  { attemptId, actorId, ...resolution }: Resolution & { actorId: string },
): Payment | AppError {
  const attempt = attemptsOf(desk, payment).find(({ id }) => id === attemptId);
  if (attempt === undefined || !isOpen(attempt)) return paymentsError("attempt_not_open");
  const reference = attempt.act === "refund" ? null : (resolution.providerReference ?? null);
  let resolved: Payment | AppError = {
    ...payment,
    providerReference: payment.providerReference ?? reference,
  };
  for (const report of toReports(payment, attempt, resolution)) {
    resolved = applyReport(desk, resolved, report);
    if (resolved instanceof AppError) return resolved;
  }
  if (resolved.cancelRequested) resolved = giveBack(desk, resolved, { actorId });
  return resolved instanceof AppError ? resolved : savePayment(desk, resolved);
}

/** As the provider would have reported it. */
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

interface Act {
  readonly event: string;
  readonly change: (desk: Desk, payment: Payment) => Payment | AppError;
  /** Fields that the answer has beside the payment's. */
  readonly describe?: (desk: Desk, payment: Payment) => object;
}

function submit(keeper: PaymentKeeper, command: PaymentCommand, act: Act): Promise<CommandOutcome> {
  return submitRereading(keeper.desk, async () => {
    const payment = await getPayment(keeper.db, command.paymentId);
    await ensureAsset(keeper.assets, payment.assetId);
    return buildPaymentCommand(keeper, command, {
      ...act,
      locked: commandScope(keeper.assets, payment, await keeper.listener()?.prepare(payment)),
    });
  });
}

function buildPaymentCommand(
  keeper: PaymentKeeper,
  { actor, key, origin, paymentId }: PaymentCommand,
  { event, change, describe, locked }: Act & { locked: Pick<BookCommand, "scope" | "needs"> },
): BookCommand {
  return {
    event,
    actor,
    key,
    origin,
    ...locked,
    decide: (desk) => {
      const before = desk.rows.of(PAYMENTS).get(paymentId);
      if (before === undefined) return rereadFirst();
      const decision = changeAndTell(desk, keeper, {
        before,
        actorId: actor.id,
        change: () => change(desk, before),
      });
      return decision instanceof AppError ? decision : withFields(decision, describe?.(desk, before));
    },
  };
}

function withFields(decision: Decision, fields: object | undefined): Decision {
  if (fields === undefined) return decision;
  return { ...decision, answer: `${decision.answer.slice(0, -1)},${JSON.stringify(fields).slice(1)}` };
}
