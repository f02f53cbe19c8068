// The server's settings, in two places. Settings that correctness and our own access need go on the command line, which no file
// and no ALTER SYSTEM can override. Settings of size go into an included file, rewritten at each start; lines after the include
// in postgresql.conf, and ALTER SYSTEM, take precedence over it, so an operator may tune them.

import { randomBytes } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { giveTo } from "./choose-user.ts";
import type { Cluster } from "./open-cluster.ts";
import { logLinePrefix } from "./relay-log.ts";
import { runProgram } from "./run-program.ts";

const fileName = "countinghouse.conf";
export const includeLine = `\ninclude_if_exists '${fileName}'  # rewritten by Countinghouse at each start; lines below it win\n`;

// sockaddr_un.sun_path is 108 bytes on Linux and 104 on macOS, with the closing zero.
const socketPathBytesMax = process.platform === "linux" ? 107 : 103;

/** Modest enough for a laptop; on a machine of its own the server needs more, and the operator can set it. */
const sizes = {
  shared_buffers: "256MB",
  max_connections: "100",
  max_wal_size: "4GB",
  checkpoint_completion_target: "0.9",
  jit: "off", // our statements are short; compiling them costs more than it saves
  autovacuum: "on",
  log_error_verbosity: "terse", // the details contain values of rows, which must not be logged
};

/** Returns whether the server can listen on a socket in its own folder, which no other user may enter. */
export function canUseSocket(clusterDir: string): boolean {
  return (
    process.platform !== "win32" && Buffer.byteLength(socketPath(clusterDir, 65_535)) <= socketPathBytesMax
  );
}

export function socketPath(clusterDir: string, port: number): string {
  return join(clusterDir, `.s.PGSQL.${port}`);
}

export interface ServerRun {
  readonly mark: string;
  readonly port: number;
  /** True where the cluster is thrown away after the run: then nothing waits for the disk. */
  readonly isDisposable?: boolean | undefined;
}

export function serverArguments(
  cluster: Cluster,
  { mark, port, isDisposable }: ServerRun,
): readonly string[] {
  const onDisk = isDisposable === true ? "off" : "on";
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: canUseSocket(cluster.dir) ? "." : "", // relative to the cluster's folder
    fsync: onDisk,
    full_page_writes: onDisk,
    synchronous_commit: "on",
    cluster_name: mark,
    logging_collector: "off",
    log_destination: "stderr",
    log_line_prefix: logLinePrefix,
    lc_messages: "C", // we parse the severities
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return ["-D", cluster.address, ...flags];
}

export async function writeSettingsFile(cluster: Cluster): Promise<void> {
  const settings = { ...sizes, wal_compression: (await supportsLz4(cluster)) ? "lz4" : "off" };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
  // A new file under an unpredictable name, then a rename: root must not follow a link that the folder's user has put there.
  const fresh = join(cluster.dir, `${fileName}.${randomBytes(6).toString("hex")}`);
  await writeFile(fresh, `# Written at each start.\n${lines.join("")}`, { mode: 0o600, flag: "wx" });
  await giveTo(cluster.user, fresh);
  await rename(fresh, join(cluster.dir, fileName));
}

/** Depends on how the binaries were built; npm's are without it today. pglz costs more than the WAL it saves. */
async function supportsLz4({ address, binaries, dir, user }: Cluster): Promise<boolean> {
  const asked = await runProgram(
    binaries.postgres,
    ["-D", address, "-c", "wal_compression=lz4", "-C", "wal_compression"],
    { user, cwd: dir },
  );
  return asked.stdout.trim() === "lz4";
}
