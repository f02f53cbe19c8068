// Finds the server that another process of ours runs on the same data directory, so that a command of the command line can use it
// while `serve` holds the directory's lock. Only reads: takes no lock and changes nothing.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EmbeddedPostgresError } from "./error.ts";
import { findServers } from "./find-servers.ts";
import { adminRole } from "./open-cluster.ts";
import { passwordFile, readPassword } from "./password.ts";
import { databaseName } from "./start.ts";

/** PostgreSQL's pid file, by line: pid, folder, start, port, socket's folder, address, shared memory, state. */
const portLine = 3;
const stateLine = 7;

/**
 * Returns undefined where none runs or it is not ready yet.
 * @throws EmbeddedPostgresError where one runs but we may not read its password
 */
export async function findRunningPostgres(dataDir: string): Promise<{ readonly url: string } | undefined> {
  const clusterDir = join(dataDir, "postgres");
  const lines = await readFile(join(clusterDir, "postmaster.pid"), "utf8").then(
    (content) => content.split("\n").map((line) => line.trim()),
    () => [],
  );
  if (lines[stateLine] !== "ready" || !(await isServerOf(clusterDir, Number(lines[0])))) return undefined;
  const password = await readPassword(dataDir).catch((error: Error) => {
    throw new EmbeddedPostgresError(
      `PostgreSQL runs in ${dataDir} but ${passwordFile(dataDir)} cannot be read (${error.message}): run as the user who started it`,
    );
  });
  if (password === undefined) return undefined;
  return { url: `postgres://${adminRole}:${password}@127.0.0.1:${lines[portLine]}/${databaseName}` };
}

/** The pid file outlives a killed server. On Windows, where processes are not listed, the connection will show. */
async function isServerOf(clusterDir: string, pid: number): Promise<boolean> {
  return process.platform === "win32" || (await findServers(clusterDir)).includes(pid);
}
