// The order of the test files: the longest begin first, so that none of them is left alone at the end while the other
// worker has nothing to do. Vitest knows durations only where it ran before, which in CI it never did.
import { relative } from "node:path";
import { BaseSequencer, type TestSpecification, type Vitest } from "vitest/node";

/** Those of 20 seconds and more, the longest first. */
export const LONGEST: readonly string[] = [
  "server/tests/invariants/crash.test.ts",
  "server/tests/invariants/crash-sale.test.ts",
  "server/tests/flows/edge/hostile-input.test.ts",
  "server/tests/docs.test.ts",
  "server/src/cli/commands.test.ts",
  "server/src/runtime/embedded-postgres/crash.test.ts",
  "examples/online-retail/payments.test.ts",
  "examples/online-retail/replay.test.ts",
  "server/src/runtime/embedded-postgres/places.test.ts",
];

function rank(root: string, { moduleId }: TestSpecification): number {
  const place = LONGEST.indexOf(relative(root, moduleId));
  return place === -1 ? LONGEST.length : place;
}

/** Vitest calls it with `new`. All other files keep the order that vitest gives them. */
export function LongestFirst(context: Vitest) {
  const usual = new BaseSequencer(context);
  const { root } = context.config;
  return {
    shard: (files: TestSpecification[]) => usual.shard(files),
    sort: async (files: TestSpecification[]) =>
      (await usual.sort(files)).toSorted((a, b) => rank(root, a) - rank(root, b)),
  };
}
