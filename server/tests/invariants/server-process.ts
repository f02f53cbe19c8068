// The program as its users run it, `countinghouse serve` in a process of its own, for tests that kill it.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { mintToken } from "../../src/http/authenticate.ts";
import { adminRole } from "../../src/runtime/embedded-postgres/open-cluster.ts";
import { readPassword } from "../../src/runtime/embedded-postgres/password.ts";

const PROGRAM = join(import.meta.dirname, "..", "..", "bin", "countinghouse.mjs");
const SECRET = "a secret for tests alone, of 32 bytes and more";

export interface ServerProcess {
  readonly url: string;
  /** What it wrote to its log, one JSON text a line. */
  readonly log: readonly string[];
  readonly isRunning: () => boolean;
  /** Stops reading its log, as \`| head\` does. */
  readonly closeLog: () => void;
  readonly signal: (signal: "SIGKILL" | "SIGTERM") => void;
  /** Resolves with exit code or signal. */
  readonly ended: Promise<number | string>;
}

export interface ServerPlace {
  readonly dataDir: string;
  /** Without it the server starts its own PostgreSQL in `dataDir`. */
  readonly databaseUrl?: string;
  /** More of its environment. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Resolves when it accepts requests. @throws Error with its log where it ends before. */
export async function startServer(place: ServerPlace): Promise<ServerProcess> {
  const child = spawn(process.execPath, [PROGRAM, "serve"], {
    env: environmentOf(place),
    cwd: place.dataDir,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => log.push(line));
  const ended = new Promise<number | string>((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? signal ?? "nobody knows how"));
  });
  const url = await Promise.race([
    readUrl(child),
    ended.then((how) =>
      Promise.reject(new Error(`the server ended at its start (${how}): ${log.join("\n")}`)),
    ),
  ]);
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const closeLog = () => void child.stderr.destroy();
  return { url, log, ended, isRunning, closeLog, signal: (signal) => child.kill(signal) };
}

export function tokenOf(role: "admin" | "customer"): Promise<string> {
  const settings = { secret: SECRET, audience: "countinghouse" };
  return mintToken(settings, { id: role, name: role, roles: [role] }, 3_600);
}

/** The embedded PostgreSQL of a data directory: its process, and where it is reached. */
export async function findPostgres(dataDir: string): Promise<{ pid: number; url: string }> {
  const lines = (await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8")).split("\n");
  const password = await readPassword(dataDir);
  const url = `postgres://${adminRole}:${password}@127.0.0.1:${lines[3]}/countinghouse`;
  return { pid: Number(lines[0]), url };
}

/** Process ids of its backends that serve connections of ours. */
export async function backendPids(postmaster: number): Promise<number[]> {
  const run = promisify(execFile);
  const { stdout } = await run("ps", ["-o", "pid=,args=", "--ppid", String(postmaster)]);
  return stdout
    .split("\n")
    .filter((line) => line.includes("postgres: countinghouse"))
    .map((line) => Number.parseInt(line, 10));
}

function environmentOf({ dataDir, databaseUrl, settings }: ServerPlace): NodeJS.ProcessEnv {
  const { DB_URL: _own, DATABASE_URL: _same, ...inherited } = process.env;
  return {
    ...inherited,
    APP_ENV: "test",
    LOG_LEVEL: "warn",
    DATA_DIR: dataDir,
    HOST: "127.0.0.1",
    PORT: "0",
    JWT_SECRET_KEY: SECRET,
    ENABLE_FRAUD_CHECK: "false", // its customers order more than people do
    RATE_LIMIT_USER: "0",
    RATE_LIMIT_MONEY: "0",
    ...(databaseUrl === undefined ? {} : { DB_URL: databaseUrl }),
    ...settings,
  };
}

function readUrl({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    if (stdout === null) return;
    createInterface({ input: stdout }).on("line", (line) => {
      const [, url] = /runs at (http:\S+)/.exec(line) ?? [];
      if (url !== undefined) resolve(url);
    });
  });
}
