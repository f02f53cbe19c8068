// What the tests of the embedded PostgreSQL share: data directories and processes that are gone when the test is, whatever it did.

import { type ChildProcess, spawn } from "node:child_process";
import { statSync } from "node:fs";
import { chmod, cp, mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import postgres from "postgres";
import { afterEach } from "vitest";
import { clearLeftovers } from "../../src/runtime/embedded-postgres/clear-leftovers.ts";
import { poll } from "../../src/runtime/embedded-postgres/poll.ts";
import {
  type EmbeddedPostgres,
  type Internals,
  startEmbeddedPostgres,
} from "../../src/runtime/embedded-postgres/start.ts";

export const isRoot = process.getuid?.() === 0;
export const isLinux = process.platform === "linux";
/** Generous: a bound against hanging, not a measurement. */
export const patienceMs = 60_000;

export interface ChildStart {
  readonly child: ChildProcess;
  readonly url: string | undefined;
  readonly error: string | undefined;
}

export interface TestGround {
  /** What was logged since the test began. */
  readonly lines: string[];
  makeFolder(mode?: number): Promise<string>;
  start(dataDir: string, more?: Internals & { onGaveUp?: (error: Error) => void }): Promise<EmbeddedPostgres>;
  launchInChild(dataDir: string, uid?: number): { child: ChildProcess; answer: Promise<ChildStart> };
  runSleeper(uid: number): ChildProcess;
}

/** For the tests of a file; cleaned after each of them. */
export function openTestGround(): TestGround {
  const folders: string[] = [];
  const dataDirs = new Set<string>();
  const children: ChildProcess[] = [];
  const started: EmbeddedPostgres[] = [];
  const lines: string[] = [];
  const keep = (_fields: object, message: string) => void lines.push(message);
  const log = { debug: keep, info: keep, warn: keep, error: keep };
  const track = (child: ChildProcess) => {
    children.push(child);
    return child;
  };
  afterEach(async () => {
    for (const embedded of started.splice(0)) await embedded.stop();
    for (const child of children.splice(0)) await endChild(child);
    for (const dataDir of dataDirs)
      await clearLeftovers(join(dataDir, "postgres"), log).catch(() => undefined);
    dataDirs.clear();
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    lines.length = 0;
  });
  return {
    lines,
    async makeFolder(mode = 0o755) {
      const folder = await realpath(await mkdtemp(join(tmpdir(), "embedded-postgres-test-")));
      folders.push(folder);
      await chmod(folder, mode);
      return folder;
    },
    async start(dataDir, { onGaveUp, ...internals } = {}) {
      dataDirs.add(dataDir);
      const gaveUp = onGaveUp === undefined ? {} : { onGaveUp };
      const embedded = await startEmbeddedPostgres({ dataDir, log, ...gaveUp }, internals);
      started.push(embedded);
      return embedded;
    },
    launchInChild(dataDir, uid) {
      dataDirs.add(dataDir);
      const child = track(spawnStarter(dataDir, uid));
      return { child, answer: readAnswer(child) };
    },
    runSleeper: (uid) => track(spawn("sleep", ["600"], isRoot ? { uid, cwd: "/" } : {})),
  };
}

/** Runs the statement until it succeeds, as after a crash, within bounds. */
export async function query(url: string, statement: string): Promise<readonly Record<string, unknown>[]> {
  let rows: readonly Record<string, unknown>[] = [];
  let trouble: unknown;
  const tryOnce = async () => {
    const sql = postgres(url, { max: 1, onnotice: () => undefined });
    try {
      rows = await sql.unsafe(statement);
      return true;
    } catch (error) {
      trouble = error;
      return false;
    } finally {
      await sql.end({ timeout: 1 });
    }
  };
  if (await poll({ timeoutMs: patienceMs, until: tryOnce })) return rows;
  throw trouble;
}

export async function serverPid(dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8")).split("\n")[0]);
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The shell that ends the server after us; a test kills it to see what the next start does by itself. */
export async function findWatcher(ofServerPid: number): Promise<number> {
  for (const name of (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry))) {
    const command = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
    if (command.includes("kill -INT") && command.endsWith(`\0sh\0${ofServerPid}\0`)) return Number(name);
  }
  throw new Error(`no watcher of ${ofServerPid}`);
}

export async function copyPackage(target: string): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const source = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  await cp(source, target, { recursive: true, verbatimSymlinks: true });
  return target;
}

/** As npm leaves the package under --ignore-scripts, and worse: no links, nothing executable. */
export async function breakPackage(packageDir: string): Promise<void> {
  const list = JSON.parse(await readFile(join(packageDir, "native/pg-symlinks.json"), "utf8"));
  for (const { target } of list as { target: string }[]) await rm(join(packageDir, target), { force: true });
  for (const name of await readdir(join(packageDir, "native/bin"))) {
    await chmod(join(packageDir, "native/bin", name), 0o644);
  }
}

/** Whether a user other than root could run this checkout at all. */
export function isCheckoutOpenToAll(): boolean {
  for (let dir = import.meta.dirname; dir !== dirname(dir); dir = dirname(dir)) {
    if ((statSync(dir).mode & 0o005) !== 0o005) return false;
  }
  return true;
}

function spawnStarter(dataDir: string, uid: number | undefined): ChildProcess {
  const program = JSON.stringify(join(import.meta.dirname, "start-in-child.ts"));
  const script = `import(${program}).then(({ startInChild }) => startInChild(process.argv[1]))`;
  const identity = uid === undefined ? {} : { uid, gid: uid };
  // No environment at all: neither HOME nor PATH may be needed.
  return spawn(process.execPath, ["-e", script, dataDir], {
    ...identity,
    env: {},
    cwd: "/",
    stdio: ["ignore", "pipe", "inherit"],
  });
}

function readAnswer(child: ChildProcess): Promise<ChildStart> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => resolve({ child, url: undefined, error: undefined }));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).once("line", (line) => {
      const { url, error } = JSON.parse(line);
      resolve({ child, url, error });
    });
  });
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}
