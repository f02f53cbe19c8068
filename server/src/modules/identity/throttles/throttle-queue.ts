// Counts attempts and takes them back in batches: those that arrive while one batch commits go together in the next. So the one
// row of a network that many people sign in from is locked once for all of them, and not by each in turn.
import type { Sql } from "../../../runtime/database.ts";
import { createGroupCommit, type GroupCommit } from "../../../runtime/group-commit.ts";
import { inPipelinedTransaction } from "../../../runtime/transaction.ts";
import { type Budget, countFailure, followClock, forgive, giveBack } from "./budget.ts";
import { lockThrottles, saveThrottles, type Throttle } from "./throttle-store.ts";

export interface ThrottleChange {
  readonly kind: "take" | "give_back" | "succeed";
  readonly counted: readonly Counted[];
}

interface Counted {
  readonly budget: Budget;
  /** In hexadecimal. */
  readonly key: string;
  /** For an attempt taken before: until when it makes the next one wait. */
  readonly openAtMs?: number;
}

export interface ThrottleOutcome {
  /** Above zero: the attempt was not counted and has to wait this long. */
  readonly waitMs: number;
  /** Whether this attempt makes the next one wait, if it fails. */
  readonly locks: boolean;
  /** For each budget, until when this attempt makes the next one wait. */
  readonly openAtMs: readonly number[];
}

export type ThrottleQueue = GroupCommit<ThrottleChange, ThrottleOutcome>;

const BATCH_MAX = 500;
const WAITING_MAX = 2_000;

export function openThrottleQueue(db: Sql, now: () => number): ThrottleQueue {
  return createGroupCommit<ThrottleChange, ThrottleOutcome>({
    commitBatch: (changes) =>
      inPipelinedTransaction(db, async (tx) => {
        const keys = new Set(changes.flatMap(({ counted }) => counted.map(({ key }) => key)));
        const throttles = await lockThrottles(tx, [...keys], new Date(now()));
        const { outcomes, changed } = decide(changes, throttles, now()); // now(): read after the wait for the rows
        return { outcome: outcomes, writes: changed.size === 0 ? [] : [saveThrottles(tx, changed)] };
      }),
    batchWeightMax: BATCH_MAX,
    queueWeightMax: WAITING_MAX,
  });
}

/** Decides in order of arrival. Adds to `throttles`, and returns which of them have changed. */
function decide(changes: readonly ThrottleChange[], throttles: Map<string, Throttle>, nowMs: number) {
  const changed = new Map<string, Throttle>();
  for (const [key, throttle] of throttles) {
    const followed = followClock(throttle, nowMs);
    if (followed === undefined) continue;
    throttles.set(key, followed);
    changed.set(key, followed);
  }
  const outcomes = changes.map(({ kind, counted }): ThrottleOutcome => {
    const openAtMs = Math.max(...counted.map(({ key }) => throttles.get(key)?.openAt.getTime() ?? 0));
    if (kind === "take" && openAtMs > nowMs) return { waitMs: openAtMs - nowMs, locks: false, openAtMs: [] };
    const after = counted.map((one) => {
      const throttle = change(throttles.get(one.key), one, { kind, nowMs });
      throttles.set(one.key, throttle);
      changed.set(one.key, throttle);
      return throttle.openAt.getTime();
    });
    return { waitMs: 0, locks: after.some((openAt) => openAt > nowMs), openAtMs: after };
  });
  return { outcomes, changed };
}

function change(
  throttle: Throttle | undefined,
  { budget, openAtMs = 0 }: Counted,
  { kind, nowMs }: { readonly kind: ThrottleChange["kind"]; readonly nowMs: number },
): Throttle {
  if (kind === "take") return countFailure(throttle, budget, nowMs);
  if (kind === "succeed" && !budget.isShared) return forgive(throttle, budget);
  return giveBack(throttle, openAtMs);
}
