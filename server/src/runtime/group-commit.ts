// Group commit: commands that arrive while batches commit wait in a queue and then go as one batch. There is no timer: an idle
// system runs batches of one with the latency of one; a busy system gets large batches and pays one commit for all.
//
// A lane commits one batch at a time. Two lanes overlap: while PostgreSQL writes one batch, this process decides the next. An
// input that needs a lock of a batch under way waits here until that batch is through. If it were taken along, its whole batch
// would wait at that lock, and lanes would only take turns. So lanes change speed, never outcomes.
//
// Alternative tried: a timer of 1-5 ms adds its length to every lone request and gains nothing under load, where the queue
// fills by itself.
import { AppError } from "../values/app-error.ts";

export interface GroupCommitOptions<Input, Outcome> {
  /**
   * Commits a batch and returns one outcome per input, in order. May throw an AppError, which every input gets; any other error
   * promises that nothing was written, and the inputs are tried again to find the one at fault.
   */
  readonly commitBatch: (inputs: readonly Input[]) => Promise<readonly Outcome[]>;
  /** The most weight that one batch carries; a heavier input goes alone. */
  readonly batchWeightMax: number;
  /** The most weight that may wait; beyond it `submit` refuses. */
  readonly queueWeightMax: number;
  /** How many batches may be under way at once. Default 1. */
  readonly lanesMax?: number;
  /** What an input weighs, for instance its number of transfers. Default 1. */
  readonly weigh?: (input: Input) => number;
  /** The locks of an input. Two that share a lock are never under way in two lanes, and keep their order. Default: none. */
  readonly locksOf?: (input: Input) => readonly LockKey[];
  readonly onBatch?: (batch: { inputs: number; durationMs: number; waiting: number }) => void;
}

export interface GroupCommit<Input, Outcome> {
  /**
   * Queues one input; resolves with its own outcome after the commit that holds it.
   * @throws AppError `unavailable/queue_full` (with retryAfterSeconds) when the queue is full, `unavailable/shutting_down`
   * after `close`, and whatever `commitBatch` threw for the batch.
   */
  readonly submit: (input: Input) => Promise<Outcome>;
  readonly waiting: () => number;
  /** Refuses new inputs, commits what is queued, and resolves when all is done. */
  readonly close: () => Promise<void>;
}

export type LockKey = number | string;

/** A lane that finds this many inputs waiting for locks stops looking: every arrival makes it look again. */
const PASSED_OVER_MAX = 1_000;

