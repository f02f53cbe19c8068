// Begins an attempt at a foreign provider: a row and an event in the commit of the command that wants it. The job makes
// the call afterwards (send-attempts.ts); the outcome comes back as a command of its own (record-outcome.ts).
import type { Desk } from "../../desk/index.ts";
import { takeStamps } from "../../ledger/index.ts";
import type { Money } from "../book-money.ts";
import type { Payment } from "../payment.ts";
import { saveAttempt, tell } from "../payment-rows.ts";
import type { Act, Attempt } from "./attempt.ts";

export interface NewAttempt extends Money {
  readonly act: Act;
  readonly actorId: string;
  readonly keepsRest?: boolean | undefined;
  readonly reason?: string | undefined;
  /** For a balance's refund: the account that gets it, if not the one that paid. */
  readonly accountId?: number | undefined;
}

/** Returns the payment with the amount under way. The caller saves the payment. */
export function beginAttempt(
  desk: Desk,
  payment: Payment,
  request: NewAttempt,
): { payment: Payment; attempt: Attempt } {
  const attempt: Attempt = {
    ...newAttempt(desk, payment, request),
    state: "created",
    dueAt: new Date(desk.book.now / 1_000),
    settledAt: null,
  };
  saveAttempt(desk, attempt);
  const { act } = attempt;
  tell(desk, "payment.requested", { payment_id: String(payment.id), attempt_id: String(attempt.id), act });
  return { payment: addUnderWay(payment, act, attempt.amountMinor), attempt };
}

/** Records an act that is done at once, such as a balance's refund: it still gets a row with its own state. */
export function noteAttempt(desk: Desk, payment: Payment, request: NewAttempt): Attempt {
  const attempt: Attempt = {
    ...newAttempt(desk, payment, request),
    state: "succeeded",
    dueAt: null,
    settledAt: desk.book.now,
  };
  saveAttempt(desk, attempt);
  return attempt;
}

function newAttempt(
  desk: Desk,
  payment: Payment,
  { act, amountMinor, taxMinor, actorId, keepsRest = false, reason, accountId }: NewAttempt,
): Omit<Attempt, "state" | "dueAt" | "settledAt"> {
  return {
    id: takeStamps(desk.book, 1),
    paymentId: payment.id,
    act,
    amountMinor,
    taxMinor,
    keepsRest,
    providerReference: null,
    reason: reason ?? null,
    accountId: accountId ?? null,
    failureCode: null,
    failureMessage: null,
    actorId,
    askedCount: 0,
    attentionSince: null,
    isAnswered: false,
  };
}

const UNDER_WAY = {
  authorize: "authorizingMinor",
  capture: "capturingMinor",
  void: "voidingMinor",
  refund: "refundingMinor",
} as const satisfies Record<Act, keyof Payment>;

export function addUnderWay(payment: Payment, act: Act, amountMinor: bigint): Payment {
  const key = UNDER_WAY[act];
  return { ...payment, [key]: payment[key] + amountMinor };
}
