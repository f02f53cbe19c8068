// Ends attempts: the one place where a try at a provider becomes final.
import type { Desk } from "../../desk/index.ts";
import type { Payment } from "../payment.ts";
import { ATTEMPTS, saveAttempt } from "../payment-rows.ts";
import { type Attempt, isOpen } from "./attempt.ts";
import { type AttemptEffect, stepOf } from "./attempt-states.ts";
import { addUnderWay } from "./begin-attempt.ts";

/** Who reports: the provider, by an answer or a webhook. */
export const PROVIDER_ACTOR = "provider";

export function attemptsOf(desk: Desk, payment: Pick<Payment, "id">): readonly Attempt[] {
  return desk.rows.of(ATTEMPTS).get(payment.id) ?? [];
}

interface Ending {
  /** As it is by now. */
  readonly attempt: Attempt;
  readonly event: "done" | "refused";
  /** What the provider told with it. */
  readonly set?: Partial<Pick<Attempt, "providerReference" | "failureCode" | "failureMessage">>;
}

/**
 * Ends an attempt by what became of it, and by the table of its life: what it had under way no longer is. A second end
 * replaces the first, for a report that came late. Returns what is left to do; undefined: nothing changes.
 */
export function settle(
  desk: Desk,
  payment: Payment,
  { attempt, event, set = {} }: Ending,
): { payment: Payment; effect: AttemptEffect } | undefined {
  const step = stepOf(attempt, event);
  if (step === undefined) return undefined;
  const settledAt = desk.book.now;
  saveAttempt(desk, { ...attempt, ...set, state: step.to, settledAt, dueAt: null, attentionSince: null });
  const settled = isOpen(attempt) ? addUnderWay(payment, attempt.act, -attempt.amountMinor) : payment;
  return { payment: settled, effect: step.effect };
}
