// The tests' settings. Real PostgreSQL in every test that touches a table; two files at a time, for two cores.
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { isLostTypeQuery } from "./server/src/runtime/pool.ts";
import { ciReporter } from "./server/tests/ci-reporter.ts";

// Each test file is a process that loads the program anew, and many tests start it again: compiled code is kept, as
// bin/countinghouse.mjs keeps it.
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "node_modules", ".cache", "countinghouse");

export default defineConfig({
  test: {
    include: ["server/**/*.test.ts", "bench/**/*.test.ts", "examples/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // Node runs TypeScript itself, as the program does: each file starts in a third of the time.
    experimental: { viteModuleRunner: false },
    // The program outlives this one (cli/run-cli.ts), and so does a test that runs it in its own process.
    onUnhandledError: (error) => !isLostTypeQuery(error),
    globalSetup: ["server/tests/global-setup.ts"],
    // In CI a skipped test is a failure: the machine has all that the tests need, or the run says what is missing.
    reporters: process.env["CI"] === undefined ? ["default"] : ["default", ciReporter],
  },
});
