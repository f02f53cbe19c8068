// Slows down guessing: attempts are counted before a password is checked, so that many at once gain nothing, and after a
// few failures each further attempt waits longer. An account, a name that nobody has, and a network each have a budget;
// a device that the user has signed in from before has one of its own, which nobody else can use up.
import { inTransaction } from "../../runtime/transaction.ts";
import { networkOf } from "../../values/network.ts";
import { identityError } from "./errors.ts";
import { dateOf, type Identity } from "./settings.ts";
import { lockThrottles, saveThrottles, type Throttle } from "./throttle-store.ts";

export interface Budget {
  /** What is counted: "account:<id>". */
  readonly subject: string;
  /** Failures without any delay. */
  readonly free: number;
  readonly delayMaxMs: number;
  /** After so long without a failure all are forgotten. */
  readonly forgottenAfterMs: number;
}

const MINUTE_MS = 60_000;
const FIRST_DELAY_MS = 1_000;

export function accountBudget(subject: string): Budget {
  return {
    subject: `account:${subject}`,
    free: 5,
    delayMaxMs: 15 * MINUTE_MS,
    forgottenAfterMs: 24 * 60 * MINUTE_MS,
  };
}

/** Many people may share a network: it gets more, and forgets sooner. */
export function networkBudget(ip: string): Budget {
  return {
    subject: `network:${networkOf(ip)}`,
    free: 50,
    delayMaxMs: MINUTE_MS,
    forgottenAfterMs: 60 * MINUTE_MS,
  };
}

export function deviceBudget(tokenHash: Buffer): Budget {
  const subject = `device:${tokenHash.toString("hex")}`;
  return { subject, free: 10, delayMaxMs: MINUTE_MS, forgottenAfterMs: 24 * 60 * MINUTE_MS };
}

/** How long the next attempt waits after so many failures: nothing, then 1 s, 2 s, 4 s, ... */
export function delayAfter(failures: number, { free, delayMaxMs }: Budget): number {
  if (failures < free) return 0;
  return Math.min(FIRST_DELAY_MS * 2 ** Math.min(failures - free, 30), delayMaxMs);
}

export interface Attempt {
  /** Whether this attempt, should it fail, makes the next one wait. */
  readonly locks: boolean;
  /** Takes the attempt back: it succeeded. */
  readonly succeed: () => Promise<void>;
}

/**
 * Counts an attempt as failed, all budgets or none. Locks their rows, in order of their keys.
 * @throws AppError `too_many/login_throttled` with retryAfterSeconds, whether or not anybody has the account
 */
export async function takeAttempt(identity: Identity, budgets: readonly Budget[]): Promise<Attempt> {
  const keyed = budgets
    .map((budget) => ({ budget, key: identity.vault.blindIndex(`identity.throttle:${budget.subject}`) }))
    .sort((a, b) => Buffer.compare(a.key, b.key));
  const keys = keyed.map(({ key }) => key);
  const outcome = await inTransaction(identity.db, async (tx) => {
    const at = dateOf(identity);
    const throttles = await lockThrottles(tx, keys, at);
    const openAtMs = Math.max(...throttles.map(({ openAt }) => openAt.getTime()));
    if (openAtMs > identity.now()) return { waitMs: openAtMs - identity.now(), locks: false };
    const counted = keyed.map(({ budget }, index) => count(throttles[index], budget, identity.now()));
    await saveThrottles(tx, keys, counted);
    return { waitMs: 0, locks: counted.some(({ openAt, lastAt }) => openAt > lastAt) };
  });
  if (outcome.waitMs > 0)
    throw identityError("login_throttled", { retryAfterSeconds: Math.ceil(outcome.waitMs / 1_000) });
  const succeed = () =>
    inTransaction(identity.db, async (tx) => {
      const throttles = await lockThrottles(tx, keys, dateOf(identity));
      await saveThrottles(
        tx,
        keys,
        keyed.map(({ budget }, index) => forgive(throttles[index], budget)),
      );
    });
  return { locks: outcome.locks, succeed };
}

function count(throttle: Throttle | undefined, budget: Budget, nowMs: number): Throttle {
  const isForgotten = throttle === undefined || throttle.lastAt.getTime() + budget.forgottenAfterMs <= nowMs;
  const failures = (isForgotten ? 0 : throttle.failures) + 1;
  return { failures, lastAt: new Date(nowMs), openAt: new Date(nowMs + delayAfter(failures, budget)) };
}

/** Few failures were the user's own; many are an attack that goes on, whose count a success must not reset. */
function forgive(throttle: Throttle | undefined, { free }: Budget): Throttle {
  const { failures = 0, lastAt = new Date(0) } = throttle ?? {};
  return { failures: failures <= free ? 0 : failures - 1, lastAt, openAt: new Date(0) };
}
