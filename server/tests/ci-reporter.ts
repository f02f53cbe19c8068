// In CI: fails the run when a test was skipped, and ends with the one plain line of totals that the CI's reader knows.
import type { Reporter, TestModule } from "vitest/node";

/** What a run came to: tests by outcome, and files or groups that broke as a whole (counted as failed). */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

export function countTests(modules: readonly TestModule[]): Totals {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const results = tests.map((test) => ({
    name: `${test.module.relativeModuleId} > ${test.fullName}`,
    state: test.result().state,
  }));
  const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  const broken = suites.filter((suite) => suite.errors().length > 0).length;
  const failedTests = results.filter(({ state }) => state === "failed").length;
  return {
    passed: results.filter(({ state }) => state === "passed").length,
    failed: failedTests + broken,
    // "pending" is a test that never ran, as after a hook that failed.
    skipped: results
      .filter(({ state }) => state === "skipped" || state === "pending")
      .map(({ name }) => name),
  };
}

export function describeTotals({ passed, failed, skipped }: Totals): string[] {
  return [
    ...skipped.map((name) => `not run, which fails in CI: ${name}`),
    `${passed} passed, ${failed + skipped.length} failed`,
  ];
}

export const ciReporter: Reporter = {
  onTestRunEnd(modules, unhandled) {
    const totals = countTests(modules);
    const failed = totals.failed + (unhandled.length > 0 ? 1 : 0);
    for (const line of describeTotals({ ...totals, failed })) console.log(line);
    if (failed + totals.skipped.length > 0) process.exitCode = 1;
  },
};
