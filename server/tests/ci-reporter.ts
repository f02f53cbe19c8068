// What a run says of the tests that it left out: each reason with their number, and in CI a failure, before the one plain line
// of totals that the CI's reader knows.
import type { Reporter, TestCase, TestModule } from "vitest/node";

/** What a run came to: tests by outcome, and files or groups that broke as a whole (counted as failed). */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly Skipped[];
}

export interface Skipped {
  readonly name: string;
  /** As the test gave it to `skip`; undefined where it never ran, as after a hook that failed. */
  readonly reason: string | undefined;
}

export function countTests(modules: readonly TestModule[]): Totals {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  const broken = suites.filter((suite) => suite.errors().length > 0).length;
  const states = tests.map((test) => test.result().state);
  return {
    passed: states.filter((state) => state === "passed").length,
    failed: states.filter((state) => state === "failed").length + broken,
    skipped: tests.flatMap(readSkipped),
  };
}

function readSkipped(test: TestCase): Skipped[] {
  const result = test.result();
  if (result.state === "passed" || result.state === "failed") return [];
  const reason = result.state === "skipped" ? result.note : undefined;
  return [{ name: `${test.module.relativeModuleId} > ${test.fullName}`, reason }];
}

export function describeTotals({ passed, failed, skipped }: Totals): string[] {
  return [
    ...skipped.map(({ name, reason }) =>
      ["not run, which fails in CI: ", name, ...(reason === undefined ? [] : [` (${reason})`])].join(""),
    ),
    `${passed} passed, ${failed + skipped.length} failed`,
  ];
}

/** One line for each reason that was given. */
export function describeSkipped(skipped: readonly Skipped[]): string[] {
  const given = skipped.flatMap(({ reason }) => reason ?? []);
  return [...Map.groupBy(given, (reason) => reason)].map(
    ([reason, { length }]) => `${length === 1 ? "1 test was" : `${length} tests were`} left out: ${reason}`,
  );
}

/** In CI: fails the run when a test was skipped, and ends with the totals. */
export const ciReporter: Reporter = {
  onTestRunEnd(modules, unhandled) {
    const totals = countTests(modules);
    const failed = totals.failed + (unhandled.length > 0 ? 1 : 0);
    for (const line of describeTotals({ ...totals, failed })) console.log(line);
    if (failed + totals.skipped.length > 0) process.exitCode = 1;
  },
};

/** Elsewhere: says what was left out, and why. */
export const skippedReporter: Reporter = {
  onTestRunEnd(modules) {
    for (const line of describeSkipped(countTests(modules).skipped)) console.log(line);
  },
};
