import { expect, it } from "vitest";
import { createMemoryStore } from "./rate-limit.ts";

const RATE = { intervalMs: 1_000, burst: 3 };

it("admits a burst, then one request per interval", () => {
  const store = createMemoryStore();
  const admitted = (nowMs: number) => store.take("ada", RATE, nowMs).isAdmitted;
  expect([0, 0, 0, 0].map(admitted)).toEqual([true, true, true, false]);
  expect([999, 1_000, 1_000, 2_000].map(admitted)).toEqual([false, true, false, true]);
  expect([9_000, 9_000, 9_000, 9_000].map(admitted)).toEqual([true, true, true, false]);
});

it("tells how many requests are left and how long to wait", () => {
  const store = createMemoryStore();
  expect(store.take("ada", RATE, 0)).toEqual({ isAdmitted: true, remaining: 2, waitMs: 1_000 });
  store.take("ada", RATE, 0);
  store.take("ada", RATE, 0);
  expect(store.take("ada", RATE, 400)).toEqual({ isAdmitted: false, remaining: 0, waitMs: 600 });
});

it("counts each caller for themself, and forgets callers once their time is past", () => {
  const store = createMemoryStore();
  let admitted = 0;
  for (let caller = 0; caller < 250_000; caller += 1)
    if (store.take(String(caller), RATE, caller * 10).isAdmitted) admitted += 1;
  expect(admitted).toBe(250_000);
});
