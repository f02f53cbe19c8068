import { expect, it } from "vitest";
import { startWorker } from "./worker.ts";

const LONG_MS = 600_000;

/** A worker whose passes end as `ends` says, in turn; `reached(n)` resolves when pass n begins. */
function start(ends: readonly (() => number)[], paceMs = 0) {
  const begun = ends.map(() => Promise.withResolvers<void>());
  const failures: unknown[] = [];
  let passes = 0;
  const worker = startWorker({
    paceMs,
    pass: async () => {
      const turn = passes;
      passes += 1;
      begun[turn]?.resolve();
      return ends[turn]?.() ?? LONG_MS;
    },
    onFailure: (error) => {
      failures.push(error);
      return 0;
    },
  });
  return { worker, failures, reached: (pass: number) => begun[pass - 1]?.promise, count: () => passes };
}

const rests = (ms: number) => () => ms;

it("goes on at once while there is more, and rests until it is woken", async () => {
  const { worker, reached, count } = start([rests(0), rests(LONG_MS), rests(LONG_MS)]);
  await reached(2);
  worker.wake();
  await reached(3);
  await worker.stop();
  expect(count()).toBe(3);
});

it("a wake during a pass leaves out the rest after it", async () => {
  let wake = () => {};
  const wakes = () => {
    wake();
    return LONG_MS;
  };
  const running = start([rests(LONG_MS), wakes, rests(LONG_MS)]);
  wake = running.worker.wake;
  await running.reached(1);
  running.worker.wake();
  await running.reached(3);
  await running.worker.stop();
});

it("a failed pass is told, and comes again after its rest", async () => {
  const failing = () => {
    throw new Error("no database");
  };
  const { worker, reached, failures } = start([failing, rests(LONG_MS)]);
  await reached(2);
  await worker.stop();
  expect(failures).toEqual([new Error("no database")]);
});

it("stops in the middle of a rest, lets a pass under way end, and does not tell that it was cut short", async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const failures: unknown[] = [];
  const worker = startWorker({
    pass: (stopping) =>
      new Promise((_resolve, reject) => {
        begin();
        stopping.addEventListener("abort", () => reject(stopping.reason));
      }),
    onFailure: (error) => failures.push(error),
  });
  await begun;
  await worker.stop();
  expect(failures).toEqual([]);
  const resting = start([rests(LONG_MS)], LONG_MS);
  await resting.reached(1);
  await resting.worker.stop();
  expect(resting.count()).toBe(1);
});
