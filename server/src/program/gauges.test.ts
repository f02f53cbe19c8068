import { expect, test } from "vitest";
import { atMostEvery } from "./gauges.ts";

test("asks once an interval, however often it is read", async () => {
  let nowMs = 0;
  let count = 0;
  const read = atMostEvery(
    60_000,
    async () => {
      count += 1;
      return count;
    },
    () => nowMs,
  );
  expect([await read(), await read()]).toEqual([1, 1]);
  nowMs = 59_999;
  expect(await read()).toBe(1);
  nowMs = 60_000;
  expect([await read(), await read()]).toEqual([2, 2]);
});

test("does not remember a failure", async () => {
  const answers = [Promise.reject(new Error("gone")), Promise.resolve(7)];
  const read = atMostEvery(
    60_000,
    () => answers.shift() ?? Promise.resolve(0),
    () => 0,
  );
  await expect(read()).rejects.toThrow("gone");
  expect(await read()).toBe(7);
});
