import { expect, it } from "vitest";
import { readShares } from "./budget.ts";

const frame = (functionName: string, url: string) => ({ callFrame: { functionName, url } });
const PROFILE = {
  startTime: 1_000,
  nodes: [
    { id: 1, ...frame("(root)", ""), children: [2, 3, 4, 7] },
    { id: 2, ...frame("(idle)", "") },
    { id: 3, ...frame("(garbage collector)", "") },
    { id: 4, ...frame("flush", "file:///x/server/src/runtime/batch-driver/exchange.ts"), children: [5] },
    { id: 5, ...frame("write", "node:net"), children: [6] },
    { id: 6, ...frame("writeBuffer", "") },
    { id: 7, ...frame("processTicksAndRejections", "node:internal/process/task_queues") },
  ],
  samples: [6, 2, 3, 6, 7, 6],
  timeDeltas: [100, 100, 100, 100, 100, 100],
};

it("gives a sample to the innermost of our functions, counts no idle time, and nothing outside of the slice", () => {
  const shares = readShares(PROFILE, { from: 1_150, until: 1_550 });
  expect(shares).toEqual(
    new Map([
      ["garbage collection", 1 / 3],
      ["driver", 1 / 3],
      ["Node itself", 1 / 3],
    ]),
  );
});
