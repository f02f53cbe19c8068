// Slows down guessing: each attempt is counted before the password or code is checked, so that many at once gain nothing, and
// after a few failures each further attempt waits longer.

import { identityError } from "../errors.ts";
import type { Identity } from "../settings.ts";
import type { Budget } from "./budget.ts";

export interface Attempt {
  /** Whether this attempt makes the next one wait, if it fails. */
  readonly locks: boolean;
  /** The attempt succeeded: it does not count as a failure, nor do earlier ones, where those are few. */
  readonly succeed: () => Promise<void>;
  /** The attempt was not a failure, but says nothing about earlier ones. */
  readonly giveBack: () => Promise<void>;
}

type Throttled = Pick<Identity, "vault" | "throttles">;

/**
 * Counts an attempt as failed, in all budgets or in none.
 * @throws AppError `too_many/login_throttled` with retryAfterSeconds, whether or not anybody has the account;
 *   `unavailable/queue_full`
 */
export async function takeAttempt(identity: Throttled, budgets: readonly Budget[]): Promise<Attempt> {
  const { throttles } = identity;
  const counted = budgets.map((budget) => ({ budget, key: keyOf(identity, budget) }));
  const { waitMs, locks, openAtMs } = await throttles.submit({ kind: "take", counted });
  if (waitMs > 0) throw identityError("login_throttled", { retryAfterSeconds: Math.ceil(waitMs / 1_000) });
  const taken = counted.map((one, index) => ({ ...one, openAtMs: openAtMs[index] ?? 0 }));
  return {
    locks,
    succeed: async () => {
      await throttles.submit({ kind: "succeed", counted: taken });
    },
    giveBack: async () => {
      await throttles.submit({ kind: "give_back", counted: taken });
    },
  };
}

/** Counts an act that is not a guess; returns false when its budget is used up. @throws AppError `unavailable/queue_full` */
export async function takeShare(identity: Throttled, budget: Budget): Promise<boolean> {
  const counted = [{ budget, key: keyOf(identity, budget) }];
  return (await identity.throttles.submit({ kind: "take", counted })).waitMs === 0;
}

/** No kind has a colon in its name, so that a subject can never be mistaken for another kind. */
function keyOf({ vault }: Throttled, { kind, subject }: Budget): string {
  return vault.blindIndex(`identity.throttle:${kind}:${subject}`).toString("hex");
}
