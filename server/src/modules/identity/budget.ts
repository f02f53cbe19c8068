// How many attempts may fail before the next has to wait, and for how long. An account, a name that nobody has, and a
// network each have a budget; a device that the user has signed in from before has one of its own, which nobody else can
// use up.
import { networkOf } from "../../values/network.ts";
import type { Throttle } from "./throttle-store.ts";

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

/** One attempt more, counted as failed until it is given back. */
export function countFailure(throttle: Throttle | undefined, budget: Budget, nowMs: number): Throttle {
  const isForgotten = throttle === undefined || throttle.lastAt.getTime() + budget.forgottenAfterMs <= nowMs;
  const failures = (isForgotten ? 0 : throttle.failures) + 1;
  return { failures, lastAt: new Date(nowMs), openAt: new Date(nowMs + delayAfter(failures, budget)) };
}

/** Few failures were the user's own; many are an attack that goes on, whose count a success must not reset. */
export function forgive(throttle: Throttle | undefined, { free }: Budget): Throttle {
  const { failures = 0, lastAt = new Date(0) } = throttle ?? {};
  return { failures: failures <= free ? 0 : failures - 1, lastAt, openAt: new Date(0) };
}
