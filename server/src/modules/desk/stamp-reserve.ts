// Stamps taken ahead: each batch takes some for the batches after it, whose ids are then known before they reach the database.
// They are used only for a moment, since an id is a time. When none are left after a pause, a batch estimates the database's
// clock, chooses its own stamps by it, and claims them in the transaction that uses them.
import type { StampsAhead } from "../ledger/index.ts";

export interface StampReserve {
  /** This many of the stamps taken last; undefined where there are too few, or where they were taken too long ago. */
  readonly take: (count: number) => StampsAhead | undefined;
  /** Chooses more than so many, to be claimed; undefined where no clock was told yet. Only where no other batch is under way: it would come in between. */
  readonly choose: (count: number) => StampsAhead | undefined;
  readonly keep: (stamps: StampsAhead) => void;
  readonly drop: () => void;
  /** How many stamps to take for later batches after a batch of this size; none where enough are left and fresh. */
  readonly countAfter: (count: number) => number;
}

/** A transaction is dated by when its stamps were taken: at most this long before it was asked for. */
const AGE_MAX_MS = 50;
/** Allows for batches that grow while others commit. */
const GROWTH = 4;
/** One batch for each lane. */
const LEFT_MIN = 2;
const COUNT_MIN = 64;
/** At a hundred batches a second, this uses less than half of all microseconds. */
const COUNT_MAX = 4_096;

/** @param now milliseconds of a clock that is never set back */
export function createStampReserve(now: () => number = () => performance.now()): StampReserve {
  let newest: (StampsAhead & { readonly keptAtMs: number }) | undefined;
  const ageOf = (stamps: { readonly keptAtMs: number }) => now() - stamps.keptAtMs;

  function countAfter(count: number): number {
    if (newest !== undefined && newest.count >= count * LEFT_MIN && ageOf(newest) < AGE_MAX_MS / 2) return 0;
    return Math.min(Math.max(count * GROWTH, COUNT_MIN), COUNT_MAX);
  }

  return {
    take: (count) => {
      if (newest === undefined || newest.count < count || ageOf(newest) > AGE_MAX_MS) return undefined;
      const taken = { ...newest, count };
      newest = { ...newest, first: newest.first + count, count: newest.count - count };
      return taken;
    },
    choose: (count) => {
      if (newest === undefined) return undefined;
      const clock = newest.clock + Math.floor(ageOf(newest) * 1_000);
      const first = Math.max(clock, newest.first + newest.count);
      return { first, count: count + countAfter(count), settling: newest.settling, clock };
    },
    keep: (stamps) => {
      // Two lanes may receive their stamps out of order; the older ones may precede stamps that an account has by now.
      if (newest === undefined || stamps.first > newest.first) newest = { ...stamps, keptAtMs: now() };
    },
    drop: () => {
      newest = undefined;
    },
    countAfter,
  };
}
