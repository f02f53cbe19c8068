import { expect, it } from "vitest";
import { formatStamp, parseStamp } from "./time.ts";

it("keeps microseconds through writing and reading", () => {
  const stamp = 1_795_251_600_123_456;
  expect(formatStamp(stamp)).toBe("2026-11-21T09:00:00.123456Z");
  expect(parseStamp("2026-11-21T09:00:00.123456Z")).toBe(stamp);
  expect(parseStamp("2026-11-21T10:00:00.123456+01:00")).toBe(stamp);
});

it("takes a date alone as its first moment and refuses anything else", () => {
  expect(parseStamp("2026-11-21")).toBe(Date.UTC(2026, 10, 21) * 1000);
  for (const bad of ["yesterday", "2026-13-01", "2026-11-21T09:00:00", "2026-11-21T09:00:00.Z", "1"]) {
    expect(parseStamp(bad)).toBeUndefined();
  }
});

it("refuses days and hours that do not exist, and years that PostgreSQL has no text for", () => {
  for (const bad of ["2026-02-30", "2026-11-31T09:00:00Z", "2025-02-29", "2026-11-21T24:00:00Z"])
    expect(parseStamp(bad)).toBeUndefined();
  for (const bad of ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
    expect(parseStamp(bad)).toBeUndefined();
  expect(parseStamp("2024-02-29")).toBe(Date.UTC(2024, 1, 29) * 1000);
  expect(parseStamp("0001-01-01")).toBe(-62_135_596_800_000_000);
  const last = parseStamp("9999-12-31T23:59:59.999999999Z") ?? 0;
  expect(new Date(last / 1000).toISOString()).toBe("9999-12-31T23:59:59.999Z");
  expect(formatStamp(last)).toMatch(/^9999-12-31T23:59:59\.999\d{3}Z$/);
});
