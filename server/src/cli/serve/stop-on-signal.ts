// How `serve` ends: by a signal, by the end of its launcher, or because nobody reads what it writes any more.
import type { App } from "../../program/start-app.ts";
import type { Log } from "../../runtime/log.ts";

export interface StopOptions {
  readonly log: Log;
  /** Takes away the notes that a server runs. */
  readonly forget: () => void;
  readonly timeoutMs: number;
}

/** Ended later than so long after the time of the requests, it is ended by force. */
const GRACE_MS = 5_000;

export function stopOnSignal(app: App, { log, forget, timeoutMs }: StopOptions): void {
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "stopping");
    setTimeout(() => process.exit(1), timeoutMs + GRACE_MS).unref();
    app.stop().then(
      () => {
        forget();
        process.exit(0);
      },
      (error: unknown) => {
        log.error({ err: error }, "did not stop cleanly");
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop(signal));
  // Under a Node that could not become this one, a launcher waits for us: killed, it takes us along.
  if (process.channel !== undefined) process.once("disconnect", () => stop("end of the launcher"));
  // `serve 2>&1 | head`: what a pipe's other end does to any program, but with the requests under way answered.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => stop("end of the reader"));
}
