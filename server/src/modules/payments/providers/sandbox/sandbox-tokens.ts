// The sandbox's magic tokens and their behavior. docs/payments.md shows the same table.

export interface SandboxToken {
  readonly name: string;
  readonly about: string;
  readonly declinedAs?: string;
  /** The customer has to confirm (3-D Secure). */
  readonly isConfirmed?: boolean;
  /** Answers late, but answers. */
  readonly isSlow?: boolean;
  /** The first call of each act gets no answer: the connection is lost `after` it was done, or `before`. */
  readonly timesOut?: "before" | "after";
  readonly isUnreachable?: boolean;
  /** Calls are answered with "processing"; only a webhook tells the outcome. */
  readonly isTold?: boolean;
  readonly isLate?: boolean;
  readonly isReordered?: boolean;
  /** How many times each webhook is delivered, at once. */
  readonly copies: number;
  readonly failsLater?: "capture" | "refund";
  readonly disputeEnds?: "never" | "won" | "lost";
}

const token = (
  name: string,
  about: string,
  does: Omit<Partial<SandboxToken>, "name"> = {},
): SandboxToken => ({
  name,
  about,
  copies: 1,
  ...does,
});

export const SANDBOX_TOKENS: readonly SandboxToken[] = [
  token("tok_ok", "everything succeeds; also what happens without a token"),
  token("tok_declined", "the card is declined", { declinedAs: "card_declined" }),
  token("tok_insufficient_funds", "the card has not enough", { declinedAs: "insufficient_funds" }),
  token("tok_3ds", "the customer has to confirm at action_url", { isConfirmed: true }),
  token("tok_slow", "answers late", { isSlow: true }),
  token("tok_timeout_after_success", "is done, but the first answer never comes", {
    timesOut: "after",
    isLate: true,
  }),
  token("tok_timeout_before_success", "the first call is lost and nothing is done", { timesOut: "before" }),
  token("tok_unreachable", "never answers: ends in the queue for people", { isUnreachable: true }),
  token("tok_duplicate_webhooks", "each webhook comes three times at once", { copies: 3 }),
  token("tok_late_webhooks", "only webhooks tell the outcome, and they are late", {
    isTold: true,
    isLate: true,
  }),
  token("tok_reordered_webhooks", "only webhooks tell the outcome, the later state first", {
    isTold: true,
    isReordered: true,
  }),
  token("tok_capture_fails", "authorized, but the capture fails after it was accepted", {
    failsLater: "capture",
  }),
  token("tok_refund_fails", "refunds fail after they were accepted", { failsLater: "refund" }),
  token("tok_dispute", "a dispute is opened after the capture", { disputeEnds: "never" }),
  token("tok_dispute_won", "a dispute is opened and won", { disputeEnds: "won" }),
  token("tok_dispute_lost", "a dispute is opened and lost: a chargeback", { disputeEnds: "lost" }),
];

const BY_NAME: ReadonlyMap<string, SandboxToken> = new Map(SANDBOX_TOKENS.map((each) => [each.name, each]));

/** The token's behavior; an unknown one is declined. */
export function findToken(name: string | null): SandboxToken {
  const known = BY_NAME.get(name ?? "tok_ok");
  return known ?? { name: name ?? "", about: "unknown", copies: 1, declinedAs: "unknown_token" };
}
