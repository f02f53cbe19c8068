import { expect, it } from "vitest";
import { describeSkipped, describeTotals } from "./ci-reporter.ts";

const skipped = [
  { name: "a.test.ts > one", reason: "no Chromium" },
  { name: "a.test.ts > two", reason: "no Chromium" },
  { name: "b.test.ts > three", reason: "no second machine" },
  { name: "b.test.ts > four", reason: undefined },
];

it("says each reason why tests were left out, with their number", () => {
  expect(describeSkipped(skipped)).toEqual([
    "2 tests were left out: no Chromium",
    "1 test was left out: no second machine",
  ]);
});

it("counts what was left out as failed in CI, by name and reason", () => {
  const lines = describeTotals({ passed: 7, failed: 1, skipped });
  expect(lines[0]).toBe("not run, which fails in CI: a.test.ts > one (no Chromium)");
  expect(lines[3]).toBe("not run, which fails in CI: b.test.ts > four");
  expect(lines.at(-1)).toBe("7 passed, 5 failed");
});
