// What a provider reports, applied to a payment: each report says how things stand, and what is new against the payment's
// own events is booked and appended as an event of the attempt it belongs to. A repeat has nothing new; a late report of an
// old attempt adds to that attempt and never takes back what a newer one said.
import type { AppError } from "../../../values/app-error.ts";
import type { Desk } from "../../desk/index.ts";
import { type Act, type Attempt, isOpen } from "../attempts/attempt.ts";
import { attemptsOf, PROVIDER_ACTOR, settle } from "../attempts/settle-attempt.ts";
import { noteCapture, noteRest } from "../capture-payment.ts";
import { authorizedLeft, type Payment, taxOfCapture } from "../payment.ts";
import { appendEvent } from "../payment-rows.ts";
import type { ProviderReport } from "../providers/card-provider.ts";
import { applyDispute } from "./apply-dispute.ts";
import { applyRefund } from "./apply-refund.ts";

/** Returns the payment as it is after the report. The caller leaves it. Refuses nothing but what the ledger would. */
export function applyReport(desk: Desk, payment: Payment, report: ProviderReport): Payment | AppError {
  switch (report.type) {
    case "authorized":
      return applyAuthorized(desk, payment, report.totalMinor);
    case "captured":
      return applyCaptured(desk, payment, report);
    case "voided":
      return applyVoided(desk, payment);
    case "action_required":
      return applyActionRequired(desk, payment, report.actionUrl);
    case "refund":
      return applyRefund(desk, payment, report);
    case "dispute":
      return applyDispute(desk, payment, report);
    default:
      return applyFailure(desk, payment, report);
  }
}

function applyAuthorized(desk: Desk, payment: Payment, totalMinor: bigint): Payment {
  const attempt = attemptsOf(desk, payment).find(({ act }) => act === "authorize");
  const amountMinor = totalMinor - payment.authorizedMinor;
  if (amountMinor <= 0n) return payment;
  const settled = attempt === undefined ? undefined : settle(desk, payment, { attempt, event: "done" });
  const wasGivenUp = settled?.effect === "give_back";
  const authorized = appendEvent(desk, settled?.payment ?? payment, {
    type: "authorized",
    amountMinor,
    attemptId: attempt?.id,
    actorId: PROVIDER_ACTOR,
    detail: wasGivenUp ? "after the attempt had failed: it is given back" : undefined,
  });
  // Whatever was to be paid has been told that it failed, and has gone on without this money.
  const cancelRequested = authorized.cancelRequested || wasGivenUp;
  const after = { ...authorized, actionUrl: null, cancelRequested };
  return isCapturedForGood(desk, after) ? releaseRest(desk, after) : after;
}

/** The authorization is told after the capture that ended it. */
function isCapturedForGood(desk: Desk, payment: Payment): boolean {
  if (payment.capturedMinor === 0n) return false;
  if (payment.captureMode === "automatic") return true;
  return attemptsOf(desk, payment).some(
    ({ act, state, keepsRest }) => act === "capture" && state === "succeeded" && !keepsRest,
  );
}

function releaseRest(desk: Desk, payment: Payment): Payment {
  const amountMinor = authorizedLeft(payment);
  return amountMinor <= 0n ? payment : noteRest(desk, payment, { amountMinor, actorId: PROVIDER_ACTOR });
}

