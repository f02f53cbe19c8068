// Writes a few refusals of each caller a minute and counts the rest; the count is written when the minute is over.
import type { SecurityRecord } from "../trail.ts";

export interface RefusalBudget {
  /** Resolves when the record is written; at once where it is only counted. */
  readonly write: (record: SecurityRecord, budget: { key: string; perMinute: number }) => Promise<void>;
  /** Writes the counts. */
  readonly close: () => Promise<void>;
}

interface Minute {
  readonly startedAtMs: number;
  written: number;
  held: number;
  /** The last record that was held back: the count is written with it. */
  last: SecurityRecord | undefined;
}

const MINUTE_MS = 60_000;
/** How many callers are told apart; the others share one budget, so that using many addresses at once gains nothing. */
const CALLERS_MAX = 500;
const OTHERS = "others";

export function createRefusalBudget(
  write: (record: SecurityRecord) => Promise<void>,
  now: () => number = () => performance.now(),
): RefusalBudget {
  const minutes = new Map<string, Minute>();

  async function writeCounts(before: number): Promise<void> {
    for (const [key, { startedAtMs, held, last }] of minutes) {
      if (startedAtMs > before) continue;
      minutes.delete(key);
      if (last !== undefined) await write({ ...last, details: { ...last.details, count: held } });
    }
  }

  const timer = setInterval(() => void writeCounts(now() - MINUTE_MS), MINUTE_MS);
  timer.unref();
  return {
    write: async (record, { key, perMinute }) => {
      const known = minutes.get(key);
      if (known !== undefined && known.startedAtMs + MINUTE_MS <= now()) await writeCounts(known.startedAtMs);
      const own = minutes.has(key) || minutes.size < CALLERS_MAX ? key : OTHERS;
      const minute = minutes.get(own) ?? { startedAtMs: now(), written: 0, held: 0, last: undefined };
      minutes.set(own, minute);
      if (minute.written < perMinute) {
        minute.written += 1;
        return write(record);
      }
      minute.held += 1;
      minute.last = record;
    },
    close: async () => {
      clearInterval(timer);
      await writeCounts(now());
    },
  };
}
