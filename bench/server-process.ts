// Countinghouse as its users run it: `countinghouse serve` in a process of its own, started, watched and stopped.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const PROGRAM = join(import.meta.dirname, "..", "server", "bin", "countinghouse.mjs");

export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  /** Time from starting the process to the first 200 of /health/ready. */
  readonly startMs: number;
  /** Ends it in the ordinary way; resolves when it is gone. */
  readonly stop: () => Promise<void>;
}

export interface ServerOptions {
  readonly dataDir: string;
  readonly jwtSecret: string;
  /** Without it the server starts its own PostgreSQL in `dataDir`. */
  readonly databaseUrl?: string;
  /** Node's flags, besides those of BENCH_SERVER_NODE_FLAGS. */
  readonly nodeFlags?: readonly string[];
}

/** @throws Error when the server ends or is not ready within two minutes. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const port = await findFreePort();
  const env = { ...environmentOf(options), PORT: String(port), HOST: "127.0.0.1" };
  const startedAt = performance.now();
  // To a file: a warning per flagged transaction would fill a terminal with thousands of lines a second.
  const logFile = join(options.dataDir, "server.log");
  const log = openSync(logFile, "a");
  const flags = [...profileFlags(), ...(options.nodeFlags ?? []), PROGRAM, "serve"];
  const child = spawn(process.execPath, flags, { env, stdio: ["ignore", log, log], cwd: options.dataDir });
  closeSync(log); // the child has its own
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await awaitReady(child, port).catch((error: Error) => {
    throw new Error(`${error.message}: ${readFileSync(logFile, "utf8").slice(-1_000)}`);
  });
  const startMs = performance.now() - startedAt;
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
  };
  process.once("exit", () => child.kill("SIGKILL")); // the bench itself died: leave nothing behind
  return { pid: child.pid ?? 0, port, startMs, stop };
}

/** The server's own check of its books: undefined when they agree, else what `countinghouse verify` printed. */
export async function findBookTrouble(options: ServerOptions): Promise<string | undefined> {
  const run = promisify(execFile);
  return run(process.execPath, [PROGRAM, "verify", "--json"], {
    env: environmentOf(options),
    cwd: options.dataDir,
  }).then(
    () => undefined,
    ({ stdout, stderr }: { stdout: string; stderr: string }) =>
      `countinghouse verify failed: ${stdout}${stderr}`.trim(),
  );
}

/** `BENCH_SERVER_NODE_FLAGS=--cpu-prof` profiles the server without changing it. */
function profileFlags(): string[] {
  return process.env["BENCH_SERVER_NODE_FLAGS"]?.split(" ") ?? [];
}

/** The limits stay on, at what nobody in the bench reaches: their cost is part of what is measured. */
const HIGH_LIMITS = {
  ENABLE_FRAUD_CHECK: "false", // its customers order more than people do
  RATE_LIMIT_USER: "10000000",
  RATE_LIMIT_MONEY: "10000000",
  RATE_LIMIT_ANONYMOUS: "10000000",
  RATE_LIMIT_LOGIN: "10000000",
  RATE_LIMIT_KEY: "0",
};

function environmentOf({ dataDir, jwtSecret, databaseUrl }: ServerOptions): NodeJS.ProcessEnv {
  const { DB_URL: _own, DATABASE_URL: _same, ...inherited } = process.env;
  const given = {
    APP_ENV: "development",
    LOG_LEVEL: "warn",
    DATA_DIR: dataDir,
    JWT_SECRET_KEY: jwtSecret,
    ...HIGH_LIMITS,
  };
  return { ...inherited, ...given, ...(databaseUrl === undefined ? {} : { DB_URL: databaseUrl }) };
}

const START_MAX_MS = 120_000;
const POLL_EVERY_MS = 5;

async function awaitReady(child: ChildProcess, port: number): Promise<void> {
  const giveUpAt = performance.now() + START_MAX_MS;
  while (!(await isReady(port))) {
    const ended = child.exitCode ?? child.signalCode;
    if (ended !== null) throw new Error(`the server ended at its start (${ended})`);
    if (performance.now() > giveUpAt) {
      child.kill("SIGKILL");
      throw new Error("the server was not ready within two minutes");
    }
    await sleep(POLL_EVERY_MS);
  }
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.status === 200;
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
