// Starts a real PostgreSQL for a program that was given none: lock the data directory, choose the user, find programs that run,
// find or make the cluster, start the server and keep it running, and ensure that the database exists.

import { createHmac } from "node:crypto";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import postgres from "postgres";
import { makeFolder } from "../files/make-folder.ts";
import { type BinariesRequest, findBinaries } from "./binaries.ts";
import { choosePort, rememberPort } from "./choose-port.ts";
import { chooseUser } from "./choose-user.ts";
import { clearLeftovers } from "./clear-leftovers.ts";
import { EmbeddedPostgresError } from "./error.ts";
import { markCluster } from "./find-servers.ts";
import { holdLock } from "./hold-lock.ts";
import {
  adminRole,
  type Cluster,
  type ClusterRequest,
  createCluster,
  findCluster,
  replacePassword,
} from "./open-cluster.ts";
import {
  generatePassword,
  passwordFile,
  readPassword,
  warnOfNewPassword,
  writePassword,
} from "./password.ts";
import type { ServerLog } from "./relay-log.ts";
import { canUseSocket, serverArguments, writeSettingsFile } from "./settings.ts";
import { type Supervised, supervise } from "./supervise.ts";

export interface EmbeddedPostgres {
  /** TCP on 127.0.0.1; for the npm client `postgres`, psql and all other programs. The same after every restart. */
  readonly url: string;
  /**
   * The faster connection, a Unix socket in the cluster's folder: `url` with `?host=<folder>`, as psql and `openDatabase` read it
   * (the npm client alone does not; it takes `path`). Undefined where the platform or a long path forbids it.
   */
  readonly socketUrl: string | undefined;
  /** The same, by socket where there is one, for the role that serves: it owns nothing and only has the right to CONNECT. */
  readonly serverUrl: string;
  /** One line: how to reach it with psql. Names the file with the password, not the password itself. */
  readonly adminHint: string;
  /** Ends the server and releases the data directory. May be called again. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** The program's data directory; the cluster is in `postgres` below it. Created where missing. */
  readonly dataDir: string;
  readonly log: ServerLog;
  /** Called once, after the server died and all attempts to start it again failed. */
  readonly onGaveUp?: (error: Error) => void;
}

/** Only tests change these: which binaries, where a private copy may go, how patient restarts are, what is synced. */
export interface Internals extends Pick<BinariesRequest, "packageDir" | "copyRoots"> {
  readonly restartPauseMinMs?: number;
  /** The cluster need not outlive the machine: commits survive kills of every process, but not a power cut. */
  readonly isDisposable?: boolean;
}

export const databaseName = "countinghouse";
export const serverRole = "countinghouse_server";
const portTryCountMax = 5;

/**
 * Takes the lock of the data directory until `stop` or the end of this process.
 * @throws EmbeddedPostgresError in one line, leaving no process: directory in use or not ours, no binaries for this
 * platform, a cluster of another version, a server that does not start.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
  internals: Internals = {},
): Promise<EmbeddedPostgres> {
  const dataDir = await makeDataDir(options.dataDir);
  const lock = await holdLock(dataDir);
  try {
    const started = await startLocked({ ...options, dataDir }, internals);
    const stop = () => started.stop().finally(() => lock.release());
    return { ...started, stop };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function startLocked(
  options: EmbeddedPostgresOptions,
  internals: Internals,
): Promise<EmbeddedPostgres> {
  const { dataDir, log } = options;
  const user = await chooseUser(join(dataDir, "postgres"));
  const binaries = await findBinaries({ ...internals, user, dataDir, log });
  const { cluster, password } = await openCluster({ dataDir, user, binaries, log });
  await writeSettingsFile(cluster);
  const { port, server } = await startOnFreePort(cluster, options, internals);
  const found = describeAccess({ cluster, dataDir, password, port });
  try {
    await prepareDatabase(found.url, { dataDir, serverPassword: deriveServerPassword(password) });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { ...found, stop: () => server.stop() };
}

/**
 * File and role always agree, whenever we are killed. For a new cluster the file is written first, and the next attempt uses it
 * again; for an existing cluster whose file was lost the role comes first, and a missing file means doing it again.
 */
