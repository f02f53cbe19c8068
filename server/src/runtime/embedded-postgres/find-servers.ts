// Finds the PostgreSQL processes that work on our cluster, by the mark that every start puts into `cluster_name`: it is in the
// command line of the server and in the process title of each of its children, where anybody may read it. (The working
// directory would do too, but root in a container may not see that of another user's process.)

import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { runProgram } from "./run-program.ts";

/** Device and inode of the cluster's folder: they stay when folders above are renamed, and no copy of it shares them. */
export async function markCluster(clusterDir: string): Promise<string> {
  const { dev, ino } = await stat(clusterDir, { bigint: true });
  return `countinghouse-${dev.toString(36)}-${ino.toString(36)}`;
}

/** Server, children and orphaned children, also of a server that was started by hand with `-D` and the same folder. */
export async function findServers(clusterDir: string): Promise<readonly number[]> {
  const mark = await markCluster(clusterDir);
  const commands = await listCommands();
  return commands.filter((running) => isOurs(running, mark, clusterDir)).map(({ pid }) => pid);
}

/** The pid in the server's pid file; the server may be long gone and the pid may belong to any process. */
export async function readServerPid(clusterDir: string): Promise<number | undefined> {
  const content = await readFile(join(clusterDir, "postmaster.pid"), "utf8").catch(() => "");
  const pid = Math.abs(Number.parseInt(content, 10)); // negative: a server in single-user mode
  return Number.isNaN(pid) ? undefined : pid;
}

interface RunningCommand {
  readonly pid: number;
  readonly program: string;
  readonly command: string;
}

function isOurs({ program, command }: RunningCommand, mark: string, clusterDir: string): boolean {
  if (command.startsWith(`postgres: ${mark}:`)) return true;
  if (basename(program) !== "postgres") return false;
  return `${command} `.includes(`cluster_name=${mark} `) || `${command} `.includes(` -D ${clusterDir} `);
}

async function listCommands(): Promise<readonly RunningCommand[]> {
  if (process.platform === "linux") return listFromProc();
  // Windows: left to PostgreSQL's own guard, the shared memory named after the folder.
  return process.platform === "win32" ? [] : listFromPs();
}

async function listFromProc(): Promise<readonly RunningCommand[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const read = async (pid: string) => {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""); // gone in the meantime
    const [program = ""] = line.split("\0", 1);
    return { pid: Number(pid), program, command: line.replaceAll("\0", " ").trim() };
  };
  return Promise.all(pids.map(read));
}

async function listFromPs(): Promise<readonly RunningCommand[]> {
  const { stdout } = await runProgram("/bin/ps", ["-axww", "-o", "pid=,command="], {
    user: { name: "ourselves", ids: {} },
    cwd: "/",
  });
  return stdout.split("\n").flatMap((line) => {
    const [, pid, command = ""] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    const [program = ""] = command.split(/ -[Dc] /, 1);
    return pid === undefined ? [] : [{ pid: Number(pid), program, command: command.trim() }];
  });
}
