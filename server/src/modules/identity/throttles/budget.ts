// How many attempts may fail before the next has to wait, and for how long. Each kind of attempt is counted apart: a right
// password says nothing of a code, and what a stranger may use up is never what somebody signed in has.
import { networkOf } from "../../../values/network.ts";
import { foldLogin } from "../users/user.ts";
import type { Throttle } from "./throttle-store.ts";

export interface Budget {
  readonly kind:
    | "login"
    | "network"
    | "device"
    | "confirm"
    | "factor"
    | "device_factor"
    | "session_factor"
    | "new_factor"
    | "mail";
  /** Whose attempts of this kind are counted. May be what a stranger typed: the kind keeps it from being another's. */
  readonly subject: string;
  /** Failures without any delay. */
  readonly free: number;
  readonly delayMinMs: number;
  readonly delayMaxMs: number;
  /** After so long without a failure all are forgotten; where they go one by one, after so long the free ones are. */
  readonly forgottenAfterMs: number;
  /** Shared by people who don't know each other: a success takes back its own attempt alone, and time the others, one by one. */
  readonly isShared?: boolean;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** What waits longest already need not be counted on, or an hour of attacks would take days to be forgotten. */
const SHARED_ABOVE_FREE_MAX = 10;

const STRICT = {
  free: 5,
  delayMinMs: 1_000,
  delayMaxMs: 15 * MINUTE_MS,
  forgottenAfterMs: 24 * HOUR_MS,
};

/** Of the name or address as it was typed, whoever has it: to answer by account would tell which name has which address. */
export function loginBudget(login: string): Budget {
  return { ...STRICT, kind: "login", subject: foldLogin(login) };
}

/** Many people may share a network: it gets more, and forgets sooner. */
export function networkBudget(ip: string): Budget {
  return {
    kind: "network",
    subject: networkOf(ip),
    free: 50,
    delayMinMs: 1_000,
    delayMaxMs: MINUTE_MS,
    forgottenAfterMs: HOUR_MS,
    isShared: true,
  };
}

/** Instead of both: of a device that the user has signed in from before, which nobody else can use up. */
export function deviceBudget(tokenHash: Buffer): Budget {
  return { ...STRICT, kind: "device", subject: tokenHash.toString("hex"), free: 10, delayMaxMs: MINUTE_MS };
}

/** Of passwords given by whoever is signed in as this user. */
export function confirmBudget(userId: string): Budget {
  return { ...STRICT, kind: "confirm", subject: userId };
}

/** Where a second factor's code is given: who knows the password alone must not use up what the owner's devices have. */
export type CodeGivenBy = "stranger" | "device" | "session";

const FACTOR_KINDS = {
  stranger: "factor",
  device: "device_factor",
  session: "session_factor",
} as const satisfies Record<CodeGivenBy, Budget["kind"]>;

/** Of codes, which nothing but a right code forgives. Per user, for a device or session more is easily had. */
export function factorBudget(userId: string, by: CodeGivenBy): Budget {
  return { ...STRICT, kind: FACTOR_KINDS[by], subject: userId };
}

/** Of the codes that confirm a new authenticator app. */
export function newFactorBudget(userId: string): Budget {
  return { ...STRICT, kind: "new_factor", subject: userId };
}

/** Five mails of one kind to one address at once, and five an hour. */
export function mailBudget(template: string, emailIndex: Buffer): Budget {
  const subject = `${template}:${emailIndex.toString("hex")}`;
  const pause = { delayMinMs: 12 * MINUTE_MS, delayMaxMs: 12 * MINUTE_MS };
  return { kind: "mail", subject, free: 5, ...pause, forgottenAfterMs: HOUR_MS, isShared: true };
}

/** How long the next attempt waits after so many failures: nothing, then 1 s, 2 s, 4 s, ... */
export function delayAfter(failures: number, { free, delayMinMs, delayMaxMs }: Budget): number {
  if (failures < free) return 0;
  return Math.min(delayMinMs * 2 ** Math.min(failures - free, 30), delayMaxMs);
}

/** Clocks of several machines differ by less. */
const CLOCK_DIFFERENCE_MAX_MS = 5_000;

/**
 * The throttle as it would be had the clock not been set back since: undefined where it was not. Times that lie in the future
 * would make everybody wait until the clock is there again.
 */
export function followClock({ failures, lastAt, openAt }: Throttle, nowMs: number): Throttle | undefined {
  const aheadMs = lastAt.getTime() - nowMs;
  if (aheadMs <= CLOCK_DIFFERENCE_MAX_MS) return undefined;
  return { failures, lastAt: new Date(nowMs), openAt: new Date(Math.max(0, openAt.getTime() - aheadMs)) };
}

/** One attempt more, counted as failed until it is given back. */
export function countFailure(throttle: Throttle | undefined, budget: Budget, nowMs: number): Throttle {
  const { failures: before, lastAt } = forgetOld(throttle, budget, nowMs);
  const failures = budget.isShared ? Math.min(before + 1, budget.free + SHARED_ABOVE_FREE_MAX) : before + 1;
  return { failures, lastAt, openAt: new Date(nowMs + delayAfter(failures, budget)) };
}

/** `lastAt`: of this attempt; where failures go one by one, since when the next of them is being forgotten. */
function forgetOld(throttle: Throttle | undefined, budget: Budget, nowMs: number) {
  const none = { failures: 0, lastAt: new Date(nowMs) };
  if (throttle === undefined) return none;
  const { failures, lastAt } = throttle;
  if (lastAt.getTime() + budget.forgottenAfterMs <= nowMs) return none;
  if (!budget.isShared) return { failures, lastAt: new Date(nowMs) };
  const eachMs = budget.forgottenAfterMs / budget.free;
  const forgotten = Math.max(0, Math.floor((nowMs - lastAt.getTime()) / eachMs));
  if (forgotten >= failures) return none;
  return { failures: failures - forgotten, lastAt: new Date(lastAt.getTime() + forgotten * eachMs) };
}

/** Undoes one attempt: the wait that it caused ends, where no later one has failed since. */
export function giveBack(throttle: Throttle | undefined, causedOpenAtMs: number): Throttle {
  const { failures = 0, lastAt = new Date(0), openAt = new Date(0) } = throttle ?? {};
  const isOwnWait = openAt.getTime() === causedOpenAtMs;
  return { failures: Math.max(0, failures - 1), lastAt, openAt: isOwnWait ? new Date(0) : openAt };
}

/** Few failures were the user's own; many are an attack that goes on, whose count a success must not reset. */
export function forgive(throttle: Throttle | undefined, { free }: Budget): Throttle {
  const { failures = 0, lastAt = new Date(0) } = throttle ?? {};
  return { failures: failures <= free ? 0 : failures - 1, lastAt, openAt: new Date(0) };
}