function applyCaptured(
  desk: Desk,
  payment: Payment,
  { totalMinor, isFinal }: { totalMinor: bigint; isFinal: boolean },
): Payment | AppError {
  const amountMinor = totalMinor - payment.capturedMinor;
  if (amountMinor === 0n && isFinal) return releaseRest(desk, payment);
  if (amountMinor <= 0n) return payment;
  // Reports may overtake each other: what is captured was authorized.
  const authorizedMinor = payment.voidedMinor + totalMinor;
  const authorized =
    authorizedMinor > payment.authorizedMinor ? applyAuthorized(desk, payment, authorizedMinor) : payment;
  const attempt = attemptsOf(desk, authorized).findLast((known) => known.act === "capture" && isOpen(known));
  const ended = attempt === undefined ? undefined : settle(desk, authorized, { attempt, event: "done" });
  const settled = ended?.payment ?? authorized;
  const source = {
    amountMinor,
    actorId: PROVIDER_ACTOR,
    attemptId: attempt?.id ?? authorizeIdOf(desk, payment),
  };
  const asAsked =
    attempt?.amountMinor === amountMinor ? attempt.taxMinor : taxOfCapture(settled, amountMinor);
  const taxLeft = settled.taxMinor - settled.taxCapturedMinor;
  const taxMinor = asAsked < taxLeft ? asAsked : taxLeft;
  const captured = noteCapture(desk, settled, { ...source, taxMinor });
  if (captured instanceof Error || !isFinal || authorizedLeft(captured) === 0n) return captured;
  return noteRest(desk, captured, { ...source, amountMinor: authorizedLeft(captured) });
}

function authorizeIdOf(desk: Desk, payment: Payment): number | undefined {
  return attemptsOf(desk, payment).find(({ act }) => act === "authorize")?.id;
}

/** Nothing is authorized any more, and nothing can be captured: all that was under way about it has ended. */
function applyVoided(desk: Desk, payment: Payment): Payment {
  let after = payment;
  const ended = { failureCode: "voided", failureMessage: "the provider has voided the payment" };
  for (const attempt of attemptsOf(desk, payment)) {
    if (!isOpen(attempt) || attempt.act === "refund") continue;
    after =
      attempt.act === "void"
        ? (settle(desk, after, { attempt, event: "done" })?.payment ?? after)
        : fail(desk, after, { attempt, ...ended });
  }
  const amountMinor = authorizedLeft(after);
  const voidId = attemptsOf(desk, payment).findLast(({ act }) => act === "void")?.id;
  if (amountMinor === 0n) return { ...after, actionUrl: null };
  return appendEvent(desk, after, {
    type: "voided",
    amountMinor,
    attemptId: voidId,
    actorId: PROVIDER_ACTOR,
  });
}

function applyActionRequired(desk: Desk, payment: Payment, actionUrl: string): Payment {
  const attempt = attemptsOf(desk, payment).find(({ act }) => act === "authorize");
  if (attempt === undefined || !isOpen(attempt) || payment.actionUrl === actionUrl) return payment;
  const { amountMinor } = attempt;
  const source = { amountMinor, attemptId: attempt.id, actorId: PROVIDER_ACTOR };
  return appendEvent(desk, { ...payment, actionUrl }, { ...source, type: "action_required" });
}

const ACT_OF_FAILURE = {
  authorization_failed: "authorize",
  capture_failed: "capture",
  void_failed: "void",
} as const satisfies Record<string, Act>;

function applyFailure(
  desk: Desk,
  payment: Payment,
  report: { type: keyof typeof ACT_OF_FAILURE; code: string; message: string },
): Payment {
  const act = ACT_OF_FAILURE[report.type];
  const attempt = attemptsOf(desk, payment).findLast((known) => known.act === act && isOpen(known));
  if (attempt === undefined) return payment;
  return fail(desk, payment, { attempt, failureCode: report.code, failureMessage: report.message });
}

interface Failure {
  readonly attempt: Attempt;
  readonly failureCode: string;
  readonly failureMessage: string;
}

function fail(desk: Desk, payment: Payment, { attempt, failureCode, failureMessage }: Failure): Payment {
  const { act, amountMinor, id } = attempt;
  const set = { failureCode, failureMessage };
  const settled = settle(desk, payment, { attempt, event: "refused", set });
  if (settled === undefined) return payment;
  const type = act === "authorize" ? "failed" : act === "capture" ? "capture_failed" : "void_failed";
  const failed = act === "authorize" ? { ...settled.payment, failureCode, actionUrl: null } : settled.payment;
  const source = { amountMinor, attemptId: id, actorId: PROVIDER_ACTOR, detail: failureCode };
  return appendEvent(desk, failed, { ...source, type });
}
