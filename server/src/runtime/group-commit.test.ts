import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../values/app-error.ts";
import { createGroupCommit, type GroupCommit, type GroupCommitOptions } from "./group-commit.ts";

type Options = GroupCommitOptions<number, number>;

interface Batch {
  readonly inputs: readonly number[];
  /** Commits it: every input is answered with ten times itself. */
  readonly commit: () => void;
  readonly fail: (error: unknown) => void;
}

/** A group whose batches wait until the test commits them. */
function openGroup(
  options: Partial<
    Pick<Options, "batchWeightMax" | "queueWeightMax" | "lanesMax" | "weigh" | "locksOf">
  > = {},
) {
  const batches: Batch[] = [];
  const begun: ((batch: Batch) => void)[] = [];
  const group = createGroupCommit<number, number>({
    batchWeightMax: 1_000,
    queueWeightMax: 1_000,
    ...options,
    commitBatch: (inputs) =>
      new Promise((resolve, reject) => {
        const batch = { inputs, commit: () => resolve(inputs.map((input) => input * 10)), fail: reject };
        const waiting = begun.shift();
        if (waiting === undefined) batches.push(batch);
        else waiting(batch);
      }),
  });
  const nextBatch = (): Promise<Batch> => {
    const batch = batches.shift();
    return batch === undefined ? new Promise((resolve) => begun.push(resolve)) : Promise.resolve(batch);
  };
  return { group, nextBatch };
}

function refusalOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

function submitAll(group: GroupCommit<number, number>, inputs: readonly number[]): Promise<number>[] {
  return inputs.map((input) => group.submit(input));
}

