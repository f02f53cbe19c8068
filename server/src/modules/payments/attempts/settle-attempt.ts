// Ends attempts: the one place where a try at a provider becomes final.
import type { Desk } from "../../desk/index.ts";
import type { Payment } from "../payment.ts";
import { ATTEMPTS, leaveAttempt } from "../payment-rows.ts";
import { type Attempt, isOpen } from "./attempt.ts";
import { addUnderWay } from "./begin-attempt.ts";

/** Who reports: the provider, by an answer or a webhook. */
export const PROVIDER_ACTOR = "provider";

export function attemptsOf(desk: Desk, payment: Pick<Payment, "id">): readonly Attempt[] {
  return desk.rows.of(ATTEMPTS).get(payment.id) ?? [];
}

/** Ends an attempt; what it had under way no longer is. A second end replaces the first, for an event that came late. */
export function settle(
  desk: Desk,
  payment: Payment,
  { attempt, state }: { attempt: Attempt; state: "succeeded" | "failed" },
): Payment {
  leaveAttempt(desk, { ...attempt, state, settledAt: desk.book.now, dueAt: null, attentionSince: null });
  return isOpen(attempt) ? addUnderWay(payment, attempt.act, -attempt.amountMinor) : payment;
}
