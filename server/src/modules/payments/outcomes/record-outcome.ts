// The second half of every call to a provider: its answer, or its webhook, changes the state of the payment in one
// commit with the money it moves and with the rows of the thing that was paid for (the listener's).
import { SYSTEM_ACTOR } from "../../../values/actor.ts";
import { formatAmount } from "../../../values/money.ts";
import type { Desk } from "../../desk/index.ts";
import { stepOf } from "../attempts/attempt-states.ts";
import { paymentsError } from "../errors.ts";
import type { Payment } from "../payment.ts";
import { DISPUTES, saveAttempt, savePayment } from "../payment-rows.ts";
import type { ProviderAnswer } from "../providers/card-provider.ts";
import { giveBack } from "../return-payment.ts";
import { type PaymentKeeper, submitChange } from "../submit-change.ts";
import { attemptsOf, PROVIDER_ACTOR } from "./apply-ending.ts";
import { applyReport } from "./apply-report.ts";
import { type Asked, compareAnswer, compareReport } from "./compare-answer.ts";

/** What a provider said, as the answer to a call (`attemptId`) or by webhook. */
export interface Outcome {
  readonly answer: ProviderAnswer;
  /** The attempt that the call was about: if the reports do not end it, the provider still works on it. */
  readonly attemptId?: number | undefined;
  /** When to ask about that attempt again. */
  readonly askAgainAt?: Date | undefined;
  /** A person accepts it as true although it does not fit what was asked for. */
  readonly isAccepted?: boolean | undefined;
}

/**
 * Records an outcome. The same outcome again changes nothing.
 * @throws AppError `not_found/payment_not_found`; `refused/event_differs`: nothing is changed, and people must look;
 * `conflict/payment_in_flight` and `unavailable/...`: try again later
 */
export async function recordOutcome(
  keeper: PaymentKeeper,
  { paymentId, ...outcome }: Outcome & { paymentId: number },
): Promise<void> {
  const recorded = await submitChange(keeper, { paymentId, actor: SYSTEM_ACTOR }, () => ({
    event: "payment.record_outcome",
    actorId: PROVIDER_ACTOR,
    change: (desk, payment) => applyOutcome(desk, payment, { ...outcome, actorId: PROVIDER_ACTOR }),
  }));
  if ("refused" in recorded) throw recorded.refused;
}

/**
 * Applies an outcome: decide-time, and saves the payment where anything changed. If the payment is cancelled, its money is then
 * given back in the name of `actorId`. @throws AppError as `applyReport`, and `event_differs` where it does not fit the request
 */
export function applyOutcome(
  desk: Desk,
  before: Payment,
  { answer, attemptId, askAgainAt, actorId, isAccepted = false }: Outcome & { actorId: string },
): Payment {
  const told = { ...before, providerReference: answer.reference ?? before.providerReference };
  if (!isAccepted) refuseDifference(compareAnswer(askedOf(desk, told), answer));
  const applied = answer.reports.reduce<Payment>((payment, report) => {
    if (!isAccepted) refuseDifference(compareReport(askedOf(desk, payment), report));
    return applyReport(desk, payment, { report, attemptId });
  }, told);
  noteAnswered(desk, applied, { attemptId, askAgainAt });
  const after = applied.cancelRequested ? giveBack(desk, applied, { actorId }) : applied;
  return hasChanged(before, after) ? savePayment(desk, after) : before;
}

function refuseDifference(what: string | undefined): void {
  if (what !== undefined) throw paymentsError("event_differs", { message: what });
}

function askedOf(desk: Desk, payment: Payment): Asked {
  const { scale } = desk.assets.byId(payment.assetId);
  return {
    payment,
    attempts: attemptsOf(desk, payment),
    disputes: desk.rows.of(DISPUTES).get(payment.id) ?? [],
    write: (minor) => `${formatAmount(minor, scale)} ${payment.currency}`,
  };
}

/** The provider still works on an attempt that its answer has not ended. */
function noteAnswered(
  desk: Desk,
  payment: Payment,
  { attemptId, askAgainAt }: Pick<Outcome, "attemptId" | "askAgainAt">,
): void {
  const attempt = attemptsOf(desk, payment).find(({ id }) => id === attemptId);
  const step = attempt === undefined ? undefined : stepOf(attempt, "answered");
  if (attempt === undefined || step === undefined) return;
  saveAttempt(desk, { ...attempt, state: step.to, isAnswered: true, dueAt: askAgainAt ?? attempt.dueAt });
}

/** With an event; or without one: only the provider's id, and the amount under way. */
function hasChanged(before: Payment, after: Payment): boolean {
  const keys = [
    "eventCount",
    "providerReference",
    "actionUrl",
    "authorizingMinor",
    "capturingMinor",
    "voidingMinor",
    "refundingMinor",
  ] as const;
  return keys.some((key) => before[key] !== after[key]);
}
