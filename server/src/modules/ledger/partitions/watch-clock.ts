// Notices that the ledger has stamps in the future: the database's clock was ahead once and was set back. Nothing is lost; but
// what was booked then has a wrong date, and what was placed then ends late until `follow-clock.ts` moves it.
import type { Sql } from "../../../runtime/database.ts";
import type { Log } from "../../../runtime/log.ts";
import { selectClockLead } from "./clock-store.ts";

/** Corrections of the clock up to this are not reported. */
export const CLOCK_LEAD_MAX_SECONDS = 2;

/** By how many seconds the newest stamp lies in the future; 0 where the clock was never set back. */
export async function getClockLead(db: Sql): Promise<number> {
  return Math.max(0, (await selectClockLead(db)) / 1_000_000);
}

export interface ClockWatch {
  /** Checks, and warns when stamps have started to lie in the future; call it now and then. */
  readonly look: () => Promise<number>;
  /** What is wrong, in words. */
  readonly describe: () => readonly string[];
}

export function openClockWatch(db: Sql, log: Log): ClockWatch {
  let leadSeconds = 0;
  return {
    look: async () => {
      const before = leadSeconds;
      leadSeconds = await getClockLead(db);
      if (leadSeconds > CLOCK_LEAD_MAX_SECONDS && before <= CLOCK_LEAD_MAX_SECONDS)
        log.warn({ "ledger.clock_lead_seconds": Math.round(leadSeconds) }, describeLead(leadSeconds));
      return leadSeconds;
    },
    describe: () => (leadSeconds > CLOCK_LEAD_MAX_SECONDS ? [describeLead(leadSeconds)] : []),
  };
}

export function describeLead(seconds: number): string {
  return `the ledger has stamps ${Math.round(seconds)} s in the future: the database's clock was set back`;
}
