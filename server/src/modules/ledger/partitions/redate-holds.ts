// Holds that were placed while the database's clock ran ahead would end as much too late once it is set right: their end is moved
// by what it was set back, once.
import type { Sql } from "../../../runtime/database.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { selectSeenClock, updateHoldEnds, updateSeenClock } from "./clock-store.ts";
import { CLOCK_LEAD_MAX_SECONDS } from "./watch-clock.ts";

const LEAD_MAX = CLOCK_LEAD_MAX_SECONDS * 1_000_000;

/**
 * Looks at the clock, to be called now and then; returns how many holds were moved. Certainly placed by the wrong clock is what has a
 * stamp of the future that was taken before the last look; what was placed in the seconds since then ends when it says. Locks the
 * accounts of what it moves.
 */
export function redateHolds(db: Sql): Promise<number> {
  return inTransaction(db, async (tx) => {
    const { last, now } = await selectSeenClock(tx);
    await updateSeenClock(tx, now);
    const microseconds = now.lead - last.lead;
    if (microseconds <= LEAD_MAX) return 0;
    return updateHoldEnds(tx, { after: now.at + LEAD_MAX, until: last.stamp, microseconds, at: now.at });
  });
}
