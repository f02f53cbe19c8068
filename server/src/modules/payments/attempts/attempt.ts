// An attempt: one try at one act of a payment. It is written down before the provider is called, keeps one idempotency
// key for as long as it lives, and ends as succeeded or failed; a call without an answer leaves it unknown, to be asked about.

export type Act = "authorize" | "capture" | "void" | "refund";

export const ATTEMPT_STATES = ["created", "sent", "unknown", "succeeded", "failed"] as const;
/** `sent` after an answer: the provider works on it, and will tell. */
export type AttemptState = (typeof ATTEMPT_STATES)[number];

export interface Attempt {
  /** Stamp. */
  readonly id: number;
  readonly paymentId: number;
  readonly act: Act;
  /** Minor units. */
  readonly amountMinor: bigint;
  readonly taxMinor: bigint;
  /** Of a capture: the rest stays authorized. */
  readonly keepsRest: boolean;
  readonly state: AttemptState;
  readonly providerReference: string | null;
  /** Of a refund: why. */
  readonly reason: string | null;
  /** Of a balance's refund: the account that it goes to, where that is not the one that paid. */
  readonly accountId: number | null;
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
  readonly actorId: string;
  readonly askedCount: number;
  /** The next call; null: none is due. */
  readonly dueAt: Date | null;
  /** Stamp; null while it is open. */
  readonly settledAt: number | null;
  /** Since when it waits for a person. */
  readonly attentionSince: Date | null;
  /** The provider has answered that it works on it. */
  readonly isAnswered: boolean;
}

/** The failure code of an attempt that a person has given up. */
export const RESOLVED_AS_FAILED = "resolved_as_failed";

/** A refund that the provider says failed: people still have to give that money back in some way, or to let it be. */
export function isFailedRefund({ act, state, attentionSince }: Attempt): boolean {
  return act === "refund" && state === "failed" && attentionSince !== null;
}

export function isOpen(attempt: Attempt): boolean {
  return attempt.settledAt === null;
}

/** The key the provider knows the attempt by: the same for every call about it, whatever became of earlier ones. */
export function keyOf(attempt: Pick<Attempt, "id">): string {
  return `countinghouse-attempt-${attempt.id}`;
}
