import { expect, it } from "vitest";
import { createCredit } from "./credit.ts";

function openCredit(commandsMax: number) {
  const served: number[] = [];
  const state = { isFull: false, isPaused: false };
  const credit = createCredit<number>({
    commandsMax,
    serve: (message) => served.push(message),
    isFull: () => state.isFull,
    pause: () => {
      state.isPaused = true;
    },
    resume: () => {
      state.isPaused = false;
    },
  });
  return { credit, served, state };
}

it("begins no more commands than it gives credit for, in the order in which they came, and reads on when there is room", () => {
  const { credit, served, state } = openCredit(2);
  for (const message of [1, 2, 3, 4]) credit.take(message);
  expect([served, state.isPaused, credit.underWay()]).toEqual([[1, 2], true, 2]);
  credit.giveBack();
  expect([served, state.isPaused]).toEqual([[1, 2, 3], true]);
  credit.giveBack();
  expect([served, state.isPaused]).toEqual([[1, 2, 3, 4], false]);
});

it("begins nothing while answers are left unread, and goes on when they were taken", () => {
  const { credit, served, state } = openCredit(8);
  credit.take(1);
  state.isFull = true;
  credit.take(2);
  expect([served, state.isPaused]).toEqual([[1], true]);
  credit.giveBack();
  expect(served).toEqual([1]);
  state.isFull = false;
  credit.look();
  expect([served, state.isPaused]).toEqual([[1, 2], false]);
});

it("is idle when all that came was answered", async () => {
  const { credit } = openCredit(1);
  await credit.whenIdle();
  credit.take(1);
  credit.take(2);
  let isIdle = false;
  const idle = credit.whenIdle().then(() => {
    isIdle = true;
  });
  credit.giveBack();
  await Promise.resolve();
  expect(isIdle).toBe(false);
  credit.giveBack();
  await idle;
});
