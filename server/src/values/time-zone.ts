// Days of a time zone, such as the shop's: when each begins, and how far its clocks are from UTC. A day may have 23 or 25 hours,
// or begin at one o'clock; the runtime knows all of that (Temporal).
import { parseStamp } from "./time.ts";

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A name of the IANA database, such as "Europe/Berlin" or "UTC"; an offset is not accepted. */
export function isTimeZone(name: string): boolean {
  if (!/^[a-z]/i.test(name)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

/** The stamp at which a day begins in the zone; undefined where the text is not a day, or the month has no such day. */
export function startOfDay(text: string, timeZone: string): number | undefined {
  return beginningOf(text, { timeZone, daysLater: 0 });
}

/** The stamp at which the day ends, not included: the next day begins there. */
export function endOfDay(text: string, timeZone: string): number | undefined {
  return beginningOf(text, { timeZone, daysLater: 1 });
}

function beginningOf(
  text: string,
  { timeZone, daysLater: days }: { timeZone: string; daysLater: number },
): number | undefined {
  if (!DAY.test(text) || parseStamp(text) === undefined) return undefined;
  const day = Temporal.PlainDate.from(text).add({ days });
  return parseStamp(day.toZonedDateTime(timeZone).toInstant().toString());
}

/** From this stamp on, the zone's clocks are this far ahead of UTC, in microseconds. */
export interface ZoneOffset {
  readonly since: number;
  readonly offset: number;
}

/** The zone's offsets from one stamp to another, oldest first; the first one is the offset at `from`. */
export function findOffsets(
  timeZone: string,
  { from, to }: { readonly from: number; readonly to: number },
): readonly ZoneOffset[] {
  const offsets: ZoneOffset[] = [];
  const ms = Math.floor(from / 1_000);
  let at: Temporal.ZonedDateTime | null =
    Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone);
  while (at !== null && at.epochMilliseconds * 1_000 < to) {
    offsets.push({ since: at.epochMilliseconds * 1_000, offset: at.offsetNanoseconds / 1_000 });
    at = at.getTimeZoneTransition("next");
  }
  return offsets;
}
