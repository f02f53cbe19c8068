// The schedule of upkeep: plain timers in every process, and a lease in the database, so that over all processes each
// task runs once per period, in one process at a time. A task may run twice where its process stalled: it must not mind.
import { randomUUID } from "node:crypto";
import type { Sql } from "../../runtime/database.ts";
import type { Log } from "../../runtime/log.ts";
import type { Task } from "../../runtime/task.ts";
import { startWorker, type Worker } from "../../runtime/worker.ts";
import { endLease, insertSchedule, leaseTask } from "./schedule-store.ts";

export interface ScheduleOptions {
  readonly db: Sql;
  readonly log: Log;
  readonly tasks: readonly Task[];
}

export interface Schedule {
  /** Lets running tasks end, starts no other. */
  readonly stop: () => Promise<void>;
}

/** A task that takes longer counts as dead, and another process may start it. */
const LEASE_SECONDS = 300;
/** How often at least a process looks whether a task is due, and how soon a failed one is tried again. */
const LOOK_SECONDS_MAX = 60;

/** Starts all tasks; each looks at once whether it is due. */
export function startSchedule(options: ScheduleOptions): Schedule {
  const workers = options.tasks.map((task) => repeat(task, options));
  return {
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}

function repeat(task: Task, { db, log }: ScheduleOptions): Worker {
  const restMs = Math.min(task.everySeconds, LOOK_SECONDS_MAX) * 1_000;
  return startWorker({
    pass: async (stopping) => {
      await runIfDue(task, { db, log }, stopping);
      return restMs;
    },
    onFailure: (error) => {
      log.warn({ err: error, task: task.name }, "upkeep waits: the database could not be reached");
      return restMs;
    },
  });
}

/**
 * Runs the task if it is due and no process runs it. Its failure is logged and kept in the schedule, not thrown.
 * Returns whether it ran.
 */
export async function runIfDue(
  task: Task,
  { db, log }: Pick<ScheduleOptions, "db" | "log">,
  stopping: AbortSignal = new AbortController().signal,
): Promise<boolean> {
  const { name, everySeconds } = task;
  const leaseId = randomUUID();
  await insertSchedule(db, name);
  if (!(await leaseTask(db, { name, leaseId, seconds: LEASE_SECONDS, everySeconds }))) return false;
  const error = await runLogged(task, log, stopping);
  const nextRunSeconds = error === null ? everySeconds : Math.min(everySeconds, LOOK_SECONDS_MAX);
  await endLease(db, { name, leaseId, nextRunSeconds, error });
  return true;
}

async function runLogged(task: Task, log: Log, stopping: AbortSignal): Promise<string | null> {
  const startedAt = performance.now();
  try {
    const result = await task.run(stopping);
    const elapsedMs = Math.round(performance.now() - startedAt);
    log.debug({ task: task.name, result, "event.duration_ms": elapsedMs }, "upkeep done");
    return null;
  } catch (error) {
    log.warn({ err: error, task: task.name }, "upkeep failed and is tried again");
    return String(error instanceof Error ? error.message : error).slice(0, 1_000);
  }
}
