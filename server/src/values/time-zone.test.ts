import { describe, expect, it } from "vitest";
import { formatStamp, parseStamp } from "./time.ts";
import { endOfDay, findOffsets, isTimeZone, startOfDay } from "./time-zone.ts";

const write = (stamp: number | undefined) => stamp && formatStamp(stamp).slice(0, 16);
const day = (text: string, zone: string) => [startOfDay(text, zone), endOfDay(text, zone)].map(write);

describe("F6-18: days of the shop's time zone", () => {
  it("knows the IANA database, and no offsets", () => {
    for (const name of ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Calcutta", "Etc/GMT+5"])
      expect(isTimeZone(name), name).toBe(true);
    for (const name of ["", "+01:00", "Berlin", "Europe/Atlantis", "constructor", "UTC+1", "Europe/Berlin "])
      expect(isTimeZone(name), name).toBe(false);
  });

  it("begins and ends days where the zone does: of 23, 24 and 25 hours, and those that begin at one", () => {
    expect(day("2026-03-28", "Europe/Berlin")).toEqual(["2026-03-27T23:00", "2026-03-28T23:00"]);
    expect(day("2026-03-29", "Europe/Berlin")).toEqual(["2026-03-28T23:00", "2026-03-29T22:00"]);
    expect(day("2026-10-25", "Europe/Berlin")).toEqual(["2026-10-24T22:00", "2026-10-25T23:00"]);
    expect(day("2026-12-31", "America/New_York")).toEqual(["2026-12-31T05:00", "2027-01-01T05:00"]);
    expect(day("2018-11-04", "America/Sao_Paulo")).toEqual(["2018-11-04T03:00", "2018-11-05T02:00"]);
    expect(day("2026-11-21", "Asia/Kathmandu")).toEqual(["2026-11-20T18:15", "2026-11-21T18:15"]);
    expect(day("2024-02-29", "UTC")).toEqual(["2024-02-29T00:00", "2024-03-01T00:00"]);
  });

  it("reads days alone", () => {
    for (const text of ["2026-02-30", "2026-11-21T00:00:00Z", "2026-1-1", "today", "", "0000-01-01"])
      expect(day(text, "Europe/Berlin")).toEqual([undefined, undefined]);
    expect(day("0001-01-01", "Europe/Berlin")[0]).toBeUndefined(); // the year 0 in UTC
    expect(day("9999-12-31", "UTC")[1]).toBeUndefined();
  });

  it("tells how far the clocks are from UTC, from one moment to another", () => {
    const span = { from: parseStamp("2026-03-01") ?? 0, to: parseStamp("2026-12-01") ?? 0 };
    const told = findOffsets("Europe/Berlin", span).map(({ since, offset }) => [
      write(since),
      offset / 3.6e9,
    ]);
    expect(told).toEqual([
      ["2026-03-01T00:00", 1],
      ["2026-03-29T01:00", 2],
      ["2026-10-25T01:00", 1],
    ]);
    expect(findOffsets("UTC", span)).toEqual([{ since: span.from, offset: 0 }]);
  });
});
