import { expect, it } from "vitest";
import { shareReads } from "./shared-read.ts";

/** A read that ends when it is told to. */
function openReads() {
  const reads: PromiseWithResolvers<number>[] = [];
  const ask = shareReads(() => {
    const read = Promise.withResolvers<number>();
    reads.push(read);
    return read.promise;
  });
  /** Until a read that could begin has begun. */
  const settled = async () => {
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  };
  return { reads, ask, settled };
}

it("is one read for all who ask at once, and another for all who ask while it is under way", async () => {
  const { reads, ask, settled } = openReads();
  const first = [ask(), ask()];
  await settled();
  const second = [ask(), ask(), ask()];
  await settled();
  expect(reads).toHaveLength(1);
  reads[0]?.resolve(1);
  expect(await Promise.all(first)).toEqual([1, 1]);
  await settled();
  expect(reads).toHaveLength(2);
  reads[1]?.resolve(2);
  expect(await Promise.all(second)).toEqual([2, 2, 2]);
});

it("waits for all who ask in the same turn of the event loop, however they come to it", async () => {
  const { reads, ask, settled } = openReads();
  const asked = [ask(), Promise.resolve().then(ask), new Promise(process.nextTick).then(ask)];
  await settled();
  reads[0]?.resolve(1);
  expect(await Promise.all(asked)).toEqual([1, 1, 1]);
  await settled();
  expect(reads).toHaveLength(1);
});

it("fails for those alone who shared the read that failed", async () => {
  const { reads, ask, settled } = openReads();
  const first = [ask(), ask()];
  await settled();
  const second = ask();
  reads[0]?.reject(new Error("lost"));
  expect(await Promise.allSettled(first)).toMatchObject([{ status: "rejected" }, { status: "rejected" }]);
  await settled();
  reads[1]?.resolve(2);
  expect(await second).toBe(2);
});
