// Where the database's clock ran ahead and is set right, what was reckoned from it meanwhile would end too late: holds, unpaid orders,
// sessions, next tries. All of these are moved once, by the time that the clock was set back.
import type { ClockSetBack, SetTimesBack } from "../../../runtime/clock-times-store.ts";
import type { Sql } from "../../../runtime/database.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { type SeenClock, selectSeenClock, updateHoldEnds, updateSeenClock } from "./clock-store.ts";
import { CLOCK_LEAD_MAX_SECONDS } from "./watch-clock.ts";

const LEAD_MAX = CLOCK_LEAD_MAX_SECONDS * 1_000_000;

/**
 * Checks the clock; call it now and then. Returns how many holds and other rows were moved. A row was certainly written by the wrong
 * clock if it lies in the future and was written before the last check; what was written in the seconds since then keeps its end.
 * Locks the accounts of the holds it moves, and then the other rows.
 */
export function followClock(db: Sql, others: readonly SetTimesBack[] = []): Promise<number> {
  return inTransaction(db, async (tx) => {
    const { last, now } = await selectSeenClock(tx);
    await updateSeenClock(tx, now);
    const back = findSetBack(last, now);
    if (back === undefined) return 0;
    let count = await updateHoldEnds(tx, back);
    for (const setTimesBack of others) count += await setTimesBack(tx, back);
    return count;
  });
}

/**
 * Stamps run ahead by more than at the last check where some were taken by the wrong clock; where none were, the clock itself says
 * less than it said then. Undefined: it was not set back.
 */
export function findSetBack(last: SeenClock, now: SeenClock): ClockSetBack | undefined {
  const ofStamps = now.lead - last.lead;
  const ofClock = last.at - now.at;
  const microseconds = ofStamps > LEAD_MAX ? ofStamps : ofClock;
  if (microseconds <= LEAD_MAX) return undefined;
  return { at: now.at, microseconds, after: now.at + LEAD_MAX, until: last.stamp };
}
