// How `serve` ends: by a signal, by the end of its launcher, or because nobody reads what it writes any more. Whenever that
// comes: a start under way is finished first, so that no PostgreSQL of ours is left behind.
import type { App } from "../../program/start-app.ts";
import type { Log } from "../../runtime/log.ts";

export interface StopOptions {
  readonly log: Log;
  readonly timeoutMs: number;
  /** A start under way has nothing that must be ended, and may wait for long: it is just left. */
  readonly isStartLeft: boolean;
}

/** Ended later than so long after the time of the requests, it is ended by force. */
const GRACE_MS = 5_000;

/** @param starting the program, with what takes away the notes that it runs */
export function stopOnSignal(
  starting: Promise<{ readonly app: App; readonly forget: () => void }>,
  { log, timeoutMs, isStartLeft }: StopOptions,
): void {
  let isStarted = false;
  let isStopping = false;
  starting.then(
    () => {
      isStarted = true;
    },
    () => process.channel?.unref(), // told by who waits for it; a launcher must not keep us
  );
  const stop = (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, "stopping");
    if (!isStarted && isStartLeft) process.exit(0);
    setTimeout(() => process.exit(1), timeoutMs + GRACE_MS).unref();
    starting
      .then(async ({ app, forget }) => {
        await app.stop();
        forget();
        process.exit(0);
      })
      .catch((error: unknown) => {
        if (isStarted) log.error({ err: error }, "did not stop cleanly");
        process.exit(1);
      });
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop(signal));
  // Under a Node that could not become this one, a launcher waits for us: killed, it takes us along.
  if (process.channel !== undefined) process.once("disconnect", () => stop("end of the launcher"));
  // `serve 2>&1 | head`: what a pipe's other end does to any program, but with the requests under way answered.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => stop("end of the reader"));
}
