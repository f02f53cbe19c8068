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
