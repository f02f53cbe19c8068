import { expect, it } from "vitest";
import { parseStamp } from "../../../values/time.ts";
import type { Hours } from "./instrument.ts";
import { endOfTradingDay, isWithinHours } from "./trading-hours.ts";

const at = (text: string) => parseStamp(text) ?? 0;
const NEW_YORK: Hours = { timeZone: "America/New_York", opensAt: 570, closesAt: 960, weekdays: 0b001_1111 };
const ALWAYS: Hours = { ...NEW_YORK, opensAt: null, closesAt: null };

it("T24 a day ends when the clock there says so, also on days of 23 and 25 hours", () => {
  // clocks go forward on 2026-03-08 and back on 2026-11-01
  expect(endOfTradingDay(ALWAYS, at("2026-03-08T06:00:00Z"))).toBe(at("2026-03-09T04:00:00Z"));
  expect(endOfTradingDay(ALWAYS, at("2026-11-01T05:00:00Z"))).toBe(at("2026-11-02T05:00:00Z"));
  const late: Hours = { ...NEW_YORK, closesAt: 1_440 };
  for (const day of ["2026-03-08T12:00:00Z", "2026-11-01T12:00:00Z", "2026-07-01T12:00:00Z"])
    expect(endOfTradingDay(late, at(day))).toBe(endOfTradingDay(ALWAYS, at(day)));
  expect(endOfTradingDay(NEW_YORK, at("2026-03-06T15:00:00Z"))).toBe(at("2026-03-06T21:00:00Z"));
  expect(endOfTradingDay(NEW_YORK, at("2026-03-09T15:00:00Z"))).toBe(at("2026-03-09T20:00:00Z"));
});

it("is open by the clock of its time zone, the closing not included, on its days", () => {
  expect(isWithinHours(NEW_YORK, at("2026-03-06T14:29:59Z"))).toBe(false);
  expect(isWithinHours(NEW_YORK, at("2026-03-06T14:30:00Z"))).toBe(true);
  expect(isWithinHours(NEW_YORK, at("2026-03-06T20:59:59Z"))).toBe(true);
  expect(isWithinHours(NEW_YORK, at("2026-03-06T21:00:00Z"))).toBe(false);
  expect(isWithinHours(NEW_YORK, at("2026-03-09T13:30:00Z"))).toBe(true); // an hour earlier in UTC
  expect(isWithinHours(NEW_YORK, at("2026-03-07T15:00:00Z"))).toBe(false); // Saturday
  expect(isWithinHours(ALWAYS, at("2026-03-07T03:00:00Z"))).toBe(true);
});
