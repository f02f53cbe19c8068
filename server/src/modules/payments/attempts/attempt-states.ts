// The life of an attempt as data: which event moves it from which state to which, and what that does to its payment. An event
// that is not in the table changes nothing: it is a repeat, or a newer report came first. docs/payments.md shows the same table.
import { type Act, type Attempt, type AttemptState, RESOLVED_AS_FAILED } from "./attempt.ts";

/**
 * `called`: a process has claimed it and calls. `uncalled`: it could not, the provider wants fewer calls. `unanswered`: the call
 * may or may not have arrived. `answered`: the provider works on it, and will report. `done`, `refused`: the outcome of the act,
 * told by the provider (by answer or webhook), or by a person for it.
 */
export type AttemptEvent = "called" | "uncalled" | "unanswered" | "answered" | "done" | "refused";

/**
 * What a step does besides changing the state. `book`: the money is booked, and the payment's event appended. `note`: the
 * failure is an event. `give_back`: it is booked after it had been reported as failed, so the money goes back. `take_back`: the
 * earlier booking is booked the other way.
 */
export type AttemptEffect = "none" | "book" | "note" | "give_back" | "take_back";

/** The condition for a step. */
const GUARDS = {
  /** The provider has answered that it works on it. */
  is_answered: ({ isAnswered }: Judged) => isAnswered,
  /** No call about it was made before. */
  is_first_call: ({ askedCount }: Judged) => askedCount <= 1,
  /** The provider never said that it failed; at most a person did, who may have been wrong. */
  is_given_up: ({ providerReference, failureCode }: Judged) =>
    providerReference === null || failureCode === RESOLVED_AS_FAILED,
} as const;

type Judged = Pick<
  Attempt,
  "state" | "act" | "providerReference" | "failureCode" | "isAnswered" | "askedCount"
>;

export interface AttemptStep {
  readonly from: AttemptState;
  readonly event: AttemptEvent;
  readonly to: AttemptState;
  readonly effect: AttemptEffect;
  /** Only for this act; undefined: for all. */
  readonly act?: Act;
  readonly guard?: keyof typeof GUARDS;
}

/** The first line that fits applies. */
export const ATTEMPT_STEPS: readonly AttemptStep[] = [
  { from: "created", event: "called", to: "sent", effect: "none" },
  { from: "created", event: "answered", to: "sent", effect: "none" },
  { from: "created", event: "done", to: "succeeded", effect: "book" },
  { from: "created", event: "refused", to: "failed", effect: "note" },
  { from: "sent", event: "uncalled", to: "sent", effect: "none", guard: "is_answered" },
  { from: "sent", event: "uncalled", to: "created", effect: "none", guard: "is_first_call" },
  { from: "sent", event: "uncalled", to: "unknown", effect: "none" },
  { from: "sent", event: "unanswered", to: "sent", effect: "none", guard: "is_answered" },
  { from: "sent", event: "unanswered", to: "unknown", effect: "none" },
  { from: "sent", event: "answered", to: "sent", effect: "none" },
  { from: "sent", event: "done", to: "succeeded", effect: "book" },
  { from: "sent", event: "refused", to: "failed", effect: "note" },
  { from: "unknown", event: "unanswered", to: "unknown", effect: "none" },
  { from: "unknown", event: "answered", to: "sent", effect: "none" },
  { from: "unknown", event: "done", to: "succeeded", effect: "book" },
  { from: "unknown", event: "refused", to: "failed", effect: "note" },
  { from: "succeeded", event: "refused", to: "failed", effect: "take_back", act: "refund" },
  { from: "failed", event: "done", to: "succeeded", effect: "give_back", act: "authorize" },
  { from: "failed", event: "done", to: "succeeded", effect: "book", act: "refund", guard: "is_given_up" },
];

/** What the event does to the attempt; undefined: nothing. */
export function stepOf(attempt: Judged, event: AttemptEvent): AttemptStep | undefined {
  return ATTEMPT_STEPS.find(
    (step) =>
      step.from === attempt.state &&
      step.event === event &&
      (step.act === undefined || step.act === attempt.act) &&
      (step.guard === undefined || GUARDS[step.guard](attempt)),
  );
}
