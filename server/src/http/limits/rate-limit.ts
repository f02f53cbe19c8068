// Rate limits by GCRA: each caller has a theoretical arrival time that every admitted request moves on. It is checked and moved
// in one step, so that nothing is over-admitted. It is kept in the memory of this process behind a small port: several
// processes admit the sum of their limits. Staff and programs are only limited if configured (they are trusted, and the
// group commit's queue limits them), but each of their API keys is limited: a key may be stolen or used by a broken program.
import type { FastifyReply, FastifyRequest } from "fastify";
import { actsForAll } from "../../values/actor.ts";
import { AppError } from "../../values/app-error.ts";
import { networkOf } from "../../values/network.ts";

/** Requests per minute of one caller; 0: no limit. */
export interface RateLimits {
  /** Signing in and up, refreshing, resetting passwords: per network. */
  readonly login: number;
  /** Requests whose token is refused: per network. Good tokens do not count, however many come at once. */
  readonly anonymous: number;
  /** A customer's requests; for guests, those of their network. */
  readonly user: number;
  /** Their requests that move money. */
  readonly money: number;
  /** Requests of each member of staff and each program. */
  readonly staff: number;
  /** Requests with one API key, whoever owns it; its user's limits apply as well. */
  readonly key: number;
}

export interface RateStore {
  /** Takes one request's share, or says how long to wait. One atomic step. `nowMs` by a monotonic clock. */
  readonly take: (key: string, rate: Rate, nowMs: number) => Taken;
}

export interface Rate {
  /** Milliseconds that one request costs. */
  readonly intervalMs: number;
  /** The most requests that may come at once. */
  readonly burst: number;
}

export interface Taken {
  readonly isAdmitted: boolean;
  readonly remaining: number;
  /** Until the whole burst is free again or, where refused, until the next request is admitted. */
  readonly waitMs: number;
}

const KEYS_MAX = 100_000;
const MINUTE_MS = 60_000;

export function createMemoryStore(): RateStore {
  const arrivals = new Map<string, number>();
  return {
    take: (key, { intervalMs, burst }, nowMs) => {
      const arrival = Math.max(arrivals.get(key) ?? 0, nowMs);
      const aheadMs = arrival - nowMs + intervalMs - intervalMs * burst;
      if (aheadMs > 0) return { isAdmitted: false, remaining: 0, waitMs: aheadMs };
      if (arrivals.size >= KEYS_MAX) forgetPast(arrivals, nowMs);
      arrivals.set(key, arrival + intervalMs);
      const waitMs = arrival + intervalMs - nowMs;
      return { isAdmitted: true, remaining: Math.floor(-aheadMs / intervalMs), waitMs };
    },
  };
}

/** Forgets callers whose time is past: they have their whole burst anyway. If none are, the oldest are forgotten. */
function forgetPast(arrivals: Map<string, number>, nowMs: number): void {
  for (const [key, arrival] of arrivals) if (arrival <= nowMs) arrivals.delete(key);
  for (const key of arrivals.keys()) {
    if (arrivals.size < KEYS_MAX) break;
    arrivals.delete(key);
  }
}

export interface RateLimiter {
  /** @throws AppError `too_many/rate_limited` */
  readonly checkNetwork: (
    limit: "login" | "anonymous" | "user",
    request: FastifyRequest,
    reply: FastifyReply,
  ) => void;
  /** @throws AppError `too_many/rate_limited` */
  readonly checkActor: (request: FastifyRequest, reply: FastifyReply) => void;
}

export function createRateLimiter(limits: RateLimits, store: RateStore = createMemoryStore()): RateLimiter {
  const policies = describePolicies(limits);

  function check(name: keyof RateLimits, caller: string, reply: FastifyReply): void {
    const perMinute = limits[name];
    if (perMinute === 0) return;
    const { rate, policy } = policies[name];
    const taken = store.take(`${name}:${caller}`, rate, performance.now());
    const seconds = Math.ceil(taken.waitMs / 1_000);
    reply.header("ratelimit-policy", policy);
    reply.header("ratelimit", `"${name}";r=${taken.remaining};t=${seconds}`);
    if (taken.isAdmitted) return;
    throw new AppError("too_many", "rate_limited", {
      message: `more than ${perMinute} requests a minute`,
      limit: name,
      retryAfterSeconds: seconds,
    });
  }
  return {
    checkNetwork: (limit, request, reply) => check(limit, networkOf(request.ip), reply),
    checkActor: (request, reply) => {
      const { actor } = request;
      if (actor.keyId !== undefined) check("key", actor.keyId, reply);
      if (actsForAll(actor)) return check("staff", actor.id, reply);
      const isMoney = request.routeOptions.config.permission?.movesMoney === true;
      check(isMoney ? "money" : "user", actor.id, reply);
    },
  };
}

type Policies = Readonly<Record<keyof RateLimits, { readonly rate: Rate; readonly policy: string }>>;

function describePolicies(limits: RateLimits): Policies {
  const described = Object.entries(limits).map(([name, perMinute]) => {
    const rate = rateOf(perMinute);
    const { burst } = rate;
    return [name, { rate, policy: `"${name}";q=${burst};w=${Math.ceil((60 * burst) / perMinute)}` }];
  });
  return Object.fromEntries(described) as Policies;
}

function rateOf(perMinute: number): Rate {
  return { intervalMs: MINUTE_MS / perMinute, burst: Math.max(1, Math.ceil(perMinute / 2)) };
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** For a public route: the limit per network that applies to it. */
    limit?: "login";
  }
}
