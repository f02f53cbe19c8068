// The tests' settings. Real PostgreSQL in every test that touches a table; two files at a time, for two cores.
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import type { TestSequencerConstructor } from "vitest/node";
import { isLostTypeQuery } from "./server/src/runtime/pool.ts";
import { ciReporter, skippedReporter } from "./server/tests/ci-reporter.ts";
import { LongestFirst } from "./server/tests/longest-first.ts";

// Many tests start the program in a process of its own: compiled code is kept, as bin/countinghouse.mjs keeps it.
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "node_modules", ".cache", "countinghouse");

export default defineConfig({
  test: {
    include: ["server/**/*.test.ts", "library/**/*.test.ts", "bench/**/*.test.ts", "examples/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // Nothing of the program is kept outside what is opened and closed, so its code is loaded once, not once a file: a second
    // of processor time for each of them (measured: 21 s instead of 33 s for nine). What a file changes of the process
    // itself, such as the clock, it puts back.
    isolate: false,
    sequence: { sequencer: LongestFirst as unknown as TestSequencerConstructor },
    // Node runs TypeScript itself, as the program does: each file starts in a third of the time.
    experimental: { viteModuleRunner: false },
    // The program outlives this one (cli/run-cli.ts), and so does a test that runs it in its own process.
    onUnhandledError: (error) => !isLostTypeQuery(error),
    globalSetup: ["server/tests/global-setup.ts"],
    // In CI a skipped test is a failure: the machine has all that the tests need, or the run says what is missing.
    reporters: process.env["CI"] === undefined ? ["default", skippedReporter] : ["default", ciReporter],
  },
});
