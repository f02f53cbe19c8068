// How `serve` ends: by a signal, by the end of its launcher, or because the reader of its output has gone. A start
// under way is finished first, so that no PostgreSQL of ours is left behind.
import type { App } from "../../program/start-app.ts";
import type { Log } from "../../runtime/log.ts";

export interface StopOptions {
  readonly log: Log;
  readonly timeoutMs: number;
  /** A start under way has nothing to clean up, but may wait for long: it is simply abandoned. */
  readonly isStartLeft: boolean;
}

/** If stopping takes this much longer than the time of the requests, the process is ended by force. */
const GRACE_MS = 5_000;

/**
 * @param starting the program, with a function that removes the notes about it
 * @returns whether it is ending: then nothing is said about a start any more
 */
export function stopOnSignal(
  starting: Promise<{ readonly app: App; readonly forget: () => void }>,
  { log, timeoutMs, isStartLeft }: StopOptions,
): () => boolean {
  let isStarted = false;
  let isStopping = false;
  starting.then(
    () => {
      isStarted = true;
    },
    () => process.channel?.unref(), // the caller reports the error; the channel must not keep this process alive
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
  // If Node could not replace the launcher by this process, the launcher waits for us: if it is killed, we end too.
  if (process.channel !== undefined) process.once("disconnect", () => stop("end of the launcher"));
  // `serve 2>&1 | head`: ends as any program does when a pipe's reader has gone, but answers the requests under way first.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => stop("end of the reader"));
  return () => isStopping;
}
