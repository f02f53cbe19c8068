// Holds that were placed while the database's clock was ahead would end too late once it is set right. Their end is moved once,
// by the time that the clock was set back.
import type { Sql } from "../../../runtime/database.ts";
import { inTransaction } from "../../../runtime/transaction.ts";
import { selectSeenClock, updateHoldEnds, updateSeenClock } from "./clock-store.ts";
import { CLOCK_LEAD_MAX_SECONDS } from "./watch-clock.ts";

const LEAD_MAX = CLOCK_LEAD_MAX_SECONDS * 1_000_000;

/**
 * Checks the clock; call it now and then. Returns how many holds were moved. A hold was certainly placed by the wrong clock if
 * its stamp lies in the future and was taken before the last check; holds placed in the seconds since then keep their end. Locks
 * the accounts of the holds it moves.
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
