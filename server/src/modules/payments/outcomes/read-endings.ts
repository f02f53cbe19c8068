// Compares a provider's report of authorized, captured or freed money with what is known here: which attempt ends
// and how, and how much is new. Pure. A repeat has nothing new; a late report of an old attempt never undoes what a newer
// one reported.
import { type Act, type Attempt, isOpen } from "../attempts/attempt.ts";
import { authorizedLeft, type Payment } from "../payment.ts";
import type { ProviderReport } from "../providers/card-provider.ts";

/** The outcome of an act. */
export interface Ending {
  readonly act: Act;
  readonly event: "done" | "refused";
  /** The attempt that it ends; undefined: no attempt of ours waited for it. */
  readonly attempt: Attempt | undefined;
  /** The attempt that the payment's event names. */
  readonly attemptId: number | undefined;
  /** Minor units. */
  readonly amountMinor: bigint;
  /** The tax that was asked for; undefined: the payment's share. */
  readonly taxMinor?: bigint | undefined;
  /** The new part of a total: booked even where it ends no attempt. */
  readonly isTotal?: boolean;
  /** Undefined: the provider. */
  readonly actorId?: string;
  /** The reason, as the payment's event gives it. */
  readonly detail?: string | undefined;
  /** Further data that the provider sent. */
  readonly set?: Partial<Pick<Attempt, "providerReference" | "failureCode" | "failureMessage">>;
}

/** Reports whose totals and states cover the whole payment. */
export type MoneyReport = Exclude<ProviderReport, { type: "action_required" | "refund" | "dispute" }>;

export interface Known {
  readonly payment: Payment;
  /** All attempts of the payment, oldest first. */
  readonly attempts: readonly Attempt[];
  /** The attempt that the call asked about: where several are under way, it is the one meant. */
  readonly attemptId: number | undefined;
}

/** In the order in which they must be applied. */
export function readEndings(known: Known, report: MoneyReport): readonly Ending[] {
  switch (report.type) {
    case "authorized":
      return readAuthorized(known, report.totalMinor);
    case "captured":
      return readCaptured(known, report);
    case "voided":
      return readVoided(known);
    default:
      return readFailure(known, report);
  }
}

/** Where an authorization is reported after the capture that ended it, its uncaptured rest is free. */
function readAuthorized({ payment, attempts }: Known, totalMinor: bigint): readonly Ending[] {
  const { voidedMinor, capturedMinor } = payment;
  const rest = isCapturedForGood(payment, attempts) ? totalMinor - voidedMinor - capturedMinor : 0n;
  return withAmount([authorization({ payment, attempts }, totalMinor), ofRest(rest)]);
}

function isCapturedForGood(payment: Payment, attempts: readonly Attempt[]): boolean {
  if (payment.capturedMinor === 0n) return false;
  if (payment.captureMode === "automatic") return true;
  return attempts.some(
    ({ act, state, keepsRest }) => act === "capture" && state === "succeeded" && !keepsRest,
  );
}

function authorization({ payment, attempts }: Pick<Known, "payment" | "attempts">, totalMinor: bigint) {
  const attempt = attempts.find(({ act }) => act === "authorize");
  const amountMinor = totalMinor - payment.authorizedMinor;
  return total("authorize", { attempt, attemptId: attempt?.id, amountMinor });
}

/** Reports may overtake each other: captured money must have been authorized. */
function readCaptured(
  known: Known,
  { totalMinor, isFinal }: { totalMinor: bigint; isFinal: boolean },
): readonly Ending[] {
  const { payment } = known;
  const amountMinor = totalMinor - payment.capturedMinor;
  if (amountMinor < 0n) return [];
  const attempt = amountMinor === 0n ? undefined : findOpen(known, "capture");
  const authorized = authorization(known, payment.voidedMinor + totalMinor);
  const isNew = amountMinor > 0n;
  const attemptId = isNew ? (attempt?.id ?? authorized.attemptId) : undefined;
  const taxMinor = attempt?.amountMinor === amountMinor ? attempt.taxMinor : undefined;
  const captured = total("capture", { attempt, attemptId, amountMinor, taxMinor });
  const more = authorized.amountMinor > 0n ? authorized.amountMinor : 0n;
  const rest = isFinal ? authorizedLeft(payment) + more - amountMinor : 0n;
  return withAmount([authorized, captured, ofRest(rest, attemptId)]);
}

/** Nothing is authorized any more and nothing can be captured: all attempts under way for it have ended. */
function readVoided({ payment, attempts }: Known): readonly Ending[] {
  const open = attempts.filter((attempt) => isOpen(attempt) && attempt.act !== "refund");
  const ended = { failureCode: "voided", failureMessage: "the provider has voided the payment" };
  const voids = open.filter(({ act }) => act === "void").map((attempt) => ({ ...ofRest(0n), attempt }));
  const refused = open.filter(({ act }) => act !== "void").map((attempt) => refusal(attempt, ended));
  const voidId = attempts.findLast(({ act }) => act === "void")?.id;
  return [...refused, ...voids, ...withAmount([ofRest(authorizedLeft(payment), voidId)])];
}

const ACT_OF_FAILURE = {
  authorization_failed: "authorize",
  capture_failed: "capture",
  void_failed: "void",
} as const satisfies Record<string, Act>;

function readFailure(
  known: Known,
  { type, code, message }: { type: keyof typeof ACT_OF_FAILURE; code: string; message: string },
): readonly Ending[] {
  const attempt = findOpen(known, ACT_OF_FAILURE[type]);
  return attempt === undefined ? [] : [refusal(attempt, { failureCode: code, failureMessage: message })];
}

/** The open attempt at an act: the one that the call asked about, else the newest. */
function findOpen({ attempts, attemptId }: Known, act: Act): Attempt | undefined {
  const open = attempts.filter((attempt) => attempt.act === act && isOpen(attempt));
  return open.find(({ id }) => id === attemptId) ?? open.at(-1);
}

function total(act: Act, ending: Omit<Ending, "act" | "event" | "isTotal">): Ending {
  return { ...ending, act, event: "done", isTotal: true };
}

function ofRest(amountMinor: bigint, attemptId?: number): Ending {
  return total("void", { attempt: undefined, attemptId, amountMinor });
}

function refusal(attempt: Attempt, set: { failureCode: string; failureMessage: string }): Ending {
  const { act, id: attemptId, amountMinor } = attempt;
  return { act, event: "refused", attempt, attemptId, amountMinor, detail: set.failureCode, set };
}

function withAmount(endings: readonly Ending[]): readonly Ending[] {
  return endings.filter(({ amountMinor }) => amountMinor > 0n);
}
