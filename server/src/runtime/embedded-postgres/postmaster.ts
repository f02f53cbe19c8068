// One run of the PostgreSQL server as our child process, from its start to its end, whatever ends it.

import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { clearLeftovers, stopSteps } from "./clear-leftovers.ts";
import { EmbeddedPostgresError } from "./error.ts";
import type { Cluster } from "./open-cluster.ts";
import { settlesWithin } from "./poll.ts";
import { type RelayedLog, relayLog, type ServerLog } from "./relay-log.ts";
import { programEnvironment, runProgram } from "./run-program.ts";

export interface Postmaster {
  readonly cluster: Cluster;
  readonly child: ChildProcess;
  readonly output: RelayedLog;
  /** Resolves when the server is gone, with how it ended; never rejects. */
  readonly ended: Promise<string>;
}

// Recovery after a crash reads at most max_wal_size of WAL or a little more; this is enough for slow disks.
const readyWithinMs = 10 * 60_000;
const readyIntervalMs = 15;
/** Its last output may arrive after the news of its end; orphaned children may keep the pipe open for longer. */
const drainWithinMs = 500;

/**
 * `detached`, so that Ctrl-C in a terminal reaches only us: otherwise it would end the server while we are still finishing
 * requests.
 */
export function launchPostmaster(cluster: Cluster, args: readonly string[], log: ServerLog): Postmaster {
  const child = spawn(cluster.binaries.postgres, args, {
    ...cluster.user.ids,
    ...programEnvironment,
    cwd: cluster.dir,
    detached: process.platform !== "win32",
    stdio: ["ignore", "ignore", "pipe"],
    windowsHide: true,
  });
  const output = relayLog(child.stderr, log);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message)); // not started at all
    // Not "close": orphaned children of a killed server keep its standard error open.
    child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  return { cluster, child, output, ended: watchOver(child, cluster, ended) };
}

/** Rejects with the server's own reason where the server ends before it is ready. */
export async function waitUntilReady({ cluster, child, output, ended }: Postmaster): Promise<void> {
  let end: string | undefined;
  void ended.then((how) => {
    end = how;
  });
  const deadlineMs = performance.now() + readyWithinMs;
  while (!(await saysReady(cluster.dir, child.pid))) {
    if (end !== undefined) {
      await settlesWithin(output.drained, drainWithinMs);
      throw new EmbeddedPostgresError(`PostgreSQL could not start (${end}): ${output.lastComplaint()}`);
    }
    if (performance.now() > deadlineMs) {
      throw new EmbeddedPostgresError(
        `PostgreSQL was not ready after ${readyWithinMs / 60_000} minutes: see the log`,
      );
    }
    await delay(readyIntervalMs);
  }
}

/** Ends the server and everything it started, gently first. Does nothing where it is gone already. */
export async function endPostmaster({ cluster, child, ended }: Postmaster, log: ServerLog): Promise<void> {
  for (const { signal, waitMs } of stopSteps) {
    if (process.platform === "win32" && signal === "SIGINT") await stopOnWindows(cluster);
    else if (!(await settlesWithin(ended, 0))) child.kill(signal);
    if (await settlesWithin(ended, waitMs)) break;
    log.warn({ signal, waitMs }, "PostgreSQL does not end; insisting");
  }
  await clearLeftovers(cluster.dir, log);
}

/** Windows has no signals; `kill` there always kills at once. Written from the manual, not tried. */
async function stopOnWindows({ address, binaries, dir, user }: Cluster): Promise<void> {
  await runProgram(binaries.pgCtl, ["stop", "-D", address, "-m", "fast"], { user, cwd: dir });
}

/** The server keeps its state in the eighth line of its pid file. */
async function saysReady(clusterDir: string, pid: number | undefined): Promise<boolean> {
  const lines = (await readFile(join(clusterDir, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  return Number(lines[0]) === pid && lines[7]?.trim() === "ready";
}

/**
 * A shell that waits for the end of its input, a pipe that only we hold: however we are killed, it then asks the server to stop.
 * This is only a courtesy, so that no server is left running for nobody: where the shell cannot be started or is killed too, the
 * next start does the same. Settles when server and shell are gone.
 */
function watchOver(child: ChildProcess, cluster: Cluster, ended: Promise<string>): Promise<string> {
  if (process.platform === "win32" || child.pid === undefined) return ended;
  const watcher = spawn("/bin/sh", ["-c", 'read -r line; kill -INT "$1"', "sh", String(child.pid)], {
    ...cluster.user.ids,
    ...programEnvironment,
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const gone = new Promise<void>((resolve) => {
    watcher.once("error", () => resolve());
    watcher.once("exit", () => resolve());
  });
  watcher.stdin?.on("error", () => undefined);
  return ended.then(async (how) => {
    watcher.kill("SIGKILL");
    await gone;
    return how;
  });
}
