// The schedule of upkeep: plain timers in every process, and a lease in the database, so that each task runs once per period
// in only one of all processes. A task may run twice if its process stalls, so running twice must do no harm.
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
  /** Waits for running tasks to end, and starts no others. */
  readonly stop: () => Promise<void>;
}

/** A task that takes longer than this counts as dead, and another process may start it. */
const LEASE_SECONDS = 300;
/** A process checks at least this often whether a task is due; a failed task is retried after this time. */
const LOOK_SECONDS_MAX = 60;

/** Failures already reported, so that each is reported once and not every minute. */
interface Told {
  /** The database could not be reached. */
  isOutage: boolean;
}

/** Starts all tasks; each checks at once whether it is due. */
export function startSchedule(options: ScheduleOptions): Schedule {
  const told: Told = { isOutage: false };
  const workers = options.tasks.map((task) => repeat(task, options, told));
  return {
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}

function repeat(task: Task, { db, log }: ScheduleOptions, told: Told): Worker {
  const restMs = Math.min(task.everySeconds, LOOK_SECONDS_MAX) * 1_000;
  const failure = { message: null };
  return startWorker({
    pass: async (stopping) => {
      await runIfDue(task, { db, log, failure }, stopping);
      if (told.isOutage) log.info("upkeep goes on");
      told.isOutage = false;
      return restMs;
    },
    onFailure: (error) => {
      const level = told.isOutage ? "trace" : "warn";
      log[level]({ err: error, task: task.name }, "upkeep waits: the database could not be reached");
      told.isOutage = true;
      return restMs;
    },
  });
}

/** The failure of the task's last run in this process; null where it succeeded. */
interface LastFailure {
  message: string | null;
}

/**
 * Runs the task if it is due and no process runs it. A failure is not thrown: it is logged (unless it is the same as last time)
 * and kept in the schedule. Returns whether the task ran.
 */
export async function runIfDue(
  task: Task,
  { db, log, failure = { message: null } }: Pick<ScheduleOptions, "db" | "log"> & { failure?: LastFailure },
  stopping: AbortSignal = new AbortController().signal,
): Promise<boolean> {
  const { name, everySeconds } = task;
  const leaseId = randomUUID();
  await insertSchedule(db, name);
  if (!(await leaseTask(db, { name, leaseId, seconds: LEASE_SECONDS, everySeconds }))) return false;
  const error = await runLogged(task, { log, failure }, stopping);
  failure.message = error;
  const nextRunSeconds = error === null ? everySeconds : Math.min(everySeconds, LOOK_SECONDS_MAX);
  await endLease(db, { name, leaseId, nextRunSeconds, error });
  return true;
}

async function runLogged(
  task: Task,
  { log, failure }: { readonly log: Log; readonly failure: LastFailure },
  stopping: AbortSignal,
): Promise<string | null> {
  const startedAt = performance.now();
  try {
    const result = await task.run(stopping);
    const elapsedMs = Math.round(performance.now() - startedAt);
    log.trace({ task: task.name, result, "event.duration_ms": elapsedMs }, "upkeep done");
    if (failure.message !== null) log.info({ task: task.name }, "upkeep works again");
    return null;
  } catch (error) {
    const message = String(error instanceof Error ? error.message : error).slice(0, 1_000);
    const level = message === failure.message ? "trace" : "warn";
    log[level]({ err: error, task: task.name }, "upkeep failed and is tried again");
    return message;
  }
}
