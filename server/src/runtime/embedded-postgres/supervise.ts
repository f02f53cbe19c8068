// Keeps a PostgreSQL server running: when it ends unexpectedly, another is started on the same port, after a pause that grows
// while starts keep failing. Connection pools only notice a short interruption.

import { setTimeout as delay } from "node:timers/promises";
import { clearLeftovers } from "./clear-leftovers.ts";
import { EmbeddedPostgresError } from "./error.ts";
import type { Cluster } from "./open-cluster.ts";
import { endPostmaster, launchPostmaster, type Postmaster, waitUntilReady } from "./postmaster.ts";
import type { ServerLog } from "./relay-log.ts";

export interface SuperviseOptions {
  readonly cluster: Cluster;
  readonly args: readonly string[];
  readonly log: ServerLog;
  readonly onGaveUp?: ((error: Error) => void) | undefined;
  /** The first pause before a restart; it doubles with each attempt. */
  readonly pauseMinMs?: number | undefined;
}

export interface Supervised {
  /** Ends server and supervision; a second call waits for the first. */
  stop(): Promise<void>;
}

interface Run {
  current: Postmaster;
  readonly stopping: AbortController;
}

const defaultPauseMinMs = 200;
const pauseMaxMs = 10_000;
/** How many starts in a row may fail to get ready; about half a minute. A start that gets ready resets the count. */
const failureCountMax = 8;

/** Throws, leaving no process, where the first start fails: it is not retried, because something must be repaired. */
export async function supervise(options: SuperviseOptions): Promise<Supervised> {
  const { cluster, log } = options;
  await clearLeftovers(cluster.dir, log);
  const first = launchPostmaster(cluster, options.args, log);
  await becomeReady(first, log);
  const run: Run = { current: first, stopping: new AbortController() };
  const watching = keepRunning(run, options);
  let stopped: Promise<void> | undefined;
  return {
    stop() {
      run.stopping.abort();
      stopped ??= endPostmaster(run.current, log).finally(() => watching);
      return stopped;
    },
  };
}

async function keepRunning(run: Run, options: SuperviseOptions): Promise<void> {
  const { log, onGaveUp } = options;
  while (!run.stopping.signal.aborted) {
    const end = await run.current.ended;
    if (run.stopping.signal.aborted) return;
    log.warn({ reason: end }, "PostgreSQL ended unexpectedly; starting it again");
    const failure = await startAgain(run, options);
    if (failure === undefined) continue;
    log.error({ "error.message": failure.message }, "PostgreSQL does not start any more; giving up");
    onGaveUp?.(failure);
    return;
  }
}

/** Returns undefined when the server is ready or supervision is being stopped, otherwise why the last attempt failed. */
async function startAgain(run: Run, options: SuperviseOptions): Promise<Error | undefined> {
  const { cluster, args, log, pauseMinMs = defaultPauseMinMs } = options;
  const { signal } = run.stopping;
  let failure: Error | undefined;
  for (let failureCount = 0; failureCount < failureCountMax; failureCount++) {
    const pauseMs = Math.min(pauseMinMs * 2 ** failureCount, pauseMaxMs);
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    try {
      await clearLeftovers(cluster.dir, log);
      if (signal.aborted) return undefined; // nothing is awaited from here to the launch, so stop() sees the new one
      run.current = launchPostmaster(cluster, args, log);
      await becomeReady(run.current, log);
      log.info({ pid: run.current.child.pid }, "PostgreSQL is running again");
      return undefined;
    } catch (error) {
      if (signal.aborted) return undefined;
      failure = error instanceof Error ? error : new EmbeddedPostgresError(String(error));
      log.warn(
        { "error.message": failure.message, failureCount: failureCount + 1 },
        "PostgreSQL did not start",
      );
    }
  }
  return failure;
}

async function becomeReady(postmaster: Postmaster, log: ServerLog): Promise<void> {
  try {
    await waitUntilReady(postmaster);
  } catch (error) {
    await endPostmaster(postmaster, log);
    throw error;
  }
}