interface Waiting<Input, Outcome> {
  readonly input: Input;
  readonly weight: number;
  readonly locks: readonly LockKey[];
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

export function createGroupCommit<Input, Outcome>(
  options: GroupCommitOptions<Input, Outcome>,
): GroupCommit<Input, Outcome> {
  const { lanesMax = 1, weigh = () => 1, locksOf = () => [] } = options;
  const queue = createQueue<Input, Outcome>(options);
  const lanes = new Set<Promise<void>>();
  let gathering = false;
  let closed = false;
  /** The last batch had one input: a client that sends one at a time need not wait for company. */
  let isLone = false;

  function submit(input: Input): Promise<Outcome> {
    if (closed) return Promise.reject(new AppError("unavailable", "shutting_down", { retryAfterSeconds: 1 }));
    const weight = weigh(input);
    if (!queue.hasRoomFor(weight)) return Promise.reject(queueFull());
    return new Promise((resolve, reject) => {
      queue.add({ input, weight, locks: locksOf(input), resolve, reject });
      openLane();
    });
  }

  /** Opens a lane if one is free, there may be inputs for it, and no other lane is about to take them. */
  function openLane(): void {
    if (!queue.mayHaveBatch() || gathering || lanes.size >= lanesMax) return;
    const lane = drain().finally(() => {
      lanes.delete(lane);
      openLane(); // for inputs that came between the lane's last look and its end
    });
    lanes.add(lane);
  }

  async function drain(): Promise<void> {
    // First wait for one turn of the event loop: requests read from sockets in the same turn then share the first batch. For a
    // single sender that turn would cost a tenth of the time that its command takes.
    gathering = true;
    await (isLone && lanes.size === 0 ? undefined : new Promise((resolve) => setImmediate(resolve)));
    gathering = false;
    for (let batch = queue.takeBatch(); batch.length > 0; batch = queue.takeBatch()) {
      isLone = batch.length === 1;
      openLane(); // for inputs that did not fit into this batch
      const startedAt = performance.now();
      await settle(batch, options.commitBatch);
      queue.release(batch);
      const durationMs = performance.now() - startedAt;
      options.onBatch?.({ inputs: batch.length, durationMs, waiting: queue.length() });
    }
  }

  async function close(): Promise<void> {
    closed = true;
    while (lanes.size > 0) await Promise.all(lanes);
  }

  return { submit, waiting: queue.length, close };
}

/**
 * Commits a batch and gives each input its own outcome. If a batch fails and the reason is not known to be temporary, nothing was
 * written: its halves are tried separately, until the one input at fault fails alone.
 */
async function settle<Input, Outcome>(
  batch: readonly Waiting<Input, Outcome>[],
  commitBatch: GroupCommitOptions<Input, Outcome>["commitBatch"],
): Promise<void> {
  try {
    const outcomes = await commitBatch(batch.map((waiting) => waiting.input));
    if (outcomes.length !== batch.length) throw new OutcomesMissingError();
    for (const [index, waiting] of batch.entries()) waiting.resolve(outcomes[index] as Outcome);
  } catch (error) {
    if (batch.length > 1 && wroteNothing(error)) {
      const middle = Math.ceil(batch.length / 2);
      await settle(batch.slice(0, middle), commitBatch);
      await settle(batch.slice(middle), commitBatch);
    } else for (const waiting of batch) waiting.reject(error);
  }
}

/** An AppError means that the whole batch has to be sent again later, perhaps because its outcome is not known. */
function wroteNothing(error: unknown): boolean {
  return !(error instanceof AppError) && !(error instanceof OutcomesMissingError);
}

class OutcomesMissingError extends Error {
  constructor() {
    super("a batch must return one outcome per input");
  }
}

/**
 * The waiting inputs, in order of arrival and limited by weight, and the locks of the batches under way. An empty queue accepts
 * any single input, however heavy.
 */
function createQueue<Input, Outcome>(limits: { batchWeightMax: number; queueWeightMax: number }) {
  let entries: Waiting<Input, Outcome>[] = [];
  let weight = 0;
  const locked = new Set<LockKey>();
  /** Whether a look may find more than the last one: an input arrived, locks were released, or the last batch was full. */
  let isLookWorthwhile = false;

  /** Takes the oldest inputs that need no lock of a batch under way or of an older waiting input. There may be none. */
  function takeBatch(): Waiting<Input, Outcome>[] {
    const batch: Waiting<Input, Outcome>[] = [];
    const passedOver: Waiting<Input, Outcome>[] = [];
    const awaited = new Set<LockKey>();
    let taken = 0;
    let looked = 0;
    let isFull = false;
    for (const waiting of entries) {
      if (passedOver.length >= PASSED_OVER_MAX) break;
      if (waiting.locks.some((lock) => locked.has(lock) || awaited.has(lock))) {
        passedOver.push(waiting);
        for (const lock of waiting.locks) awaited.add(lock);
      } else {
        isFull = batch.length > 0 && taken + waiting.weight > limits.batchWeightMax;
        if (isFull) break;
        batch.push(waiting);
        taken += waiting.weight;
      }
      looked += 1;
    }
    entries = [...passedOver, ...entries.slice(looked)];
    weight -= taken;
    for (const { locks } of batch) for (const lock of locks) locked.add(lock);
    isLookWorthwhile = isFull;
    return batch;
  }

  return {
    length: () => entries.length,
    hasRoomFor: (more: number) => entries.length === 0 || weight + more <= limits.queueWeightMax,
    add: (waiting: Waiting<Input, Outcome>) => {
      entries.push(waiting);
      weight += waiting.weight;
      isLookWorthwhile = true;
    },
    takeBatch,
    mayHaveBatch: () => entries.length > 0 && isLookWorthwhile,
    /** Call it when a batch is through; no other batch shares its locks. */
    release: (batch: readonly Waiting<Input, Outcome>[]) => {
      for (const { locks } of batch) for (const lock of locks) locked.delete(lock);
      isLookWorthwhile = true;
    },
  };
}

function queueFull(): AppError {
  return new AppError("unavailable", "queue_full", {
    message: "more requests are waiting than can be served; try again",
    retryAfterSeconds: 1,
  });
}
