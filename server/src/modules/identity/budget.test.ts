import { expect, it } from "vitest";
import { accountBudget, delayAfter } from "./budget.ts";

it("lets a few failures pass, then doubles the wait up to a quarter of an hour", () => {
  const budget = accountBudget("ada");
  expect([1, 4, 5, 6, 7, 30, 3_000].map((failures) => delayAfter(failures, budget))).toEqual([
    0, 0, 1_000, 2_000, 4_000, 900_000, 900_000,
  ]);
});
