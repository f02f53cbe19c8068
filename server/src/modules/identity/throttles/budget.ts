// How many attempts may fail before the next one has to wait, and for how long. Each kind of attempt is counted separately: a
// right password says nothing about a code, and strangers must not be able to use up the budget of a signed-in user.
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
  /** Whose attempts of this kind are counted. May be text that a stranger typed: the kind keeps it apart from other budgets. */
  readonly subject: string;
  /** How many failures cause no delay. */
  readonly free: number;
  readonly delayMinMs: number;
  readonly delayMaxMs: number;
  /** After this long without a failure all are forgotten; where they are forgotten one by one, the free ones are. */
  readonly forgottenAfterMs: number;
  /** Shared by people who don't know each other: a success takes back its own attempt only; time forgives the others singly. */
  readonly isShared?: boolean;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Once the longest wait is reached, counting stops; otherwise an hour of attacks would take days to be forgotten. */
const SHARED_ABOVE_FREE_MAX = 10;

const STRICT = {
  free: 5,
  delayMinMs: 1_000,
  delayMaxMs: 15 * MINUTE_MS,
  forgottenAfterMs: 24 * HOUR_MS,
};

/** By name or address as typed, whoever has it: counting by account would reveal which name has which address. */
export function loginBudget(login: string): Budget {
  return { ...STRICT, kind: "login", subject: foldLogin(login) };
}

/** Many people may share a network, so it gets more attempts and forgets them sooner. */
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

/** Replaces both, for a device that the user has signed in from before: nobody else can use its budget up. */
export function deviceBudget(tokenHash: Buffer): Budget {
  return { ...STRICT, kind: "device", subject: tokenHash.toString("hex"), free: 10, delayMaxMs: MINUTE_MS };
}

/** For passwords given by a person who is signed in as this user. */
export function confirmBudget(userId: string): Budget {
  return { ...STRICT, kind: "confirm", subject: userId };
}

/** For second-factor codes: somebody who knows only the password must not use up the budget of the owner's devices. */
export type CodeGivenBy = "stranger" | "device" | "session";

const FACTOR_KINDS = {
  stranger: "factor",
  device: "device_factor",
  session: "session_factor",
} as const satisfies Record<CodeGivenBy, Budget["kind"]>;

/** For codes; only a right code forgives failures. Counted per user, because it is easy to get more devices or sessions. */
export function factorBudget(userId: string, by: CodeGivenBy): Budget {
  return { ...STRICT, kind: FACTOR_KINDS[by], subject: userId };
}

/** For the codes that confirm a new authenticator app. */
export function newFactorBudget(userId: string): Budget {
  return { ...STRICT, kind: "new_factor", subject: userId };
}

/** Allows five mails of one kind to one address at once, and five an hour. */
export function mailBudget(template: string, emailIndex: Buffer): Budget {
  const subject = `${template}:${emailIndex.toString("hex")}`;
  const pause = { delayMinMs: 12 * MINUTE_MS, delayMaxMs: 12 * MINUTE_MS };
  return { kind: "mail", subject, free: 5, ...pause, forgottenAfterMs: HOUR_MS, isShared: true };
}

/** How long the next attempt waits after this many failures: nothing, then 1 s, 2 s, 4 s, ... */
export function delayAfter(failures: number, { free, delayMinMs, delayMaxMs }: Budget): number {
  if (failures < free) return 0;
  return Math.min(delayMinMs * 2 ** Math.min(failures - free, 30), delayMaxMs);
}

/** The clocks of several machines differ by less than this. */
const CLOCK_DIFFERENCE_MAX_MS = 5_000;

/**
 * The throttle as it would be if the clock had not been set back since; undefined where it was not set back. Times in the
 * future would make everybody wait until the clock reaches them again.
 */
export function followClock({ failures, lastAt, openAt }: Throttle, nowMs: number): Throttle | undefined {
  const aheadMs = lastAt.getTime() - nowMs;
  if (aheadMs <= CLOCK_DIFFERENCE_MAX_MS) return undefined;
  return { failures, lastAt: new Date(nowMs), openAt: new Date(Math.max(0, openAt.getTime() - aheadMs)) };
}

/** Adds one attempt, counted as failed until it is given back. */
export function countFailure(throttle: Throttle | undefined, budget: Budget, nowMs: number): Throttle {
  const { failures: before, lastAt } = forgetOld(throttle, budget, nowMs);
  const failures = budget.isShared ? Math.min(before + 1, budget.free + SHARED_ABOVE_FREE_MAX) : before + 1;
  return { failures, lastAt, openAt: new Date(nowMs + delayAfter(failures, budget)) };
}

/** `lastAt`: the time of this attempt; where failures are forgotten one by one, since when the next one is being forgotten. */
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

/** Undoes one attempt: the wait that it caused ends, unless a later one has failed since. */
export function giveBack(throttle: Throttle | undefined, causedOpenAtMs: number): Throttle {
  const { failures = 0, lastAt = new Date(0), openAt = new Date(0) } = throttle ?? {};
  const isOwnWait = openAt.getTime() === causedOpenAtMs;
  return { failures: Math.max(0, failures - 1), lastAt, openAt: isOwnWait ? new Date(0) : openAt };
}

/** A few failures were the user's own; many are a continuing attack, whose count a success must not reset. */
export function forgive(throttle: Throttle | undefined, { free }: Budget): Throttle {
  const { failures = 0, lastAt = new Date(0) } = throttle ?? {};
  return { failures: failures <= free ? 0 : failures - 1, lastAt, openAt: new Date(0) };
}
