import { expect, it } from "vitest";
import {
  countFailure,
  delayAfter,
  followClock,
  forgive,
  giveBack,
  loginBudget,
  networkBudget,
} from "./budget.ts";
import type { Throttle } from "./throttle-store.ts";

it("lets a few failures pass, then doubles the wait up to a quarter of an hour", () => {
  const budget = loginBudget("ada");
  expect([1, 4, 5, 6, 7, 30, 3_000].map((failures) => delayAfter(failures, budget))).toEqual([
    0, 0, 1_000, 2_000, 4_000, 900_000, 900_000,
  ]);
});

it("V6.3.1 a network's failures are not forgotten because somebody on it signs in", () => {
  const budget = networkBudget("203.0.113.7");
  let throttle: Throttle | undefined;
  let nowMs = 0;
  const isWaiting = () => (throttle?.openAt.getTime() ?? 0) > nowMs;
  const fail = () => {
    nowMs += 10;
    throttle = countFailure(throttle, budget, nowMs);
  };
  const succeed = () => {
    fail();
    throttle = giveBack(throttle, throttle?.openAt.getTime() ?? 0);
  };
  for (let index = 0; index < 48; index += 1) fail();
  succeed();
  expect(throttle).toMatchObject({ failures: 48 });
  fail();
  succeed(); // the fiftieth, whose wait it takes back
  expect(isWaiting()).toBe(false);
  fail();
  expect(isWaiting()).toBe(true);
  const meanwhile = throttle?.openAt;
  throttle = giveBack(throttle, 0); // of an attempt before it
  expect(throttle.openAt).toEqual(meanwhile);
});

it("a network's failures go one by one, so that a busy office does not wait for good, nor an attack be forgotten at once", () => {
  const budget = networkBudget("203.0.113.7");
  let throttle: Throttle | undefined;
  for (let index = 0; index < 200; index += 1) throttle = countFailure(throttle, budget, 0);
  expect(throttle?.failures).toBe(60);
  for (let nowMs = 30_000; nowMs <= 720_000; nowMs += 30_000) {
    throttle = countFailure(throttle, budget, nowMs);
    throttle = giveBack(throttle, throttle.openAt.getTime());
  }
  expect(throttle?.failures).toBeLessThanOrEqual(50);
  expect(throttle?.failures).toBeGreaterThan(45);
});

it("few failures of one account are forgiven, many are not", () => {
  const budget = loginBudget("ada");
  const after = (failures: number) =>
    forgive({ failures, lastAt: new Date(0), openAt: new Date(9) }, budget).failures;
  expect([3, 5, 6, 40].map(after)).toEqual([0, 0, 5, 39]);
});

it("F6-36 a clock set back makes nobody wait longer than they had to", () => {
  const budget = loginBudget("ada");
  const hourMs = 3_600_000;
  let throttle: Throttle | undefined;
  for (let failure = 0; failure < 6; failure += 1) throttle = countFailure(throttle, budget, 2 * hourMs);
  if (throttle === undefined) throw new Error("nothing was counted");
  const followed = followClock(throttle, hourMs);
  expect(followed).toEqual({
    failures: 6,
    lastAt: new Date(hourMs),
    openAt: new Date(hourMs + delayAfter(6, budget)),
  });
  expect(followClock(throttle, 2 * hourMs - 1_000)).toBeUndefined(); // another machine's clock
});
