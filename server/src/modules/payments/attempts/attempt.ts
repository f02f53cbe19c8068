// An attempt: one try at one act of a payment. It is written down before the provider is called, and keeps one idempotency
// key for its whole life. It ends as succeeded or failed; a call without an answer leaves it unknown, to be asked about later.

export type Act = "authorize" | "capture" | "void" | "refund";

export const ATTEMPT_STATES = ["created", "sent", "unknown", "succeeded", "failed"] as const;
/** `sent` after an answer: the provider works on it, and will report. */
export type AttemptState = (typeof ATTEMPT_STATES)[number];

export interface Attempt {
  /** Stamp. */
  readonly id: number;
  readonly paymentId: number;
  readonly act: Act;
  /** Minor units. */
  readonly amountMinor: bigint;
  readonly taxMinor: bigint;
  /** For a capture: the rest stays authorized. */
  readonly keepsRest: boolean;
  readonly state: AttemptState;
  readonly providerReference: string | null;
  /** For a refund: the reason. */
  readonly reason: string | null;
  /** For a balance's refund: the account that gets the money, where it is not the one that paid. */
  readonly accountId: number | null;
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
  readonly actorId: string;
  readonly askedCount: number;
  /** When the next call is due; null: never. */
  readonly dueAt: Date | null;
  /** Stamp; null while it is open. */
  readonly settledAt: number | null;
  /** Since when it waits for a person; null: it does not. */
  readonly attentionSince: Date | null;
  /** The provider has answered that it works on it. */
  readonly isAnswered: boolean;
}

/** The failure code of an attempt that a person has given up. */
export const RESOLVED_AS_FAILED = "resolved_as_failed";

/** A refund that the provider reports as failed: people must still give the money back in another way, or decide not to. */
export function isFailedRefund({ act, state, attentionSince }: Attempt): boolean {
  return act === "refund" && state === "failed" && attentionSince !== null;
}

export function isOpen(attempt: Attempt): boolean {
  return attempt.settledAt === null;
}

/** The key by which the provider knows the attempt: the same for every call about it, however earlier calls ended. */
export function keyOf(attempt: Pick<Attempt, "id">): string {
  return `countinghouse-attempt-${attempt.id}`;
}
