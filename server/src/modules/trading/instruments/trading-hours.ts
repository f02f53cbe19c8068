// Trading hours: when an instrument is open in its time zone, and when the day of an order for the day is over.
// A day has as many hours as its time zone gives it, and ends by the clock of that time zone.
import { parseStamp } from "../../../values/time.ts";
import type { Hours } from "./instrument.ts";

/** @param stamp microseconds since 1970 */
export function isWithinHours(hours: Hours, stamp: number): boolean {
  const { opensAt, closesAt, weekdays } = hours;
  if (opensAt === null || closesAt === null) return true;
  const local = localTime(hours, stamp);
  const minute = local.hour * 60 + local.minute;
  return (weekdays & (1 << (local.dayOfWeek - 1))) !== 0 && minute >= opensAt && minute < closesAt;
}

/**
 * The stamp at which an order for the day placed at `stamp` expires: when that day's session closes or, where the
 * instrument is always open or has closed already, the first moment of the next day there.
 */
export function endOfTradingDay(hours: Hours, stamp: number): number {
  const local = localTime(hours, stamp);
  const midnight = local.add({ days: 1 }).startOfDay();
  if (hours.closesAt === null) return stampOf(midnight);
  const [hour, minute] = [Math.floor(hours.closesAt / 60), hours.closesAt % 60];
  const closing = hour === 24 ? midnight : local.withPlainTime({ hour, minute });
  return stampOf(stampOf(closing) > stamp ? closing : midnight);
}

/** The first moment of the day that it is in that time zone; days of 23 and 25 hours begin at their own midnight too. */
export function startOfDay(hours: Pick<Hours, "timeZone">, stamp: number): number {
  return stampOf(localTime(hours, stamp).startOfDay());
}

function localTime({ timeZone }: Pick<Hours, "timeZone">, stamp: number): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(stamp / 1_000)).toZonedDateTimeISO(timeZone);
}

function stampOf(time: Temporal.ZonedDateTime): number {
  const stamp = parseStamp(time.toInstant().toString());
  if (stamp === undefined) throw new Error(`${time} is no time`);
  return stamp;
}
