// Slows down guessing: attempts are counted before a password is checked, so that many at once gain nothing, and after a
// few failures each further attempt waits longer.
import type { Budget } from "./budget.ts";
import { identityError } from "./errors.ts";
import type { Identity } from "./settings.ts";

export interface Attempt {
  /** Whether this attempt, should it fail, makes the next one wait. */
  readonly locks: boolean;
  /** Takes the attempt back: it succeeded. */
  readonly succeed: () => Promise<void>;
}

/**
 * Counts an attempt as failed, in all budgets or in none.
 * @throws AppError `too_many/login_throttled` with retryAfterSeconds, whether or not anybody has the account;
 *   `unavailable/queue_full`
 */
export async function takeAttempt(
  { vault, throttles }: Pick<Identity, "vault" | "throttles">,
  budgets: readonly Budget[],
): Promise<Attempt> {
  const counted = budgets.map((budget) => {
    return { budget, key: vault.blindIndex(`identity.throttle:${budget.subject}`).toString("hex") };
  });
  const { waitMs, locks } = await throttles.submit({ kind: "take", counted });
  if (waitMs > 0) throw identityError("login_throttled", { retryAfterSeconds: Math.ceil(waitMs / 1_000) });
  const succeed = async () => {
    await throttles.submit({ kind: "give_back", counted });
  };
  return { locks, succeed };
}
