// The cluster, PostgreSQL's word for its folder of databases: found from an earlier start, or made. A rename makes it appear
// complete and on disk or not at all, so a kill while it is being made leaves only a folder to delete.

import { randomBytes } from "node:crypto";
import { constants, mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Binaries } from "./binaries.ts";
import { canEnter, giveTo, type ServerUser } from "./choose-user.ts";
import { EmbeddedPostgresError } from "./error.ts";
import type { ServerLog } from "./relay-log.ts";
import { type ProgramResult, runProgram } from "./run-program.ts";
import { includeLine } from "./settings.ts";

export interface Cluster {
  readonly dir: string;
  /** The argument of `-D`; every program on the cluster is started with `dir` as its working directory. */
  readonly address: string;
  readonly user: ServerUser;
  readonly binaries: Binaries;
}

export interface ClusterRequest {
  readonly dataDir: string;
  readonly user: ServerUser;
  readonly binaries: Binaries;
  readonly log: ServerLog;
}

export const adminRole = "countinghouse";
const unfinishedPrefix = "postgres.init-";

/**
 * How a user who may not enter a folder above the cluster (a checkout below /root, mode 0700) can still work in it: we set the
 * working directory before giving up root, and Linux resolves /proc/self/cwd straight to that folder, without walking the path.
 * PostgreSQL keeps its working directory and names its files relative to it from then on. So the data stays where the operator
 * put it; tried for initdb, the server, its recovery and single-user mode.
 */
const ownWorkingDirectory = "/proc/self/cwd";

/** Whether an earlier start made a cluster there. */
export async function hasCluster(dataDir: string): Promise<boolean> {
  const names = await readdir(join(dataDir, "postgres")).catch(() => []);
  return names.length > 0;
}

/** Returns undefined where there is no cluster yet. */
export async function findCluster(request: ClusterRequest): Promise<Cluster | undefined> {
  const dir = join(request.dataDir, "postgres");
  await sweepUnfinished(request);
  if (!(await hasCluster(request.dataDir))) return undefined;
  const version = (await readFile(join(dir, "PG_VERSION"), "utf8").catch(() => "")).trim();
  const expected = String(request.binaries.majorVersion);
  if (version === "") throw new EmbeddedPostgresError(`${dir} is not a PostgreSQL cluster: move it away`);
  if (version !== expected) {
    throw new EmbeddedPostgresError(
      `${dir} was made by PostgreSQL ${version} and this program brings ${expected}: dump it with the earlier version of this program and restore it, or set DB_URL`,
    );
  }
  const cluster = await describeCluster(request, dir);
  await giveTo(cluster.user, dir); // root may have restored a backup
  return cluster;
}

/** Throws, leaving nothing behind, where initdb fails. Takes under a second; syncing is a fifth of it. */
export async function createCluster(request: ClusterRequest, password: string): Promise<Cluster> {
  const dir = join(request.dataDir, "postgres");
  const work = join(request.dataDir, unfinishedPrefix + randomBytes(6).toString("hex"));
  for (const folder of [work, join(work, "cluster")]) await mkdir(folder, { mode: 0o700 });
  try {
    await writeFile(join(work, "password"), password, { mode: 0o600 });
    await giveTo(request.user, work);
    const unfinished = await describeCluster(request, join(work, "cluster"));
    await initialize(unfinished);
    await rename(unfinished.dir, dir);
    await syncFolder(request.dataDir);
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 3 });
  }
  request.log.info({ dir, user: request.user.name }, "made a new PostgreSQL cluster");
  return describeCluster(request, dir);
}

/** Sets a new password for the one role, when the file with the old one is lost. No server may be running. */
export async function replacePassword(cluster: Cluster, password: string): Promise<void> {
  const { address, binaries, dir, user } = cluster;
  const input = `ALTER ROLE ${adminRole} PASSWORD '${password}'\n`;
  const args = ["--single", "-D", address, "postgres"];
  const result = await runProgram(binaries.postgres, args, { user, cwd: dir, input });
  if (result.code !== 0) throw explainFailure("set a new password", result);
}

async function describeCluster(request: ClusterRequest, dir: string): Promise<Cluster> {
  const { user, binaries } = request;
  if (await canEnter(user, request.dataDir)) return { dir, address: dir, user, binaries };
  if (process.platform === "linux") return { dir, address: ownWorkingDirectory, user, binaries };
  throw new EmbeddedPostgresError(
    `PostgreSQL runs as ${user.name}, who may not enter ${request.dataDir}: choose a DATA_DIR that every user may enter, or run as an ordinary user`,
  );
}

async function initialize({ address, binaries, dir, user }: Cluster): Promise<void> {
  const make = ["-D", address, "-U", adminRole, "--pwfile=../password", "--auth=scram-sha-256"];
  const format = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
  const options = ["--data-checksums", "--no-instructions", "--no-sync"];
  const made = await runProgram(binaries.initdb, [...make, ...format, ...options], { user, cwd: dir });
  if (made.code !== 0) throw explainFailure("make a new cluster", made);
  await appendSafely(join(dir, "postgresql.conf"), includeLine);
  // Together faster than initdb's own syncing (measured: 0.84 s instead of 1.08 s), and after our own last change.
  const synced = await runProgram(binaries.initdb, ["-D", address, "--sync-only"], { user, cwd: dir });
  if (synced.code !== 0) throw explainFailure("bring a new cluster to disk", synced);
}

/** Called under the directory's lock, so unfinished folders are abandoned. An initdb still running there soon fails. */
async function sweepUnfinished({ dataDir, log }: ClusterRequest): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith(unfinishedPrefix)) continue;
    await rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 5 }).catch((error) =>
      log.warn({ "error.message": error.message }, "could not remove an unfinished PostgreSQL cluster"),
    );
  }
}

/** Root writes into another user's folder, and that user must not be able to redirect the write elsewhere. */
async function appendSafely(path: string, line: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0));
  await file.writeFile(line).finally(() => file.close());
}

async function syncFolder(dir: string): Promise<void> {
  if (process.platform === "win32") return; // folders cannot be opened there
  const folder = await open(dir, "r");
  await folder.sync().finally(() => folder.close());
}

function explainFailure(task: string, { stderr, stdout }: ProgramResult): EmbeddedPostgresError {
  const said = (stderr.trim() || stdout.trim()).split("\n");
  const reason = said.find((line) => /error|FATAL|PANIC/.test(line)) ?? said.at(-1) ?? "";
  return new EmbeddedPostgresError(`PostgreSQL could not ${task}: ${reason.trim() || "it said nothing"}`);
}