describe("group commit", () => {
  it("commits a lone input as a batch of one", async () => {
    const { group, nextBatch } = openGroup();
    const answer = group.submit(1);
    const batch = await nextBatch();
    expect(batch.inputs).toEqual([1]);
    batch.commit();
    expect(await answer).toBe(10);
  });

  it("takes all that wait together into the next batch, in the order of arrival", async () => {
    const { group, nextBatch } = openGroup();
    const first = group.submit(1);
    const running = await nextBatch();
    const others = submitAll(group, [2, 3, 4]);
    expect(group.waiting()).toBe(3);
    running.commit();
    await first;
    const batch = await nextBatch();
    expect(batch.inputs).toEqual([2, 3, 4]);
    batch.commit();
    expect(await Promise.all(others)).toEqual([20, 30, 40]);
    expect(group.waiting()).toBe(0);
  });

  it("takes inputs of one turn of the event loop together, also when it was idle", async () => {
    const { group, nextBatch } = openGroup();
    const answers = submitAll(group, [1, 2, 3]);
    const batch = await nextBatch();
    expect(batch.inputs).toEqual([1, 2, 3]);
    batch.commit();
    await Promise.all(answers);
  });

  it("does not begin a batch while another one commits on its only lane", async () => {
    const { group, nextBatch } = openGroup();
    const first = group.submit(1);
    const running = await nextBatch();
    const second = group.submit(2);
    let hasBegun = false;
    const next = nextBatch().then((batch) => {
      hasBegun = true;
      return batch;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasBegun).toBe(false);
    running.commit();
    (await next).commit();
    expect(await Promise.all([first, second])).toEqual([10, 20]);
  });

  it("opens a second lane for what comes while the first commits, and no third", async () => {
    const { group, nextBatch } = openGroup({ lanesMax: 2 });
    const first = group.submit(1);
    const running = await nextBatch();
    const second = group.submit(2);
    const beside = await nextBatch();
    expect([running.inputs, beside.inputs]).toEqual([[1], [2]]);
    const waiting = submitAll(group, [3, 4]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(group.waiting()).toBe(2);
    beside.commit();
    expect(await second).toBe(20);
    const next = await nextBatch();
    expect(next.inputs).toEqual([3, 4]);
    next.commit();
    running.commit();
    expect(await Promise.all([first, ...waiting])).toEqual([10, 30, 40]);
  });

  it("takes inputs of one turn of the event loop together also where two lanes are free", async () => {
    const { group, nextBatch } = openGroup({ lanesMax: 2 });
    const answers = submitAll(group, [1, 2, 3]);
    const batch = await nextBatch();
    expect(batch.inputs).toEqual([1, 2, 3]);
    batch.commit();
    await Promise.all(answers);
  });

  it("lets an input wait whose lock a batch under way has, and what shares one with that input, and takes the rest", async () => {
    const locks = [[], ["a"], ["a", "b"], ["b"], ["c"]];
    const { group, nextBatch } = openGroup({ lanesMax: 2, locksOf: (input) => locks[input] ?? [] });
    const first = group.submit(1);
    const running = await nextBatch();
    const others = submitAll(group, [2, 3, 4]);
    const beside = await nextBatch();
    expect([beside.inputs, group.waiting()]).toEqual([[4], 2]);
    beside.commit();
    expect(await others[2]).toBe(40);
    expect(group.waiting()).toBe(2);
    running.commit();
    const next = await nextBatch();
    expect(next.inputs).toEqual([2, 3]);
    next.commit();
    expect(await Promise.all([first, ...others])).toEqual([10, 20, 30, 40]);
  });

  it("looks once at what waits for a lock, not all the time until the lock is free", async () => {
    let looks = 0;
    const some = (test: (lock: string) => boolean) => {
      looks += 1;
      return test("a");
    };
    const locksOf = () => Object.assign(["a"], { some });
    const { group, nextBatch } = openGroup({ lanesMax: 2, locksOf });
    const first = group.submit(1);
    const running = await nextBatch();
    const second = group.submit(2);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(looks).toBe(2);
    for (const batch of [running, nextBatch()]) (await batch).commit();
    expect(await Promise.all([first, second])).toEqual([10, 20]);
  });

  it("frees the locks of a batch that failed", async () => {
    const { group, nextBatch } = openGroup({ lanesMax: 2, locksOf: () => ["a"] });
    const first = refusalOf(group.submit(1));
    const running = await nextBatch();
    const second = group.submit(2);
    running.fail(new Error("no"));
    expect(await first).toBeInstanceOf(Error);
    (await nextBatch()).commit();
    expect(await second).toBe(20);
  });

  it("never has two under way that share a lock, and keeps the order of those that do", async () => {
    const lock = fc.integer({ min: 0, max: 5 });
    const input = fc.record({ locks: fc.uniqueArray(lock, { maxLength: 3 }), ticks: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(fc.array(input, { minLength: 1, maxLength: 40 }), async (inputs) => {
        const underWay = new Set<number>();
        const lastOf = new Map<number, number>();
        const group = createGroupCommit<number, number>({
          batchWeightMax: 5,
          queueWeightMax: 10_000,
          lanesMax: 3,
          locksOf: (id) => inputs[id]?.locks ?? [],
          commitBatch: async (ids) => {
            const locks = new Set(ids.flatMap((id) => inputs[id]?.locks ?? []));
            expect(underWay.isDisjointFrom(locks)).toBe(true);
            for (const lock of locks) underWay.add(lock);
            for (const id of ids)
              for (const lock of inputs[id]?.locks ?? []) {
                expect(lastOf.get(lock) ?? -1).toBeLessThan(id);
                lastOf.set(lock, id);
              }
            for (let tick = inputs[ids[0] ?? 0]?.ticks ?? 0; tick > 0; tick -= 1)
              await new Promise((resolve) => setImmediate(resolve));
            for (const lock of locks) underWay.delete(lock);
            return ids;
          },
        });
        expect(await Promise.all(inputs.map((_, id) => group.submit(id)))).toEqual(inputs.map((_, id) => id));
      }),
      { numRuns: 200 },
    );
  });

  it("waits for every lane when it closes", async () => {
    const { group, nextBatch } = openGroup({ lanesMax: 2 });
    const first = group.submit(1);
    const running = await nextBatch();
    const second = group.submit(2);
    const beside = await nextBatch();
    let isClosed = false;
    const closed = group.close().then(() => {
      isClosed = true;
    });
    beside.commit();
    await second;
    expect(isClosed).toBe(false);
    running.commit();
    await closed;
    expect(await first).toBe(10);
  });

  it("carries at most the weight of a batch, and sends an input heavier than that alone", async () => {
    const { group, nextBatch } = openGroup({ batchWeightMax: 10, weigh: (weight) => weight });
    const answers = submitAll(group, [4, 6, 1, 25, 3, 3]);
    const sizes: (readonly number[])[] = [];
    for (let count = 0; count < 4; count += 1) {
      const batch = await nextBatch();
      sizes.push(batch.inputs);
      batch.commit();
    }
    expect(sizes).toEqual([[4, 6], [1], [25], [3, 3]]);
    expect(await Promise.all(answers)).toEqual([40, 60, 10, 250, 30, 30]);
  });

  it("refuses what the queue cannot hold and says when to try again", async () => {
    const { group, nextBatch } = openGroup({ queueWeightMax: 2 });
    const first = group.submit(1);
    const running = await nextBatch();
    const waiting = submitAll(group, [2, 3]);
    const refusal = await refusalOf(group.submit(4));
    expect(refusal).toMatchObject({
      kind: "unavailable",
      code: "queue_full",
      details: { retryAfterSeconds: 1 },
    });
    running.commit();
    const batch = await nextBatch();
    expect(batch.inputs).toEqual([2, 3]);
    const later = group.submit(5); // room again, as soon as the waiting ones were taken
    batch.commit();
    (await nextBatch()).commit();
    expect(await Promise.all([first, ...waiting, later])).toEqual([10, 20, 30, 50]);
  });

  it("accepts one input heavier than the whole queue when nothing waits, so that it can be served at all", async () => {
    const { group, nextBatch } = openGroup({
      queueWeightMax: 2,
      batchWeightMax: 2,
      weigh: (weight) => weight,
    });
    const answer = group.submit(50);
    expect(await refusalOf(group.submit(1))).toMatchObject({ code: "queue_full" });
    (await nextBatch()).commit();
    expect(await answer).toBe(500);
  });

  it("fails the inputs of a failed batch and no others", async () => {
    const { group, nextBatch } = openGroup();
    const first = group.submit(1);
    const running = await nextBatch();
    const doomed = submitAll(group, [2, 3]).map(refusalOf);
    running.commit();
    const batch = await nextBatch();
    const after = group.submit(4);
    const lost = new AppError("unavailable", "database_unavailable");
    batch.fail(lost);
    (await nextBatch()).commit();
    expect(await Promise.all(doomed)).toEqual([lost, lost]);
    expect(await Promise.all([first, after])).toEqual([10, 40]);
  });

  it("finds the one input at whose fault a batch failed, and commits all others", async () => {
    const fault = new Error("a constraint refused the write");
    const group = createGroupCommit<number, number>({
      batchWeightMax: 100,
      queueWeightMax: 100,
      commitBatch: async (inputs) => {
        if (inputs.includes(5)) throw fault;
        return inputs.map((input) => input * 10);
      },
    });
    const answers = await Promise.allSettled(submitAll(group, [1, 2, 3, 4, 5, 6, 7]));
    expect(answers.map((answer) => (answer.status === "fulfilled" ? answer.value : answer.reason))).toEqual([
      10,
      20,
      30,
      40,
      fault,
      60,
      70,
    ]);
  });

  it("fails a batch that was answered with too few outcomes instead of mixing them up", async () => {
    const group = createGroupCommit<number, number>({
      batchWeightMax: 10,
      queueWeightMax: 10,
      commitBatch: async () => [1],
    });
    const refusals = await Promise.all(submitAll(group, [1, 2]).map(refusalOf));
    expect(refusals.map(String)).toEqual(Array(2).fill("Error: a batch must return one outcome per input"));
  });

  it("commits what waits before it closes, and then refuses", async () => {
    const { group, nextBatch } = openGroup();
    const first = group.submit(1);
    const running = await nextBatch();
    const waiting = group.submit(2);
    let isClosed = false;
    const closed = group.close().then(() => {
      isClosed = true;
    });
    const refusal = await refusalOf(group.submit(3));
    expect(refusal).toBeInstanceOf(AppError);
    expect(refusal).toMatchObject({ kind: "unavailable", code: "shutting_down" });
    running.commit();
    const batch = await nextBatch();
    expect([batch.inputs, isClosed]).toEqual([[2], false]);
    batch.commit();
    await closed;
    expect(await Promise.all([first, waiting])).toEqual([10, 20]);
  });

  it("closes at once when it is idle", async () => {
    await openGroup().group.close();
  });

  it("begins again after it was idle", async () => {
    const { group, nextBatch } = openGroup();
    for (const input of [1, 2, 3]) {
      const answer = group.submit(input);
      (await nextBatch()).commit();
      expect(await answer).toBe(input * 10);
    }
  });

  it("tells after each batch how large it was and how many wait", async () => {
    const told: { inputs: number; waiting: number }[] = [];
    const group = createGroupCommit<number, number>({
      batchWeightMax: 2,
      queueWeightMax: 10,
      commitBatch: async (inputs) => [...inputs],
      onBatch: ({ inputs, waiting }) => told.push({ inputs, waiting }),
    });
    await Promise.all(submitAll(group, [1, 2, 3]));
    await group.close();
    expect(told).toEqual([
      { inputs: 2, waiting: 1 },
      { inputs: 1, waiting: 0 },
    ]);
  });

  it("answers every input exactly once with its own outcome, in the order of arrival, whatever their weights", async () => {
    const inputs = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(
        inputs,
        fc.integer({ min: 1, max: 15 }),
        fc.integer({ min: 1, max: 3 }),
        async (weights, batchWeightMax, lanesMax) => {
          const seen: number[] = [];
          const group = createGroupCommit<{ id: number; weight: number }, number>({
            batchWeightMax,
            lanesMax,
            queueWeightMax: 10_000,
            weigh: ({ weight }) => weight,
            commitBatch: async (batch) => {
              const weight = batch.reduce((sum, each) => sum + each.weight, 0);
              expect(batch.length === 1 || weight <= batchWeightMax).toBe(true);
              seen.push(...batch.map(({ id }) => id)); // batches begin in the order of arrival on any number of lanes
              return batch.map(({ id }) => id);
            },
          });
          const ids = weights.map((_, id) => id);
          const answers = await Promise.all(weights.map((weight, id) => group.submit({ id, weight })));
          expect(answers).toEqual(ids);
          expect(seen).toEqual(ids);
        },
      ),
      { numRuns: 200 },
    );
  });
});