async function openCluster(request: ClusterRequest): Promise<{ cluster: Cluster; password: string }> {
  const { dataDir, log } = request;
  const known = await readPassword(dataDir);
  const password = known ?? generatePassword();
  const existing = await findCluster(request);
  if (existing === undefined) {
    if (known === undefined) await writePassword(dataDir, password);
    return { cluster: await createCluster(request, password), password };
  }
  if (known === undefined) {
    await clearLeftovers(existing.dir, log);
    await replacePassword(existing, password);
    await writePassword(dataDir, password);
    warnOfNewPassword(log, dataDir);
  }
  return { cluster: existing, password };
}

async function startOnFreePort(
  cluster: Cluster,
  { dataDir, log, onGaveUp }: EmbeddedPostgresOptions,
  { restartPauseMinMs: pauseMinMs, isDisposable }: Internals,
): Promise<{ port: number; server: Supervised }> {
  const mark = await markCluster(cluster.dir);
  for (let tryCount = 1; ; tryCount++) {
    const port = await choosePort(dataDir);
    try {
      const args = serverArguments(cluster, { mark, port, isDisposable });
      const server = await supervise({ cluster, args, log, onGaveUp, pauseMinMs });
      await rememberPort(dataDir, port);
      return { port, server };
    } catch (error) {
      const wasTaken = /could not (bind|create any TCP)/.test(String(error)); // another program took the port first
      if (!wasTaken || tryCount >= portTryCountMax) throw error;
    }
  }
}

interface AccessOptions {
  readonly cluster: Cluster;
  readonly dataDir: string;
  readonly password: string;
  readonly port: number;
}

function describeAccess({ cluster, dataDir, password, port }: AccessOptions): Omit<EmbeddedPostgres, "stop"> {
  const url = `postgres://${adminRole}:${password}@127.0.0.1:${port}/${databaseName}`;
  const socket = canUseSocket(cluster.dir) ? `?host=${encodeURIComponent(cluster.dir)}` : undefined;
  const serverUrl = `postgres://${serverRole}:${deriveServerPassword(password)}@127.0.0.1:${port}/${databaseName}`;
  const secret = `PGPASSWORD="$(cat '${passwordFile(dataDir)}')"`;
  return {
    url,
    socketUrl: socket === undefined ? undefined : `${url}${socket}`,
    serverUrl: `${serverUrl}${socket ?? ""}`,
    adminHint: `${secret} psql -h 127.0.0.1 -p ${port} -U ${adminRole} ${databaseName}`,
  };
}

/** Derived from the administrator's password, so that there is only one secret to keep. */
function deriveServerPassword(adminPassword: string): string {
  return createHmac("sha256", adminPassword).update(serverRole).digest("base64url");
}

/** Creates the database and the role that serves where they are missing. The role's password is set anew at each start. */
async function prepareDatabase(
  url: string,
  { dataDir, serverPassword }: { dataDir: string; serverPassword: string },
): Promise<void> {
  const sql = postgres(url, { database: "postgres", max: 1, fetch_types: false, connect_timeout: 10 });
  try {
    const [there] = await sql<[{ database: boolean; role: boolean }]>`
      SELECT EXISTS (SELECT FROM pg_database WHERE datname = ${databaseName}) AS database,
             EXISTS (SELECT FROM pg_roles WHERE rolname = ${serverRole}) AS role`;
    if (!there.database) await sql`CREATE DATABASE ${sql(databaseName)}`;
    const act = there.role ? "ALTER" : "CREATE";
    // The password has only letters, digits, - and _.
    await sql.unsafe(`${act} ROLE ${serverRole} LOGIN PASSWORD '${serverPassword}'`);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "28P01") throw error;
    throw new EmbeddedPostgresError(
      `PostgreSQL refuses the password in ${passwordFile(dataDir)}: delete that file to have a new password set`,
    );
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function makeDataDir(dataDir: string): Promise<string> {
  try {
    makeFolder(dataDir);
    return await realpath(dataDir);
  } catch (error) {
    throw new EmbeddedPostgresError(
      `cannot make the data directory ${dataDir} (${error instanceof Error ? error.message : error}): choose another DATA_DIR`,
    );
  }
}
