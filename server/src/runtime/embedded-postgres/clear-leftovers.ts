// Before a server starts, nothing of an earlier one may be left: a server orphaned when our process was killed, children orphaned
// when the server was killed (they still hold its shared memory), pid files whose pid now belongs to another process.
//
// An orphaned server is stopped, not adopted: its log goes nowhere, its settings and version may be those of an earlier program,
// and a process can only wait for its own child. Nobody can be using it through us: we hold the lock of the directory.

import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isAlive } from "../is-alive.ts";
import { EmbeddedPostgresError } from "./error.ts";
import { findServers, readServerPid } from "./find-servers.ts";
import { poll } from "./poll.ts";
import type { ServerLog } from "./relay-log.ts";

/** SIGINT: roll back, write a checkpoint, end. SIGQUIT: end at once, recover at the next start. Both lose nothing. */
export const stopSteps = [
  { signal: "SIGINT", waitMs: 20_000 },
  { signal: "SIGQUIT", waitMs: 6_000 },
  { signal: "SIGKILL", waitMs: 6_000 },
] as const;

/** Call it only under the directory's lock and while no server of ours runs. */
export async function clearLeftovers(clusterDir: string, log: ServerLog): Promise<void> {
  await stopOrphans(clusterDir, log);
  await removeForeignPidFile(clusterDir, log);
  // A socket's lock file also names a pid that may be somebody else's by now, which would stop the start. It guards
  // nothing here: the folder is ours alone, and is guarded by the pid file and the shared memory.
  for (const name of await readdir(clusterDir)) {
    if (name.startsWith(".s.PGSQL.")) await rm(join(clusterDir, name), { force: true });
  }
}

async function stopOrphans(clusterDir: string, log: ServerLog): Promise<void> {
  for (const { signal, waitMs } of stopSteps) {
    const pids = await findServers(clusterDir);
    if (pids.length === 0) return;
    const server = await readServerPid(clusterDir);
    const isServerAlive = server !== undefined && pids.includes(server);
    // Without a server, nothing tells its children to end; recovery follows in any case.
    if (!isServerAlive && signal === "SIGINT") continue;
    log.warn({ pids, signal }, "stopping a PostgreSQL left over from an earlier run");
    for (const pid of isServerAlive && signal !== "SIGKILL" ? [server] : pids) sendSignal(pid, signal);
    if (await poll({ timeoutMs: waitMs, until: async () => (await findServers(clusterDir)).length === 0 }))
      return;
  }
  const pids = await findServers(clusterDir);
  if (pids.length === 0) return;
  throw new EmbeddedPostgresError(
    `PostgreSQL processes of an earlier run do not end (${pids.join(", ")}): end them, then start again`,
  );
}

/**
 * PostgreSQL refuses to start where the pid file names a living process of the same user. We have just checked that no living
 * process is a server on this folder. A file that names a dead pid stays, for PostgreSQL's own checks.
 */
async function removeForeignPidFile(clusterDir: string, log: ServerLog): Promise<void> {
  const pid = await readServerPid(clusterDir);
  if (pid === undefined || process.platform === "win32" || !isAlive(pid)) return;
  log.warn({ pid }, "the pid file of an earlier PostgreSQL names an unrelated process; removing the file");
  await rm(join(clusterDir, "postmaster.pid"), { force: true });
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // gone in the meantime
  }
}
