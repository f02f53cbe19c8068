import { expect, it } from "vitest";
import { createTurns } from "./turns.ts";

/** Work that ends when it is told to. */
function openWork() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { run: () => promise, resolve, reject };
}

it("lets so many run at once, the others in order of arrival, and refuses what does not fit", async () => {
  const turns = createTurns({ atOnce: 1, waitingMax: 2, refuse: () => new Error("full") });
  const [first, second, third] = [openWork(), openWork(), openWork()];
  const done: string[] = [];
  const all = [first, second, third].map((work) =>
    turns.run(work.run).then(
      (name) => done.push(name),
      (error: Error) => done.push(error.message),
    ),
  );
  await expect(turns.run(async () => "late")).rejects.toThrow("full");
  third.resolve("third");
  second.reject(new Error("second failed"));
  first.resolve("first");
  await Promise.all(all);
  expect(done).toEqual(["first", "second failed", "third"]);
  expect(turns.isIdle()).toBe(true);
});
