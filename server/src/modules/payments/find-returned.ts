// Tells what a change of a payment gave back, or took back again, by comparing its refunds and disputes before and after. So
// the listener learns of every return, whoever began it. Pure.
import type { Attempt } from "./attempts/attempt.ts";
import type { Dispute } from "./outcomes/dispute.ts";

/** Money of a payment that is on its way back to the payer, or has arrived there. */
export interface ReturnedMoney {
  /** Minor units, counted from when the refund began; below zero: a refund failed and its money is with us again. */
  readonly amountMinor: bigint;
  /** The refund; null: a dispute that was lost. */
  readonly refundId: number | null;
  /** The dispute's id at the provider; null: a refund. */
  readonly disputeReference: string | null;
  /** Where a balance's refund went, if not to the account that paid. */
  readonly accountId: number | null;
  /** The reason, in words; null where nobody gave one. */
  readonly reason: string | null;
}

interface Returning {
  readonly attempts: readonly Attempt[];
  readonly disputes: readonly Dispute[];
}

export function findReturned(before: Returning, after: Returning): ReturnedMoney[] {
  return [
    ...after.attempts.flatMap((attempt) => findRefunded(before.attempts, attempt)),
    ...after.disputes.flatMap((dispute) => findLost(before.disputes, dispute)),
  ];
}

function findRefunded(before: readonly Attempt[], attempt: Attempt): ReturnedMoney[] {
  const { id: refundId, reason, failureCode, accountId } = attempt;
  const amountMinor = refundedBy(attempt) - refundedBy(before.find(({ id }) => id === refundId));
  if (amountMinor === 0n) return [];
  const why =
    amountMinor > 0n ? reason : `the refund did not go through: ${failureCode ?? "no reason given"}`;
  return [{ amountMinor, refundId, disputeReference: null, accountId, reason: why }];
}

/** What a refund has given back, or is about to give back. */
function refundedBy(attempt: Attempt | undefined): bigint {
  if (attempt?.act !== "refund" || attempt.state === "failed") return 0n;
  return attempt.amountMinor;
}

function findLost(before: readonly Dispute[], dispute: Dispute): ReturnedMoney[] {
  const { reference, amountMinor, reason } = dispute;
  const wasLost = before.some((known) => known.reference === reference && known.state === "lost");
  if (dispute.state !== "lost" || wasLost) return [];
  const why = `a dispute was lost${reason === null ? "" : `: ${reason}`}`;
  return [{ amountMinor, refundId: null, disputeReference: reference, accountId: null, reason: why }];
}
