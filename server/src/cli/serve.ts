// `countinghouse serve`: starts the program and tells in a few lines what runs where.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/env-file.ts";
import { readConfig } from "../config/load-config.ts";
import type { App } from "../program/start-app.ts";
import { createLog, type Log } from "../runtime/log.ts";
import { tryToListen } from "../runtime/try-to-listen.ts";
import { CommandError } from "./command-error.ts";
import { addExamples } from "./examples.ts";

export function addServeCommand(program: Command): void {
  const command = program
    .command("serve")
    .description("start the server (and PostgreSQL, unless DB_URL names one)")
    .action(serve);
  addExamples(command, [
    ["countinghouse serve", "on http://127.0.0.1:8000, with a PostgreSQL of its own in ./data"],
    ["PORT=9000 DATA_DIR=/var/lib/shop countinghouse serve", "elsewhere"],
    ["DB_URL=postgres://user:password@host/name countinghouse serve", "on your PostgreSQL"],
  ]);
}

async function serve(): Promise<void> {
  const { config, notes, nameAsGiven } = readConfig();
  const log = createLog(config.LOG_LEVEL);
  for (const note of notes) log.warn(note);
  await checkAddress(config);
  // The other commands start in half the time without these; and PostgreSQL starts while the second is being read.
  const { openDatabases } = await import("../program/open-databases.ts");
  const opening = openDatabases(config, log);
  opening.catch(() => undefined); // startApp tells
  const { startApp } = await import("../program/start-app.ts");
  const app = await startApp(config, log, opening).catch((error: unknown) => {
    throw error instanceof ConfigError ? new ConfigError(nameAsGiven(error.problems)) : error;
  });
  const pidFile = writePidFile(config);
  if (process.stdout.isTTY || config.APP_ENV !== "production") console.log(welcome(app, config));
  stopOnSignal(app, { log, pidFile, timeoutMs: config.SHUTDOWN_TIMEOUT_MS });
}

/** Before anything is made. @throws CommandError */
async function checkAddress({ HOST, PORT }: Config): Promise<void> {
  const code = PORT === 0 ? undefined : await tryToListen(HOST, PORT);
  if (code === undefined) return;
  const reason = code === "EADDRINUSE" ? "another program listens there" : code;
  throw new CommandError(`Cannot listen on ${HOST}:${PORT} (${reason}): choose another PORT or HOST.`);
}

function welcome(app: App, config: Config): string {
  const database =
    config.DB_URL === undefined
      ? `its own PostgreSQL, data in ${resolve(config.DATA_DIR)}`
      : "the PostgreSQL of DB_URL";
  return [
    "",
    `  Countinghouse runs at ${app.url} on ${database}`,
    `  API page          ${app.url}/docs`,
    "  Admin token       npx countinghouse token --role admin",
    `  psql              ${app.databaseHint}`,
    "  Stop              Ctrl-C",
    "",
  ].join("\n");
}

/** DATA_DIR/serve.pid, for scripts that have to signal the server last started here. Not a lock: a killed server leaves it behind. */
function writePidFile(config: Config): string {
  const path = join(resolve(config.DATA_DIR), "serve.pid");
  mkdirSync(resolve(config.DATA_DIR), { recursive: true });
  writeFileSync(path, `${process.pid}\n`);
  return path;
}

function stopOnSignal(
  app: App,
  { log, pidFile, timeoutMs }: { log: Log; pidFile: string; timeoutMs: number },
): void {
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "stopping");
    setTimeout(() => process.exit(1), timeoutMs + 5_000).unref();
    app.stop().then(
      () => {
        rmSync(pidFile, { force: true });
        process.exit(0);
      },
      (error: unknown) => {
        log.error({ err: error }, "did not stop cleanly");
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop(signal));
  // Under a Node that could not become this one, a launcher waits for us: killed, it takes us along.
  if (process.channel !== undefined) process.once("disconnect", () => stop("end of the launcher"));
}
