// The trader's plan, and what must come of it: the file's days played through in memory, in whole cents, by rules of its own. What the
// server answers is held against this.
import type { Day } from "./read-prices.ts";

export const KINDS = [
  "market buys",
  "limit buys",
  "stop-loss sells",
  "take-profit sells",
  "trailing-stop sells",
] as const;
export type Kind = (typeof KINDS)[number];

/** Cents and shares. */
export interface Figures {
  readonly fills: number;
  readonly shares: number;
  readonly cents: number;
  readonly fees: number;
}

export interface Outcome {
  readonly kinds: Readonly<Record<Kind, Figures>>;
  readonly expired: number;
  readonly cancelled: number;
  readonly open: number;
  /** Cents. */
  readonly cash: number;
  readonly shares: number;
}

export const CASH_AT_FIRST = 1_000_000_000;

/** What a day's orders are: decided by its number and its open. */
export interface DayPlan {
  readonly pair: { readonly shares: number; readonly stop: number; readonly limit: number } | undefined;
  readonly dayLimit: { readonly shares: number; readonly limit: number } | undefined;
  readonly trailing: { readonly shares: number; readonly percent: number } | undefined;
}

export function planDay(index: number, open: number): DayPlan {
  const pair = { shares: 100, stop: Math.floor((open * 92) / 100), limit: Math.ceil((open * 110) / 100) };
  const dayLimit = { shares: 50, limit: Math.floor((open * 97) / 100) };
  return {
    pair: index % 5 === 0 ? pair : undefined,
    dayLimit: index % 7 === 0 ? dayLimit : undefined,
    trailing: index % 11 === 0 ? { shares: 20, percent: 5 } : undefined,
  };
}

interface Open {
  readonly pairs: { readonly shares: number; readonly stop: number; readonly limit: number }[];
  readonly limits: { readonly shares: number; readonly limit: number }[];
  readonly trails: { readonly shares: number; high: number }[];
}

export function playThrough(days: readonly Day[]): Outcome {
  const kinds = Object.fromEntries(
    KINDS.map((kind) => [kind, { fills: 0, shares: 0, cents: 0, fees: 0 }]),
  ) as Record<Kind, { fills: number; shares: number; cents: number; fees: number }>;
  let [cash, shares, expired, cancelled] = [CASH_AT_FIRST, 0, 0, 0];
  let open: Open = { pairs: [], limits: [], trails: [] };
  const fill = (kind: Kind, count: number, price: number) => {
    const [cents, figures] = [count * price, kinds[kind]];
    const fee = Math.floor((cents + 500) / 1_000);
    const sign = kind.endsWith("buys") ? 1 : -1;
    kinds[kind] = {
      fills: figures.fills + 1,
      shares: figures.shares + count,
      cents: figures.cents + cents,
      fees: figures.fees + fee,
    };
    cash -= sign * cents + fee;
    shares += sign * count;
  };
  const meet = (price: number) => {
    const next: Open = { pairs: [], limits: [], trails: [] };
    for (const pair of open.pairs) {
      const isReached = price <= pair.stop || price >= pair.limit;
      if (!isReached) next.pairs.push(pair);
      else {
        fill(price <= pair.stop ? "stop-loss sells" : "take-profit sells", pair.shares, price);
        cancelled += 1;
      }
    }
    for (const limit of open.limits)
      if (price <= limit.limit) fill("limit buys", limit.shares, price);
      else next.limits.push(limit);
    for (const trail of open.trails) {
      trail.high = Math.max(trail.high, price);
      if (price <= Math.floor((trail.high * 95) / 100)) fill("trailing-stop sells", trail.shares, price);
      else next.trails.push(trail);
    }
    open = next;
  };
  for (const [index, { quotes }] of days.entries()) {
    const [first, ...rest] = quotes;
    meet(first);
    const { pair, dayLimit, trailing } = planDay(index, first);
    if (pair !== undefined) {
      fill("market buys", pair.shares, first);
      open.pairs.push(pair);
    }
    if (dayLimit !== undefined) open.limits.push(dayLimit);
    if (trailing !== undefined) {
      fill("market buys", trailing.shares, first);
      open.trails.push({ shares: trailing.shares, high: first });
    }
    for (const quote of rest) meet(quote);
    expired += open.limits.length;
    open = { ...open, limits: [] };
  }
  const left = open.pairs.length * 2 + open.trails.length;
  return { kinds, expired, cancelled, open: left, cash, shares };
}
