// Stamps taken ahead: each batch takes some for the one after it, which can then be decided, ids and all, before it reaches the
// database. They are used for a moment only, since an id is a time; a batch that finds none takes its stamps under its locks.
import type { StampsAhead } from "../ledger/index.ts";

export interface StampReserve {
  /** So many of those taken last; undefined where there are too few, or they were taken too long ago. */
  readonly take: (count: number) => StampsAhead | undefined;
  readonly keep: (stamps: StampsAhead) => void;
  readonly drop: () => void;
  /** How many to take for the batches after one of so many; none where enough are left and fresh. */
  readonly countAfter: (count: number) => number;
}

/** A transaction is dated by when its stamps were taken: this much before it was asked for at most. */
const AGE_MAX_MS = 50;
/** Batches grow while others commit. */
const GROWTH = 4;
/** For each lane a batch. */
const LEFT_MIN = 2;
const COUNT_MIN = 64;
/** At a hundred batches a second less than half of the microseconds that there are. */
const COUNT_MAX = 4_096;

/** @param now milliseconds of a clock that is never set back */
export function createStampReserve(now: () => number = () => performance.now()): StampReserve {
  let newest: (StampsAhead & { readonly keptAtMs: number }) | undefined;
  return {
    take: (count) => {
      if (newest === undefined || newest.count < count) return undefined;
      if (now() - newest.keptAtMs > AGE_MAX_MS) return undefined;
      const taken = { ...newest, count };
      newest = { ...newest, first: newest.first + count, count: newest.count - count };
      return taken;
    },
    keep: (stamps) => {
      // Two lanes may hear of theirs out of order; those taken earlier may lie before what an account has meanwhile.
      if (newest === undefined || stamps.first > newest.first) newest = { ...stamps, keptAtMs: now() };
    },
    drop: () => {
      newest = undefined;
    },
    countAfter: (count) => {
      if (
        newest !== undefined &&
        newest.count >= count * LEFT_MIN &&
        now() - newest.keptAtMs < AGE_MAX_MS / 2
      )
        return 0;
      return Math.min(Math.max(count * GROWTH, COUNT_MIN), COUNT_MAX);
    },
  };
}
